//! The image moved sideways and the gradient moved up and down: all pairs of a sideways and an upright move in one product.
//!
//! Of the k × k moves only k of each kind are copied. With p = the padded image and moves b < kernel width, a < kernel height:
//! dW[a, b] = Σ over rows r and columns j of dY[r − a, j] p[r, j + b], dY being 0 outside its rows.

use super::{Shapes, padded};
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::shape::Shape;

/// For two dimensions, a stride of 1 and one group.
pub(super) fn gradient(
    graph: &mut Graph,
    shapes: &Shapes,
    x: Value,
    gradient: Value,
) -> Result<Value, GraphError> {
    let Shapes {
        batch,
        channels,
        features,
        ..
    } = *shapes;
    let ([rows, columns], [height, width]) = (&shapes.windows[..], &shapes.places[..]) else {
        // The caller has looked.
        return super::taps::gradient(graph, shapes, x, gradient);
    };
    let x = padded(graph, shapes, x)?;
    let mut sideways = Vec::new();
    for b in 0..columns.kernel {
        sideways.push(graph.slice(x, &[Cut::run(3, b, *width)])?);
    }
    let mut upright = Vec::new();
    for a in 0..rows.kernel {
        upright.push(graph.pad(gradient, &[0, 0, a, 0], &[0, 0, rows.kernel - 1 - a, 0])?);
    }
    let all = (height + rows.kernel - 1) * width;
    let seen = graph.concat(&sideways, 1)?;
    let seen = graph.shaped(seen, &Shape::from([batch, columns.kernel * channels, all]))?;
    let seen = graph.turned(seen)?;
    let moved = graph.concat(&upright, 1)?;
    let moved = graph.shaped(moved, &Shape::from([batch, rows.kernel * features, all]))?;
    let products = graph.matmul(moved, seen)?;
    let sum = graph.sum(products, &[0], false)?;
    let sum = graph.shaped(
        sum,
        &Shape::from([rows.kernel, features, columns.kernel, channels]),
    )?;
    graph.transpose(sum, &[1, 3, 0, 2])
}
