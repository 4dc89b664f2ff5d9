//! Products of matrices.

use super::{Call, Fault, Typed, expected, one};
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "MatMul" => matmul(call),
        "Gemm" => gemm(call),
        _ => return None,
    })
}

/// As numpy's matmul: [..., m, k] × [..., k, n], a list being a row on the left and a column on the right.
fn matmul(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let wrong = || expected("[..., m, k] and [..., k, n] of one type");
    if a.element != b.element {
        return wrong();
    }
    let (left, row) = match a.shape.dims() {
        [] => return wrong(),
        [k] => (vec![Dim::Known(1), k.clone()], true),
        dims => (dims.to_vec(), false),
    };
    let (right, column) = match b.shape.dims() {
        [] => return wrong(),
        [k] => (vec![k.clone(), Dim::Known(1)], true),
        dims => (dims.to_vec(), false),
    };
    let ([lead_a @ .., m, k], [lead_b @ .., k_b, n]) = (&left[..], &right[..]) else {
        return wrong();
    };
    let lead = Shape::from(lead_a.to_vec()).broadcast(&Shape::from(lead_b.to_vec()));
    let (Some(lead), true) = (lead, k == k_b) else {
        return wrong();
    };
    let mut dims = lead.dims().to_vec();
    if !row {
        dims.push(m.clone());
    }
    if !column {
        dims.push(n.clone());
    }
    one(a.element, dims)
}

fn gemm(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (a, b) = (call.input(0)?, call.input(1)?);
    let wrong = || {
        expected(
            "[m, k], [k, n] (as transA and transB turn them) and a third that can be broadcast to [m, n]",
        )
    };
    let ([a0, a1], [b0, b1]) = (a.shape.dims(), b.shape.dims()) else {
        return wrong();
    };
    let (m, k) = if call.int("transA", 0) != 0 {
        (a1, a0)
    } else {
        (a0, a1)
    };
    let (k_b, n) = if call.int("transB", 0) != 0 {
        (b1, b0)
    } else {
        (b0, b1)
    };
    let shape = Shape::from(vec![m.clone(), n.clone()]);
    let c = call.optional(2);
    let fits = c.is_none_or(|c| c.element == a.element && c.shape.broadcast(&shape).as_ref() == Some(&shape));
    if k != k_b || a.element != b.element || !fits {
        return wrong();
    }
    one(a.element, shape)
}
