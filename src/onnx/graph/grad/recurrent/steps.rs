//! The one part of a GRU's derivative that goes from step to step.

use crate::onnx::graph::attribute::{Attribute, Attributes};
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::shape::Shape;

/// δ of all steps from the gradient of the last state and, by step, the gradients of the states, z and the factors of z, r and q; and
/// what is left for the state before the first step. `from_end`: the layer went forwards, so this goes backwards.
pub(super) fn through_steps(
    graph: &mut Graph,
    [last, given, kept, steep]: [Value; 4],
    recurrence: Value,
    from_end: bool,
) -> Result<[Value; 2], GraphError> {
    let mut body = Graph::new("step");
    // Names within have to differ from those around.
    body.enter(&graph.free_name("step"));
    let info = graph.info(last)?.clone();
    let wide = graph.known_sizes(recurrence)?.first().copied().unwrap_or(0);
    let rows = graph.known_sizes(last)?.first().copied().unwrap_or(0);
    let input = |body: &mut Graph, name: &str, shape: Shape| {
        let name = body.free_name(name);
        body.input(&name, info.element, shape)
    };
    let carried = input(&mut body, "carried", info.shape.clone())?;
    let now = input(&mut body, "given", info.shape.clone())?;
    let z = input(&mut body, "kept", info.shape.clone())?;
    let factors = input(&mut body, "steep", [rows, wide].into())?;
    let weight = body.capture(graph.info(recurrence)?)?;
    let slope = body.add(now, carried)?;
    let three = body.concat(&[slope; 3], 1)?;
    let gates = body.mul(three, factors)?;
    let straight = body.mul(slope, z)?;
    let next = body.gemm((gates, false), (weight, false), Some(straight))?;
    body.mark_output(next);
    body.mark_output(slope);
    let way = i64::from(from_end);
    let settings = Attributes::none()
        .with("body", Attribute::Graph(Box::new(body)))
        .int("num_scan_inputs", 3)
        .ints("scan_input_directions", [way; 3])
        .ints("scan_output_directions", [way]);
    let inputs = [last, given, kept, steep].map(Some);
    let made = graph.nodes_of("Scan", &inputs, settings, 2)?;
    // Two were asked for.
    <[Value; 2]>::try_from(made).map_err(|_| GraphError::Foreign(last.0))
}
