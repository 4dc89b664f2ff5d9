//! Operators that make one number of many.

use super::{Call, Fault, Typed, axis, expected, one};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::shape::Dim;

const REDUCE: &[&str] = &[
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
];

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        name if REDUCE.contains(&name) => reduce(call),
        "ArgMax" | "ArgMin" => argument(call),
        _ => return None,
    })
}

fn reduce(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    if x.element == Element::Bool {
        return expected("numbers");
    }
    let rank = x.shape.rank();
    let axes = match call.axes(1)? {
        Some(axes) if !axes.is_empty() => axes
            .iter()
            .map(|&a| axis(a, rank))
            .collect::<Result<Vec<_>, _>>()?,
        _ if call.int("noop_with_empty_axes", 0) != 0 => Vec::new(),
        _ => (0..rank).collect(),
    };
    one(
        x.element,
        without(x.shape.dims(), &axes, call.int("keepdims", 1) != 0),
    )
}

fn argument(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let axis = axis(call.int("axis", 0), x.shape.rank())?;
    one(
        Element::I64,
        without(x.shape.dims(), &[axis], call.int("keepdims", 1) != 0),
    )
}

fn without(dims: &[Dim], axes: &[usize], keep: bool) -> Vec<Dim> {
    let dims = dims
        .iter()
        .enumerate()
        .filter_map(|(at, dim)| match axes.contains(&at) {
            true if keep => Some(Dim::Known(1)),
            true => None,
            false => Some(dim.clone()),
        });
    dims.collect()
}
