//! Operators that move elements and change none.

use super::{Call, Fault, Typed, axis, expected, one, size};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "Concat" => concat(call),
        "DepthToSpace" => depth_to_space(call),
        "Expand" => expand(call),
        "Flatten" => flatten(call),
        "Gather" => gather(call),
        "GatherElements" => gather_elements(call),
        "Pad" => pad(call),
        "Reshape" => reshape(call),
        "ScatterElements" => scatter_elements(call),
        "ScatterND" => call.input(0).and_then(|x| one(x.element, x.shape.clone())),
        "Slice" => slice(call),
        "SpaceToDepth" => space_to_depth(call),
        "Split" => split(call),
        "Squeeze" => squeeze(call),
        "Tile" => tile(call),
        "Transpose" => transpose(call),
        "Unsqueeze" => unsqueeze(call),
        _ => return None,
    })
}

fn with_known(element: Element, shape: Vec<Dim>, known: Option<Vec<i64>>) -> Result<Vec<Typed>, Fault> {
    let mut typed = Typed::new(element, shape.into());
    typed.known = known;
    Ok(vec![typed])
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

/// [N, C, H, W] in blocks.
fn image<'a>(call: &Call<'a>) -> Result<([&'a Dim; 4], usize), Fault> {
    let x = call.input(0)?;
    let block = usize::try_from(call.int("blocksize", 0))
        .unwrap_or(0)
        .min(1 << 16);
    match x.shape.dims() {
        [n, c, h, w] if block > 0 => Ok(([n, c, h, w], block)),
        _ => expected("[N, C, H, W] and a blocksize from 1"),
    }
}

fn depth_to_space(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let ([n, _, _, _], block) = image(call)?;
    let x = call.input(0)?;
    let sizes = [1, 2, 3].map(|at| size(&x.shape, at, "to move depth to space"));
    let [c, h, w] = sizes;
    let (c, h, w) = (c?, h?, w?);
    if c % (block * block) != 0 {
        return expected(format!("channels that {} divides", block * block));
    }
    one(
        x.element,
        vec![
            n.clone(),
            (c / block / block).into(),
            h.saturating_mul(block).into(),
            w.saturating_mul(block).into(),
        ],
    )
}

fn space_to_depth(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let ([n, _, _, _], block) = image(call)?;
    let x = call.input(0)?;
    let sizes = [1, 2, 3].map(|at| size(&x.shape, at, "to move space to depth"));
    let [c, h, w] = sizes;
    let (c, h, w) = (c?, h?, w?);
    if h % block != 0 || w % block != 0 {
        return expected(format!("a height and a width that {block} divides"));
    }
    one(
        x.element,
        vec![
            n.clone(),
            c.saturating_mul(block * block).into(),
            (h / block).into(),
            (w / block).into(),
        ],
    )
}

fn expand(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let wished = call.known(1, "sizes")?;
    let Some(wished) = wished
        .iter()
        .map(|&size| usize::try_from(size).ok())
        .collect::<Option<Vec<_>>>()
    else {
        return expected("sizes from 0");
    };
    // A named dimension stays as it is where the wish is 1.
    match x.shape.broadcast(&Shape::from(wished)) {
        Some(shape) => one(x.element, shape),
        None => expected("a shape that the input can be broadcast to"),
    }
}

fn product(dims: &[Dim]) -> Result<Dim, Fault> {
    match dims {
        [dim] => Ok(dim.clone()),
        _ => match Shape::from(dims.to_vec()).elements() {
            Some(count) => Ok(Dim::Known(count)),
            None => {
                let open: Vec<&Dim> = dims.iter().filter(|dim| !dim.is_one()).collect();
                match open[..] {
                    [dim] => Ok(dim.clone()),
                    _ => expected("known sizes of the dimensions that are joined"),
                }
            }
        },
    }
}

fn flatten(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let rank = x.shape.rank();
    let at = call.int("axis", 1);
    let at = if usize::try_from(at) == Ok(rank) {
        rank
    } else {
        axis(at, rank)?
    };
    let (lead, rest) = x.shape.dims().split_at(at);
    one(x.element, vec![product(lead)?, product(rest)?])
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

/// Lower ends, then upper ends, of all axes or of those that are named.
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

fn reshape(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let wished = call.known(1, "sizes")?;
    let keep_zero = call.int("allowzero", 0) != 0;
    let mut dims: Vec<Option<Dim>> = Vec::new();
    for (at, &size) in wished.iter().enumerate() {
        dims.push(match size {
            -1 => None,
            0 if !keep_zero => match x.shape.dims().get(at) {
                Some(dim) => Some(dim.clone()),
                None => return expected("a 0 only where the input has a dimension"),
            },
            size => match usize::try_from(size) {
                Ok(size) => Some(Dim::Known(size)),
                Err(_) => return expected("sizes from 0, or -1 once"),
            },
        });
    }
    if dims.iter().filter(|dim| dim.is_none()).count() > 1 {
        return expected("-1 at most once");
    }
    // Named dimensions cancel out; what is left has to be equal, or gives what -1 stands for.
    let mut open: Vec<&Dim> = x.shape.dims().iter().filter(|dim| dim.size().is_none()).collect();
    let mut unmatched = false;
    for dim in dims.iter().flatten().filter(|dim| dim.size().is_none()) {
        match open.iter().position(|there| *there == dim) {
            Some(at) => drop(open.remove(at)),
            None => unmatched = true,
        }
    }
    let count = |sizes: Vec<usize>| {
        sizes
            .into_iter()
            .try_fold(1, usize::checked_mul)
            .unwrap_or(usize::MAX)
    };
    let have = count(x.shape.dims().iter().filter_map(Dim::size).collect());
    let rest = count(dims.iter().flatten().filter_map(Dim::size).collect());
    let total = || expected(format!("sizes whose product is that of {}", x.shape));
    let filler = match (&open[..], dims.iter().any(Option::is_none)) {
        _ if unmatched => return total(),
        ([], false) if have == rest => Dim::Known(1),
        ([], true) if rest == 0 && have == 0 => Dim::Known(0),
        ([], true) if rest > 0 && have % rest == 0 => Dim::Known(have / rest),
        ([name], true) if have == rest => (*name).clone(),
        _ => return total(),
    };
    let dims = dims
        .into_iter()
        .map(|dim| dim.unwrap_or_else(|| filler.clone()))
        .collect();
    with_known(x.element, dims, x.known.clone())
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

fn squeeze(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let rank = x.shape.rank();
    let axes: Vec<usize> = match call.axes(1)? {
        Some(axes) => axes.iter().map(|&at| axis(at, rank)).collect::<Result<_, _>>()?,
        None => (0..rank)
            .filter(|&at| x.shape.dims().get(at).is_some_and(Dim::is_one))
            .collect(),
    };
    if axes
        .iter()
        .any(|&at| !x.shape.dims().get(at).is_some_and(Dim::is_one))
    {
        return expected("axes whose size is 1");
    }
    let dims = x
        .shape
        .dims()
        .iter()
        .enumerate()
        .filter(|(at, _)| !axes.contains(at));
    with_known(
        x.element,
        dims.map(|(_, dim)| dim.clone()).collect(),
        x.known.clone(),
    )
}

fn unsqueeze(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let Some(axes) = call.axes(1)? else {
        return expected("axes");
    };
    let rank = x.shape.rank() + axes.len();
    let axes: Vec<usize> = axes.iter().map(|&at| axis(at, rank)).collect::<Result<_, _>>()?;
    let mut old = x.shape.dims().iter().cloned();
    let dims = (0..rank).map(|at| match axes.contains(&at) {
        true => Some(Dim::Known(1)),
        false => old.next(),
    });
    match dims.collect::<Option<Vec<Dim>>>() {
        Some(dims) => with_known(x.element, dims, x.known.clone()),
        None => expected("axes that differ"),
    }
}

fn tile(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let repeats = call.known(1, "repeats")?;
    if repeats.len() != x.shape.rank() {
        return expected(format!("{} repeats", x.shape.rank()));
    }
    let dims = x
        .shape
        .dims()
        .iter()
        .zip(repeats)
        .map(|(dim, &times)| match (dim, usize::try_from(times)) {
            (dim, Ok(1)) => Ok(dim.clone()),
            (Dim::Known(size), Ok(times)) => Ok(Dim::Known(size.saturating_mul(times))),
            _ => expected("known sizes where something is repeated"),
        });
    one(x.element, dims.collect::<Result<Vec<Dim>, Fault>>()?)
}

fn transpose(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let rank = x.shape.rank();
    let order: Vec<i64> = match call.attributes.get_ints("perm") {
        Some(order) => order.to_vec(),
        None => (0..rank)
            .rev()
            .map(|at| i64::try_from(at).unwrap_or(i64::MAX))
            .collect(),
    };
    let axes: Vec<usize> = order.iter().map(|&at| axis(at, rank)).collect::<Result<_, _>>()?;
    let mut seen = axes.clone();
    seen.sort_unstable();
    seen.dedup();
    if seen.len() != rank || axes.len() != rank {
        return expected(format!("an order of all {rank} dimensions"));
    }
    let dims = axes.iter().filter_map(|&at| x.shape.dims().get(at).cloned());
    one(x.element, dims.collect::<Vec<Dim>>())
}
