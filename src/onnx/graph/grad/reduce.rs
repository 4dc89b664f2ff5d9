//! Sums, means and other operators that make one number of many.

use super::{Local, Rule};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Value;
use crate::onnx::graph::shape::Shape;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "ReduceL2" => l2,
        "ReduceLogSumExp" => log_sum_exp,
        "ReduceMax" | "ReduceMin" => extreme,
        "ReduceMean" => mean,
        "ReduceSum" => sum,
        "ReduceSumSquare" => sum_square,
        _ => return None,
    })
}

/// A result, or its gradient, with the reduced dimensions as 1, so that it can be broadcast to the input.
fn kept(local: &mut Local<'_>, value: Value) -> Result<Value, GraphError> {
    let mut sizes = local.sizes(0)?;
    for axis in local.axes(sizes.len())? {
        if let Some(size) = sizes.get_mut(axis) {
            *size = 1;
        }
    }
    local.graph.shaped(value, &sizes.into())
}

fn sum(local: &mut Local<'_>) -> Result<(), GraphError> {
    let gradient = kept(local, local.gradient()?)?;
    let part = local.graph.expand(gradient, &Shape::from(local.sizes(0)?))?;
    local.give(0, part)
}

fn mean(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (sizes, gradient) = (local.sizes(0)?, local.gradient()?);
    let axes = local.axes(sizes.len())?;
    let count: usize = axes.iter().filter_map(|&axis| sizes.get(axis)).product();
    let share = local.graph.mul_number(gradient, 1.0 / count.max(1) as f64)?;
    let share = kept(local, share)?;
    let part = local.graph.expand(share, &Shape::from(sizes))?;
    local.give(0, part)
}

fn sum_square(local: &mut Local<'_>) -> Result<(), GraphError> {
    let gradient = kept(local, local.gradient()?)?;
    let twice = local.graph.mul_number(gradient, 2.0)?;
    let part = local.graph.mul(local.input(0)?, twice)?;
    local.give(0, part)
}

/// d‖x‖ = x / ‖x‖ dx
fn l2(local: &mut Local<'_>) -> Result<(), GraphError> {
    let share = local.graph.div(local.gradient()?, local.output(0)?)?;
    let share = kept(local, share)?;
    let part = local.graph.mul(local.input(0)?, share)?;
    local.give(0, part)
}

/// d ln Σ eˣ = e^(x − y) dx
fn log_sum_exp(local: &mut Local<'_>) -> Result<(), GraphError> {
    let y = kept(local, local.output(0)?)?;
    let gradient = kept(local, local.gradient()?)?;
    let less = local.graph.sub(local.input(0)?, y)?;
    let share = local.graph.unary("Exp", less)?;
    let part = local.graph.mul(share, gradient)?;
    local.give(0, part)
}

/// Flows back in equal shares to all that are as large (or as small) as the result, as in PyTorch's `amax`.
fn extreme(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (x, element, rank) = (local.input(0)?, local.element(0)?, local.rank(0)?);
    let y = kept(local, local.output(0)?)?;
    let won = local.graph.node("Equal", &[x, y], Attributes::none())?;
    let won = local.graph.cast(won, element)?;
    let axes = local.axes(rank)?;
    let count = local.graph.sum(won, &axes, true)?;
    let gradient = kept(local, local.gradient()?)?;
    let share = local.graph.div(gradient, count)?;
    let part = local.graph.mul(won, share)?;
    local.give(0, part)
}
