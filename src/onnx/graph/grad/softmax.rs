//! Softmax and its logarithm.

use super::{Local, Rule};
use crate::onnx::graph::error::GraphError;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "LogSoftmax" => log_softmax,
        "Softmax" => softmax,
        _ => return None,
    })
}

/// dx = y (dy − Σ dy y)
fn softmax(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, y) = (local.gradient()?, local.output(0)?);
    let axis = local.axis(-1, local.rank(0)?);
    let weighted = local.graph.mul(gradient, y)?;
    let sum = local.graph.sum(weighted, &[axis], true)?;
    let share = local.graph.mul(y, sum)?;
    let part = local.graph.sub(weighted, share)?;
    local.give(0, part)
}

/// dx = dy − eʸ Σ dy
fn log_softmax(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, y) = (local.gradient()?, local.output(0)?);
    let axis = local.axis(-1, local.rank(0)?);
    let sum = local.graph.sum(gradient, &[axis], true)?;
    let probability = local.graph.unary("Exp", y)?;
    let share = local.graph.mul(probability, sum)?;
    let part = local.graph.sub(gradient, share)?;
    local.give(0, part)
}
