//! Operators that pick elements by their numbers.

use super::{Call, Fault, Typed, axis, expected, one, with_known};
use crate::onnx::graph::element::Element;

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "Gather" => gather(call),
        "GatherElements" => gather_elements(call),
        "ScatterElements" => scatter_elements(call),
        "ScatterND" => call.input(0).and_then(|x| one(x.element, x.shape.clone())),
        _ => return None,
    })
}

fn gather(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, index) = (call.input(0)?, call.input(1)?);
    let axis = axis(call.int("axis", 0), x.shape.rank())?;
    if !matches!(index.element, Element::I64 | Element::I32) {
        return expected("integers as indices");
    }
    let (lead, rest) = x.shape.dims().split_at(axis);
    let dims = lead.iter().chain(index.shape.dims()).chain(rest.iter().skip(1));
    let picked = x
        .known
        .as_ref()
        .zip(index.known.as_ref())
        .filter(|_| x.shape.rank() == 1);
    let picked = picked.and_then(|(known, at)| {
        let length = i64::try_from(known.len()).ok()?;
        let picked = at.iter().map(|&at| {
            let at = if at < 0 { at + length } else { at };
            known.get(usize::try_from(at).ok()?).copied()
        });
        picked.collect()
    });
    with_known(x.element, dims.cloned().collect(), picked)
}

fn gather_elements(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, index) = (call.input(0)?, call.input(1)?);
    axis(call.int("axis", 0), x.shape.rank())?;
    if x.shape.rank() != index.shape.rank() || index.element.is_float() {
        return expected("integer indices with as many dimensions as the input");
    }
    one(x.element, index.shape.clone())
}

fn scatter_elements(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, index, updates) = (call.input(0)?, call.input(1)?, call.input(2)?);
    axis(call.int("axis", 0), x.shape.rank())?;
    if index.shape != updates.shape || x.element != updates.element || index.shape.rank() != x.shape.rank() {
        return expected("updates of the input's type and of the indices' shape");
    }
    one(x.element, x.shape.clone())
}
