//! Normalisations and softmax.

use super::{Call, Fault, Typed, axis, expected, one};
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "BatchNormalization" => batch(call),
        "LayerNormalization" => layer(call),
        "Softmax" | "LogSoftmax" => softmax(call),
        _ => return None,
    })
}

fn batch(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let wrong = || expected("[N, C, ...] and four lists of C numbers");
    let Some(channels) = x.shape.dims().get(1) else {
        return wrong();
    };
    let list = Shape::from(vec![channels.clone()]);
    for at in 1..5 {
        let info = call.input(at)?;
        if info.shape != list || !info.element.is_float() {
            return wrong();
        }
    }
    let statistics = Typed::new(call.input(3)?.element, list);
    Ok(vec![
        Typed::new(x.element, x.shape.clone()),
        statistics.clone(),
        statistics,
    ])
}

fn layer(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let first = axis(call.int("axis", -1), x.shape.rank())?;
    let (lead, inner) = x.shape.dims().split_at(first);
    let whole = Shape::from(inner.to_vec());
    for info in [Some(call.input(1)?), call.optional(2)].into_iter().flatten() {
        if info.element != x.element || info.shape.broadcast(&whole).as_ref() != Some(&whole) {
            return expected(format!("a scale and a bias that can be broadcast to {whole}"));
        }
    }
    let ones = inner.iter().map(|_| Dim::Known(1));
    let rows = Shape::from(lead.iter().cloned().chain(ones).collect::<Vec<Dim>>());
    Ok(vec![
        Typed::new(x.element, x.shape.clone()),
        Typed::new(x.element, rows.clone()),
        Typed::new(x.element, rows),
    ])
}

fn softmax(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    axis(call.int("axis", -1), x.shape.rank())?;
    if !x.element.is_float() {
        return expected("a tensor of floating-point numbers");
    }
    one(x.element, x.shape.clone())
}
