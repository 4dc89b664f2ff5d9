//! One product for each element of the window; for any number of dimensions, groups and dilations.

use super::{Shapes, padded};
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::shape::Shape;

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
        groups,
        ..
    } = *shapes;
    let places: usize = shapes.places.iter().product();
    let (inner, outer) = (channels / groups, features / groups);
    let grouped = |each: usize| match groups {
        1 => Shape::from([batch, each, places]),
        _ => Shape::from([batch, groups, each, places]),
    };
    let x = padded(graph, shapes, x)?;
    let gradient = graph.shaped(gradient, &grouped(outer))?;
    let mut taps = Vec::new();
    for tap in taps_of(&shapes.column(|window| window.kernel)) {
        let cuts: Vec<Cut> = tap
            .iter()
            .zip(shapes.windows.iter().zip(&shapes.places))
            .enumerate()
            .map(|(axis, (&at, (window, &count)))| {
                Cut::strided(axis + 2, at * window.dilation, count, window.stride)
            })
            .collect();
        let seen = graph.slice(x, &cuts)?;
        let seen = graph.shaped(seen, &grouped(inner))?;
        let turned = graph.turned(seen)?;
        let products = graph.matmul(gradient, turned)?;
        let sum = graph.sum(products, &[0], false)?;
        taps.push(graph.shaped(sum, &Shape::from([features, inner, 1]))?);
    }
    let whole = graph.concat(&taps, 2)?;
    let kernel = shapes.windows.iter().map(|window| window.kernel);
    let sizes: Vec<usize> = [features, inner].into_iter().chain(kernel).collect();
    graph.shaped(whole, &sizes.into())
}

/// The positions within a window, in the order of its elements.
fn taps_of(kernel: &[usize]) -> Vec<Vec<usize>> {
    let mut taps = vec![Vec::new()];
    for &size in kernel {
        let longer = |tap: &Vec<usize>| {
            let tap = tap.clone();
            (0..size)
                .map(move |at| [&tap[..], &[at]].concat())
                .collect::<Vec<_>>()
        };
        taps = taps.iter().flat_map(longer).collect();
    }
    taps
}
