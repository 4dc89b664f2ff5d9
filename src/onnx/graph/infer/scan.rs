//! Scan: a graph run for each step of its inputs, with values handed on from step to step.

use super::{Call, Fault, Typed, expected};
use crate::onnx::graph::attribute::Attribute;
use crate::onnx::graph::shape::Shape;

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    (call.operator == "Scan").then(|| scan(call))
}

/// Axes other than the first, for steps, are not followed.
fn scan(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let Some(Attribute::Graph(body)) = call.attributes.get("body") else {
        return expected("a body");
    };
    let steps = usize::try_from(call.int("num_scan_inputs", 0)).unwrap_or(0);
    let Some(states) = call.inputs.len().checked_sub(steps).filter(|_| steps > 0) else {
        return expected("num_scan_inputs from 1 to the number of inputs");
    };
    for axes in ["scan_input_axes", "scan_output_axes"] {
        if call
            .attributes
            .get_ints(axes)
            .is_some_and(|axes| axes.iter().any(|&axis| axis != 0))
        {
            return expected("steps along the first axis");
        }
    }
    if body.inputs().len() != call.inputs.len() || body.outputs().len() < states {
        return expected("a body that takes the states and one step of each input, and gives the states");
    }
    let first = call.input(states)?;
    let Some(length) = first.shape.dims().first() else {
        return expected("inputs with steps");
    };
    for (at, &value) in body.inputs().iter().enumerate() {
        let (given, taken) = (call.input(at)?, inner(body, value)?);
        let shape = match given.shape.dims() {
            whole if at < states => whole,
            [steps, rest @ ..] if steps == length => rest,
            _ => return expected("inputs with the same number of steps"),
        };
        if shape != taken.shape.dims() || given.element != taken.element {
            return expected(format!(
                "{}{} for input {at} of the body",
                taken.element, taken.shape
            ));
        }
    }
    let outputs = body.outputs().iter().enumerate().map(|(at, &value)| {
        let mut typed = inner(body, value)?;
        if at >= states {
            let dims = [length].into_iter().chain(typed.shape.dims()).cloned();
            typed.shape = Shape::from(dims.collect::<Vec<_>>());
        }
        Ok(typed)
    });
    outputs.collect()
}

fn inner(
    body: &crate::onnx::graph::graph::Graph,
    value: crate::onnx::graph::graph::Value,
) -> Result<Typed, Fault> {
    match body.info(value) {
        Ok(info) => Ok(Typed::new(info.element, info.shape.clone())),
        Err(_) => expected("a body whose inputs and outputs are its own"),
    }
}
