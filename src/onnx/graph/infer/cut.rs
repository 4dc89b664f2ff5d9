//! Operators that cut tensors up and put them together.

use super::{Call, Fault, Typed, axis, expected, one, size, with_known};
use crate::onnx::graph::shape::Dim;

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "Concat" => concat(call),
        "Pad" => pad(call),
        "Slice" => slice(call),
        "Split" => split(call),
        _ => return None,
    })
}

fn concat(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let first = call.input(0)?;
    let axis = axis(call.int("axis", 0), first.shape.rank())?;
    let mut total = 0;
    let mut named = None;
    let mut known = Some(Vec::new());
    for at in 0..call.inputs.len() {
        let info = call.input(at)?;
        let same = info.shape.rank() == first.shape.rank()
            && info.element == first.element
            && info
                .shape
                .dims()
                .iter()
                .zip(first.shape.dims())
                .enumerate()
                .all(|(at, (a, b))| at == axis || a == b);
        if !same {
            return expected(format!(
                "inputs of one type whose shapes agree but for dimension {axis}"
            ));
        }
        match info.shape.dims().get(axis) {
            Some(Dim::Known(size)) => total = usize::saturating_add(total, *size),
            other => named = other.cloned(),
        }
        known = known.zip(info.known.as_ref()).map(|(mut all, part)| {
            all.extend(part);
            all
        });
    }
    let dim = match named {
        None => Dim::Known(total),
        Some(dim) if call.inputs.len() == 1 => dim,
        Some(_) => return expected(format!("known sizes of dimension {axis}")),
    };
    let mut dims = first.shape.dims().to_vec();
    if let Some(there) = dims.get_mut(axis) {
        *there = dim;
    }
    with_known(first.element, dims, known.filter(|_| first.shape.rank() == 1))
}

fn pad(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let rank = x.shape.rank();
    let pads = call.known(1, "pads")?;
    let axes: Vec<usize> = match call.optional(3) {
        None => (0..rank).collect(),
        Some(_) => call
            .known(3, "axes")?
            .iter()
            .map(|&at| axis(at, rank))
            .collect::<Result<_, _>>()?,
    };
    if pads.len() != 2 * axes.len() {
        return expected(format!("{} pads", 2 * axes.len()));
    }
    let mut dims = x.shape.dims().to_vec();
    for (i, &axis) in axes.iter().enumerate() {
        // There are twice as many pads as axes.
        let both = pads.get(i).zip(pads.get(i + axes.len()));
        let Some(both) = both.map(|(low, high)| low.saturating_add(*high)) else {
            continue;
        };
        if both == 0 {
            continue;
        }
        let old = i64::try_from(size(&x.shape, axis, "to pad")?).unwrap_or(i64::MAX);
        let Ok(new) = usize::try_from(old.saturating_add(both)) else {
            return expected("pads that leave something");
        };
        if let Some(dim) = dims.get_mut(axis) {
            *dim = Dim::Known(new);
        }
    }
    one(x.element, dims)
}

fn slice(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let rank = x.shape.rank();
    let (starts, ends) = (call.known(1, "starts")?, call.known(2, "ends")?);
    let axes: Vec<usize> = match call.optional(3) {
        None => (0..starts.len()).collect(),
        Some(_) => call
            .known(3, "axes")?
            .iter()
            .map(|&at| axis(at, rank))
            .collect::<Result<_, _>>()?,
    };
    let steps = match call.optional(4) {
        None => vec![1; starts.len()],
        Some(_) => call.known(4, "steps")?.to_vec(),
    };
    if starts.len() != ends.len() || axes.len() != starts.len() || steps.len() != starts.len() {
        return expected("as many starts as ends, axes and steps");
    }
    let mut dims = x.shape.dims().to_vec();
    let mut known = x.known.clone().filter(|_| rank == 1);
    for (((&start, &end), &axis), &step) in starts.iter().zip(ends).zip(&axes).zip(&steps) {
        let Some(dim) = dims.get_mut(axis) else {
            return expected(format!("axes below {rank}"));
        };
        if (start, end, step) == (0, i64::MAX, 1) {
            continue;
        }
        let length = i64::try_from(size(&x.shape, axis, "to cut")?).unwrap_or(i64::MAX);
        let Some((first, count)) = range(start, end, step, length) else {
            return expected("steps other than 0");
        };
        *dim = Dim::Known(count);
        known = known.and_then(|known| {
            let at = (0..count).map(|i| first + i64::try_from(i).unwrap_or(i64::MAX) * step);
            at.map(|at| known.get(usize::try_from(at).ok()?).copied())
                .collect()
        });
    }
    with_known(x.element, dims, known)
}

/// The first index and how many there are, as Python's slices; none for a step of 0.
pub(in crate::onnx::graph) fn range(start: i64, end: i64, step: i64, length: i64) -> Option<(i64, usize)> {
    let front = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let (start, end) = (front(start), front(end));
    let (start, span) = match step {
        0 => return None,
        1.. => {
            let start = start.clamp(0, length);
            (start, end.clamp(0, length) - start)
        }
        _ => {
            let start = start.clamp(-1, length - 1);
            (start, start - end.clamp(-1, length - 1))
        }
    };
    let count = span.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
    Some((start, usize::try_from(count).ok()?))
}

fn split(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let axis = axis(call.int("axis", 0), x.shape.rank())?;
    let whole = size(&x.shape, axis, "to split")?;
    let parts: Vec<usize> = match call.optional(1) {
        Some(_) => {
            let parts = call.known(1, "sizes")?;
            parts
                .iter()
                .map(|&size| usize::try_from(size).unwrap_or(usize::MAX))
                .collect()
        }
        None => {
            let each = whole.div_ceil(call.outputs.max(1));
            let cut = |at: usize| (each * (at + 1)).min(whole).saturating_sub(each * at);
            (0..call.outputs).map(cut).collect()
        }
    };
    let sum = parts.iter().try_fold(0_usize, |sum, &part| sum.checked_add(part));
    if sum != Some(whole) || parts.len() != call.outputs {
        return expected(format!("{} sizes whose sum is {whole}", call.outputs));
    }
    let typed = parts.into_iter().map(|part| {
        let mut dims = x.shape.dims().to_vec();
        if let Some(dim) = dims.get_mut(axis) {
            *dim = Dim::Known(part);
        }
        Typed::new(x.element, dims.into())
    });
    Ok(typed.collect())
}
