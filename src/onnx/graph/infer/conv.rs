//! Convolutions and poolings.

use super::{Call, Fault, Typed, expected, one, size};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::shape::{Dim, Shape};
use crate::onnx::graph::window::Window;

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "Conv" => conv(call),
        "ConvTranspose" => transposed(call),
        "MaxPool" | "AveragePool" => pool(call),
        "GlobalAveragePool" | "GlobalMaxPool" => global(call),
        _ => return None,
    })
}

/// The sizes of [.., .., spatial...].
fn spatial(shape: &Shape) -> Result<Vec<usize>, Fault> {
    (2..shape.rank())
        .map(|at| size(shape, at, "of an image"))
        .collect()
}

fn windows(call: &Call<'_>, kernel: Option<&[usize]>, rank: usize) -> Result<Vec<Window>, Fault> {
    Window::all(call.attributes, kernel, rank).map_err(Fault::Expected)
}

fn bias_fits(call: &Call<'_>, channels: &Dim) -> bool {
    call.optional(2)
        .is_none_or(|bias| bias.shape.dims() == std::slice::from_ref(channels))
}

fn conv(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, w) = (call.input(0)?, call.input(1)?);
    let ([n, c, ..], [out, per_group, ..]) = (x.shape.dims(), w.shape.dims()) else {
        return expected("an input [N, C, ...] and weights [M, C / groups, ...]");
    };
    let groups = usize::try_from(call.int("group", 1)).unwrap_or(0);
    let fits = match (c, per_group, out) {
        (Dim::Known(c), Dim::Known(per_group), Dim::Known(out)) => {
            groups > 0 && Some(*c) == per_group.checked_mul(groups) && out % groups == 0
        }
        _ => false,
    };
    if !fits || x.element != w.element || x.shape.rank() != w.shape.rank() || !bias_fits(call, out) {
        return expected(format!(
            "an input [N, C, ...], weights [M, C / {groups}, ...] and a bias of M numbers, of one type"
        ));
    }
    let windows = windows(call, Some(&spatial(&w.shape)?), x.shape.rank() - 2)?;
    let mut dims = vec![n.clone(), out.clone()];
    dims.extend(places(&windows, &spatial(&x.shape)?)?);
    one(x.element, dims)
}

fn places(windows: &[Window], sizes: &[usize]) -> Result<Vec<Dim>, Fault> {
    let places = windows
        .iter()
        .zip(sizes)
        .map(|(window, &size)| match window.places(size) {
            Some(places) => Ok(Dim::Known(places)),
            None => expected(format!(
                "an image of at least {} where it is {size}",
                window.span()
            )),
        });
    places.collect()
}

fn transposed(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, w) = (call.input(0)?, call.input(1)?);
    let ([n, c, ..], [c_w, out, ..]) = (x.shape.dims(), w.shape.dims()) else {
        return expected("an input [N, C, ...] and weights [C, M / groups, ...]");
    };
    let groups = usize::try_from(call.int("group", 1)).unwrap_or(0);
    let Some(out) = out
        .size()
        .and_then(|out| out.checked_mul(groups))
        .filter(|&out| out > 0)
    else {
        return expected("weights of known size and a group from 1");
    };
    if c != c_w
        || x.element != w.element
        || x.shape.rank() != w.shape.rank()
        || !bias_fits(call, &Dim::Known(out))
    {
        return expected("an input [N, C, ...] and weights [C, M / groups, ...] of one type");
    }
    let rank = x.shape.rank() - 2;
    let windows = windows(call, Some(&spatial(&w.shape)?), rank)?;
    let extra = call
        .attributes
        .get_ints("output_padding")
        .map_or(vec![0; rank], <[i64]>::to_vec);
    let mut dims = vec![n.clone(), Dim::Known(out)];
    for ((window, size), &extra) in windows.iter().zip(spatial(&x.shape)?).zip(&extra) {
        let last = size.saturating_sub(1).saturating_mul(window.stride);
        let reach = last
            .saturating_add(window.span())
            .saturating_add(usize::try_from(extra).unwrap_or(0));
        match reach.checked_sub(window.low.saturating_add(window.high)) {
            Some(size) => dims.push(Dim::Known(size)),
            None => return expected("pads that leave something"),
        }
    }
    one(x.element, dims)
}

fn pool(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let [n, c, ..] = x.shape.dims() else {
        return expected("[N, C, ...]");
    };
    let windows = windows(call, None, x.shape.rank() - 2)?;
    let sizes = spatial(&x.shape)?;
    if windows
        .iter()
        .zip(&sizes)
        .any(|(window, &size)| window.ceil && window.ends_beyond(size))
    {
        return expected("windows that begin within the image, also with ceil_mode");
    }
    let mut dims = vec![n.clone(), c.clone()];
    dims.extend(places(&windows, &sizes)?);
    let shape = Shape::from(dims);
    Ok(vec![
        Typed::new(x.element, shape.clone()),
        Typed::new(Element::I64, shape),
    ])
}

fn global(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let [n, c, rest @ ..] = x.shape.dims() else {
        return expected("[N, C, ...]");
    };
    let ones = rest.iter().map(|_| Dim::Known(1));
    one(
        x.element,
        [n.clone(), c.clone()]
            .into_iter()
            .chain(ones)
            .collect::<Vec<Dim>>(),
    )
}
