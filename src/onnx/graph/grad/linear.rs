//! Products of matrices.

use super::{Local, Rule};
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Value;
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "Gemm" => gemm,
        "MatMul" => matmul,
        _ => return None,
    })
}

/// With Y = A B: dA = dY Bᵀ, dB = Aᵀ dY. A list is a row on the left and a column on the right; leading dimensions that
/// were repeated are summed over when the gradient is given.
fn matmul(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (a, b, gradient) = (local.input(0)?, local.input(1)?, local.gradient()?);
    let (shape_a, shape_b) = (local.graph.shape(a)?, local.graph.shape(b)?);
    let with_one = |shape: &Shape, at: usize| {
        let mut dims = shape.dims().to_vec();
        dims.insert(at.min(dims.len()), Dim::Known(1));
        Shape::from(dims)
    };
    let (row, column) = (shape_a.rank() == 1, shape_b.rank() == 1);
    let mut out = local.graph.shape(gradient)?;
    if column {
        out = with_one(&out, out.rank());
    }
    if row {
        out = with_one(&out, out.rank() - 1);
    }
    let gradient = local.graph.shaped(gradient, &out)?;
    if local.wants(0) {
        let b = if column {
            local.graph.shaped(b, &with_one(&shape_b, 1))?
        } else {
            b
        };
        let turned = local.graph.turned(b)?;
        let part = local.graph.matmul(gradient, turned)?;
        give(local, 0, part, row)?;
    }
    if local.wants(1) {
        // One large product instead of many small ones that are then summed.
        if shape_b.rank() == 2 && shape_a.rank() > 2 {
            let (a, gradient) = (rows(local, a)?, rows(local, gradient)?);
            let part = local.graph.gemm((a, true), (gradient, false), None)?;
            return local.give(1, part);
        }
        let a = if row {
            local.graph.shaped(a, &with_one(&shape_a, 0))?
        } else {
            a
        };
        let turned = local.graph.turned(a)?;
        let part = local.graph.matmul(turned, gradient)?;
        give(local, 1, part, column)?;
    }
    Ok(())
}

/// [.., k] as [rows, k].
fn rows(local: &mut Local<'_>, x: Value) -> Result<Value, GraphError> {
    let sizes = local.graph.known_sizes(x)?;
    let last = sizes.last().copied().unwrap_or(1);
    let count = sizes.iter().rev().skip(1).product();
    local.graph.shaped(x, &Shape::from([count, last]))
}

/// A list's gradient has one dimension too many, of size 1: the first but one on the left, the last on the right.
fn give(local: &mut Local<'_>, at: usize, part: Value, list: bool) -> Result<(), GraphError> {
    if !list {
        return local.give(at, part);
    }
    let mut sizes = local.graph.known_sizes(part)?;
    let place = if at == 0 {
        sizes.len().saturating_sub(2)
    } else {
        sizes.len().saturating_sub(1)
    };
    sizes.remove(place.min(sizes.len().saturating_sub(1)));
    let part = local.graph.shaped(part, &sizes.into())?;
    local.give(at, part)
}

/// With Y = α A' B' + β C, where ' may turn.
fn gemm(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (a, b, gradient) = (local.input(0)?, local.input(1)?, local.gradient()?);
    let (turn_a, turn_b) = (local.int("transA", 0) != 0, local.int("transB", 0) != 0);
    let (alpha, beta) = (
        f64::from(local.float("alpha", 1.0)),
        f64::from(local.float("beta", 1.0)),
    );
    if local.wants(0) {
        let part = match turn_a {
            false => local.graph.gemm((gradient, false), (b, !turn_b), None)?,
            true => local.graph.gemm((b, turn_b), (gradient, true), None)?,
        };
        let part = times(local, part, alpha)?;
        local.give(0, part)?;
    }
    if local.wants(1) {
        let part = match turn_b {
            false => local.graph.gemm((a, !turn_a), (gradient, false), None)?,
            true => local.graph.gemm((gradient, true), (a, turn_a), None)?,
        };
        let part = times(local, part, alpha)?;
        local.give(1, part)?;
    }
    if local.wants(2) {
        let part = times(local, gradient, beta)?;
        local.give(2, part)?;
    }
    Ok(())
}

fn times(local: &mut Local<'_>, x: Value, factor: f64) -> Result<Value, GraphError> {
    if factor == 1.0 {
        return Ok(x);
    }
    local.graph.mul_number(x, factor)
}
