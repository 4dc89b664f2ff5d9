//! Operators that give the same elements another shape or order, or repeat them.

use super::{Call, Fault, Typed, axis, expected, one, with_known};
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "Expand" => expand(call),
        "Flatten" => flatten(call),
        "Reshape" => reshape(call),
        "Squeeze" => squeeze(call),
        "Tile" => tile(call),
        "Transpose" => transpose(call),
        "Unsqueeze" => unsqueeze(call),
        _ => return None,
    })
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
