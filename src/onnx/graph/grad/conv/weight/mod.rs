//! The gradient of a convolution's weights: for each element of the window the products of what it saw and the output's
//! gradient, summed over all places and the batch.
//!
//! All forms are products of matrices; they differ in how the seen elements get into rows. Milliseconds of one thread (AMD EPYC,
//! 2.6 GHz, ONNX Runtime 1.31.1) for a batch of 16, `in→out height×width` of the input:
//!
//! | 3×3, stride 1 | taps | columns | separated | pixels | Conv with swapped axes |
//! |---|---|---|---|---|---|
//! | 16→16 185×248 | 118.5 | 92.5 | 66.3 | 189.2 | 208.0 |
//! | 32→32 93×124 | 46.5 | 46.9 | 40.7 | 79.2 | 105.4 |
//! | 64→64 47×62 | 39.3 | 33.1 | 29.5 | 54.8 | 74.3 |
//! | 128→128 24×31 | 24.2 | 31.5 | 25.7 | 31.2 | 46.0 |
//! | 256→256 12×16 | 29.6 | 39.8 | 35.9 | 24.3 | 44.0 |
//! | 512→512 6×8 | 49.8 | 78.4 | 60.7 | 21.4 | 38.7 |
//!
//! | 3×3, stride 2 | taps | columns | phases | separated phases | pixels | Conv with swapped axes |
//! |---|---|---|---|---|---|---|
//! | 3→16 369×496 | 102.4 | 68.9 | 26.4 | 48.0 | 92.0 | 45.7 |
//! | 16→32 185×248 | 122.3 | 109.5 | 35.9 | 55.9 | 65.5 | 71.2 |
//! | 32→64 93×124 | 67.4 | 54.2 | 29.2 | 42.6 | 33.4 | 34.5 |
//! | 64→128 47×62 | 21.7 | 27.3 | 18.0 | 27.1 | 19.2 | 23.4 |
//! | 128→256 24×31 | 18.1 | 23.2 | 21.9 | 34.1 | 13.7 | 24.2 |
//! | 256→512 12×16 | 33.1 | 32.6 | 29.6 | 56.7 | 12.8 | 19.9 |
//!
//! So: `pixels` for windows with at most [`FEW`] places, `separated` for more with a stride of 1, `phases` for more with a larger
//! one, `taps` for all that these can't do and for windows of one element, where it is a single product.

mod columns;
mod separated;
mod taps;

use super::Shapes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

/// Up to so many places the rows of the whole batch are put into one matrix.
const FEW: usize = 400;

pub(super) fn gradient(
    graph: &mut Graph,
    shapes: &Shapes,
    x: Value,
    gradient: Value,
) -> Result<Value, GraphError> {
    let [rows, columns] = shapes.windows[..] else {
        return taps::gradient(graph, shapes, x, gradient);
    };
    let plain = shapes.groups == 1 && rows.dilation == 1 && columns.dilation == 1;
    let one = rows.kernel * columns.kernel == 1;
    let few = shapes.places.iter().product::<usize>() <= FEW;
    match (rows.stride, columns.stride) {
        _ if !plain || one => taps::gradient(graph, shapes, x, gradient),
        _ if few => columns::pixels(graph, shapes, x, gradient),
        (1, 1) => separated::gradient(graph, shapes, x, gradient),
        (a, b) if a == b => columns::phases(graph, shapes, x, gradient),
        _ => taps::gradient(graph, shapes, x, gradient),
    }
}

/// The image with the window's zeros around it.
fn padded(graph: &mut Graph, shapes: &Shapes, x: Value) -> Result<Value, GraphError> {
    let ends = |of: fn(&crate::onnx::graph::window::Window) -> usize| {
        [0, 0]
            .into_iter()
            .chain(shapes.windows.iter().map(of))
            .collect::<Vec<usize>>()
    };
    graph.pad(x, &ends(|window| window.low), &ends(|window| window.high))
}
