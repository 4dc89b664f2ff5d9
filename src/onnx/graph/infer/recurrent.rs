//! Recurrent layers.

use super::{Call, Fault, Typed, expected};
use crate::onnx::graph::shape::{Dim, Shape};

pub(super) fn infer(call: &Call<'_>) -> Option<Result<Vec<Typed>, Fault>> {
    (call.operator == "GRU").then(|| gru(call))
}

/// [steps, batch, inputs] → [steps, directions, batch, hidden] and [directions, batch, hidden]; with layout 1 the batch comes first.
fn gru(call: &Call<'_>) -> Result<Vec<Typed>, Fault> {
    let (x, recurrence) = (call.input(0)?, call.input(2)?);
    let directions = match call.attributes.get_text("direction") {
        None | Some("forward" | "reverse") => 1,
        Some("bidirectional") => 2,
        Some(other) => {
            return expected(format!(
                "the direction forward, reverse or bidirectional, not {other}"
            ));
        }
    };
    let ([first, second, inputs], [_, _, Dim::Known(hidden)]) = (x.shape.dims(), recurrence.shape.dims())
    else {
        return expected("[steps, batch, inputs] and recurrent weights whose last size is known");
    };
    let batch_first = call.int("layout", 0) != 0;
    let (steps, batch) = if batch_first {
        (second, first)
    } else {
        (first, second)
    };
    let known = |sizes: &[usize]| Shape::from(sizes);
    let with_batch = |lead: usize| Shape::from(vec![Dim::Known(lead), batch.clone(), Dim::Known(*hidden)]);
    let weight = Shape::from(vec![
        Dim::Known(directions),
        Dim::Known(3 * hidden),
        inputs.clone(),
    ]);
    let state = match batch_first {
        false => with_batch(directions),
        true => Shape::from(vec![batch.clone(), Dim::Known(directions), Dim::Known(*hidden)]),
    };
    let wished = [
        (1, weight),
        (2, known(&[directions, 3 * hidden, *hidden])),
        (3, known(&[directions, 6 * hidden])),
        (5, state.clone()),
    ];
    for (at, shape) in wished {
        let required = at < 3;
        let info = if required {
            Some(call.input(at)?)
        } else {
            call.optional(at)
        };
        if info.is_some_and(|info| info.shape != shape || info.element != x.element) {
            return expected(format!("{}{shape} for input {at}", x.element));
        }
    }
    if call.int("hidden_size", 0) != i64::try_from(*hidden).unwrap_or(i64::MAX) {
        return expected(format!("a hidden_size of {hidden}"));
    }
    let hidden = Dim::Known(*hidden);
    let all = match batch_first {
        false => vec![steps.clone(), Dim::Known(directions), batch.clone(), hidden],
        true => vec![batch.clone(), steps.clone(), Dim::Known(directions), hidden],
    };
    Ok(vec![
        Typed::new(x.element, all.into()),
        Typed::new(x.element, state),
    ])
}
