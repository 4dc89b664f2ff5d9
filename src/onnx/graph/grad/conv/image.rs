//! The gradient of a convolution's input.
//!
//! It is the transposed convolution of the output's gradient with the same weights. With a stride of 1 that is an ordinary
//! convolution with the weights turned around, which is a little faster where the image is large: the figures are milliseconds
//! of one thread (AMD EPYC, 2.6 GHz, ONNX Runtime 1.31.1) for a batch of 16, `in→out height×width` of the input; the last column
//! writes the phases of a stride of 2 as one convolution with DepthToSpace behind it.
//!
//! | 3×3, stride 1 | ConvTranspose | turned Conv | | 3×3, stride 2 | ConvTranspose | phases |
//! |---|---|---|---|---|---|---|
//! | 16→16 185×248 | 51.7 | 43.3 | | 16→32 185×248 | 26.7 | 72.4 |
//! | 32→32 93×124 | 29.1 | 27.6 | | 32→64 93×124 | 15.1 | 39.8 |
//! | 64→64 47×62 | 24.3 | 25.0 | | 64→128 47×62 | 12.3 | 27.0 |
//! | 128→128 24×31 | 21.2 | 20.1 | | 128→256 24×31 | 11.6 | 22.1 |
//! | 256→256 12×16 | 21.1 | 19.8 | | 256→512 12×16 | 13.0 | 31.3 |
//! | 512→512 6×8 | 25.7 | 24.8 | | | | |
//! | 512→512 1×1, batch 32 | 5.6 | 11.9 | | | | |
//!
//! So: a turned convolution where the stride is 1 and both the window and the places are more than one, a transposed one elsewhere:
//! with one place, turning the weights costs more than the rest.

use super::Shapes;
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

pub(super) fn gradient(
    graph: &mut Graph,
    shapes: &Shapes,
    weight: Value,
    gradient: Value,
) -> Result<Value, GraphError> {
    let plain = shapes.groups == 1
        && shapes.places.iter().any(|&places| places > 1)
        && shapes
            .windows
            .iter()
            .all(|window| window.stride == 1 && window.low < window.span() && window.high < window.span())
        && shapes.windows.iter().any(|window| window.kernel > 1);
    if plain {
        return turned(graph, shapes, weight, gradient);
    }
    // What the last window left over, at the end of each dimension.
    let rest: Vec<usize> = shapes
        .windows
        .iter()
        .zip(shapes.image.iter().zip(&shapes.places))
        .map(|(window, (&size, &places))| {
            (size + window.low + window.high).saturating_sub((places - 1) * window.stride + window.span())
        })
        .collect();
    let pads = [
        shapes.column(|window| window.low),
        shapes.column(|window| window.high),
    ]
    .concat();
    let settings = Attributes::none()
        .sizes_int("group", shapes.groups)
        .sizes("kernel_shape", &shapes.column(|window| window.kernel))
        .sizes("strides", &shapes.column(|window| window.stride))
        .sizes("dilations", &shapes.column(|window| window.dilation))
        .sizes("pads", &pads)
        .sizes("output_padding", &rest);
    graph.node("ConvTranspose", &[gradient, weight], settings)
}

fn turned(graph: &mut Graph, shapes: &Shapes, weight: Value, gradient: Value) -> Result<Value, GraphError> {
    let rank = shapes.image.len();
    let order: Vec<usize> = [1, 0].into_iter().chain(2..2 + rank).collect();
    let swapped = graph.transpose(weight, &order)?;
    let cuts: Vec<Cut> = (2..2 + rank).map(Cut::backwards).collect();
    let turned = graph.slice(swapped, &cuts)?;
    let pads = [
        shapes.column(|window| window.span() - 1 - window.low),
        shapes.column(|window| window.span() - 1 - window.high),
    ];
    let settings = Attributes::none()
        .sizes("kernel_shape", &shapes.column(|window| window.kernel))
        .sizes("dilations", &shapes.column(|window| window.dilation))
        .sizes("pads", &pads.concat());
    graph.node("Conv", &[gradient, turned], settings)
}
