//! All that the window saw in rows of one matrix (im2col), for two dimensions and one group.

use super::{Shapes, padded};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::shape::Shape;

/// Pixels as rows of channels: one product for the whole batch, whose result is not larger than the weights. For few
/// places, where products per image would be many and their sum dear.
pub(super) fn pixels(
    graph: &mut Graph,
    shapes: &Shapes,
    x: Value,
    gradient: Value,
) -> Result<Value, GraphError> {
    let ([rows, columns], [height, width]) = (&shapes.windows[..], &shapes.places[..]) else {
        // The caller has looked.
        return super::taps::gradient(graph, shapes, x, gradient);
    };
    let all = shapes.batch * height * width;
    let x = padded(graph, shapes, x)?;
    let x = graph.transpose(x, &[0, 2, 3, 1])?;
    let mut seen = Vec::new();
    for a in 0..rows.kernel {
        for b in 0..columns.kernel {
            let cuts = [
                Cut::strided(1, a, *height, rows.stride),
                Cut::strided(2, b, *width, columns.stride),
            ];
            seen.push(graph.slice(x, &cuts)?);
        }
    }
    let taps = seen.len();
    let seen = graph.concat(&seen, 3)?;
    let seen = graph.shaped(seen, &Shape::from([all, taps * shapes.channels]))?;
    let gradient = graph.transpose(gradient, &[1, 0, 2, 3])?;
    let gradient = graph.shaped(gradient, &Shape::from([shapes.features, all]))?;
    let product = graph.matmul(gradient, seen)?;
    let sizes = [shapes.features, rows.kernel, columns.kernel, shapes.channels];
    let product = graph.shaped(product, &Shape::from(sizes))?;
    graph.transpose(product, &[0, 3, 1, 2])
}

/// The image in stride × stride phases, each with every stride-th pixel: what a tap saw is then a plain cut of one phase,
/// where a cut with steps would read pixel by pixel.
pub(super) fn phases(
    graph: &mut Graph,
    shapes: &Shapes,
    x: Value,
    gradient: Value,
) -> Result<Value, GraphError> {
    let ([rows, columns], [height, width]) = (&shapes.windows[..], &shapes.places[..]) else {
        // The caller has looked.
        return super::taps::gradient(graph, shapes, x, gradient);
    };
    let (stride, channels, places) = (rows.stride, shapes.channels, height * width);
    let x = padded(graph, shapes, x)?;
    // As many rows and columns as the taps of all places need, in whole strides.
    let sizes = graph.known_sizes(x)?;
    let needed = [
        (height + (rows.kernel - 1) / stride) * stride,
        (width + (columns.kernel - 1) / stride) * stride,
    ];
    let mut whole = x;
    let mut high = vec![0, 0];
    for (axis, needed) in [2, 3].into_iter().zip(needed) {
        let size = sizes.get(axis).copied().unwrap_or(0);
        if size > needed {
            whole = graph.slice(whole, &[Cut::run(axis, 0, needed)])?;
        }
        high.push(needed.saturating_sub(size));
    }
    whole = graph.pad(whole, &[0; 4], &high)?;
    let phases = graph.node(
        "SpaceToDepth",
        &[whole],
        Attributes::none().sizes_int("blocksize", stride),
    )?;
    let mut seen = Vec::new();
    for a in 0..rows.kernel {
        for b in 0..columns.kernel {
            let phase = (a % stride) * stride + b % stride;
            let cuts = [
                Cut::run(1, phase * channels, channels),
                Cut::run(2, a / stride, *height),
                Cut::run(3, b / stride, *width),
            ];
            seen.push(graph.slice(phases, &cuts)?);
        }
    }
    let taps = seen.len();
    let seen = graph.concat(&seen, 1)?;
    let seen = graph.shaped(seen, &Shape::from([shapes.batch, taps * channels, places]))?;
    let gradient = graph.shaped(gradient, &Shape::from([shapes.batch, shapes.features, places]))?;
    let gradient = graph.turned(gradient)?;
    let products = graph.matmul(seen, gradient)?;
    let sum = graph.sum(products, &[0], false)?;
    let sizes = [rows.kernel, columns.kernel, channels, shapes.features];
    let sum = graph.shaped(sum, &Shape::from(sizes))?;
    graph.transpose(sum, &[3, 2, 0, 1])
}
