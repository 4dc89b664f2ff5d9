//! Constants, counters, and operators that turn shapes into values.

use super::{Call, Fault, Typed, axis, expected, one};
use crate::onnx::graph::attribute::Attribute;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    Some(match call.operator {
        "Constant" => constant(call),
        "ConstantOfShape" => filled(call),
        "Range" => range(call),
        "Shape" => shape(call),
        "Size" => size(call),
        _ => return None,
    })
}

fn constant(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let integers = |values: &[i64], shape: Shape| {
        let mut typed = Typed::new(Element::I64, shape);
        typed.known = Some(values.to_vec());
        Ok(vec![typed])
    };
    for (name, value) in call.attributes.iter() {
        match (name, value) {
            ("value", Attribute::Tensor(tensor)) => {
                let mut typed = Typed::new(tensor.element(), tensor.dims().to_vec().into());
                typed.known = tensor.to_i64();
                return Ok(vec![typed]);
            }
            ("value_int", Attribute::Int(value)) => return integers(&[*value], Shape::scalar()),
            ("value_ints", Attribute::Ints(values)) => return integers(values, [values.len()].into()),
            ("value_float", Attribute::Float(_)) => return one(Element::F32, Shape::scalar()),
            ("value_floats", Attribute::Floats(values)) => return one(Element::F32, [values.len()]),
            _ => {}
        }
    }
    expected("a value that is a tensor or a number")
}

fn filled(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let sizes = call.known(0, "sizes")?;
    let sizes: Option<Vec<usize>> = sizes.iter().map(|&size| usize::try_from(size).ok()).collect();
    let Some(sizes) = sizes else {
        return expected("sizes from 0");
    };
    let (element, number) = match call.attributes.get("value") {
        Some(Attribute::Tensor(tensor)) => (tensor.element(), tensor.to_i64()),
        _ => (Element::F32, None),
    };
    let shape = Shape::from(sizes);
    let mut typed = Typed::new(element, shape);
    if let (Some([number]), Some(count)) = (number.as_deref(), typed.shape.elements().filter(|&n| n <= 64)) {
        typed.known = Some(vec![*number; count]);
    }
    Ok(vec![typed])
}

fn range(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let element = call.input(0)?.element;
    let known = |at: usize| {
        call.known(at, "bounds")
            .ok()
            .and_then(|known| known.first().copied())
    };
    let dim = match (known(0), known(1), known(2)) {
        (Some(from), Some(to), Some(step)) if step > 0 => {
            let span = to.saturating_sub(from).max(0) as u64;
            Dim::Known(usize::try_from(span.div_ceil(step.unsigned_abs())).unwrap_or(usize::MAX))
        }
        // Only a graph whose sizes come with its inputs gets here.
        _ => Dim::named("range"),
    };
    one(element, vec![dim])
}

fn shape(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let x = call.input(0)?;
    let rank = x.shape.rank();
    let bound = |name: &str, otherwise: usize| match call.attributes.get_int(name) {
        None => Ok(otherwise),
        Some(at) if at >= i64::try_from(rank).unwrap_or(i64::MAX) => Ok(rank),
        Some(at) => axis(at, rank),
    };
    let (start, end) = (bound("start", 0)?, bound("end", rank)?);
    let dims = x.shape.dims().get(start..end).unwrap_or(&[]);
    let mut typed = Typed::new(Element::I64, [dims.len()].into());
    typed.known = dims
        .iter()
        .map(|dim| dim.size().and_then(|size| i64::try_from(size).ok()))
        .collect();
    Ok(vec![typed])
}

fn size(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let mut typed = Typed::new(Element::I64, Shape::scalar());
    let elements = call.input(0)?.shape.elements();
    typed.known = elements
        .and_then(|size| i64::try_from(size).ok())
        .map(|size| vec![size]);
    Ok(vec![typed])
}
