//! A trained network as a file for use.

use super::{LOGITS, State};
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::network::{BATCH, Net, Network, Port};
use crate::onnx::graph::shape::Dim;

/// The ONNX file of a network with what was trained: no dropout, normalisation by the running statistics, any number of rows.
/// It takes the network's inputs and gives [`LOGITS`]; `notes` become its metadata.
///
/// # Errors
/// [`GraphError::File`] when the state lacks a parameter of the network or has one of another shape.
pub fn inference_model(
    network: &dyn Network,
    state: &State,
    notes: &[(&str, &str)],
) -> Result<Vec<u8>, GraphError> {
    model_for_use(&network.inputs(), LOGITS, state, notes, |net, values| {
        network.logits(net, values)
    })
}

/// The same of what `build` makes of values for `inputs`, as the output `output`.
///
/// # Errors
/// As [`inference_model`].
pub fn model_for_use(
    inputs: &[Port],
    output: &str,
    state: &State,
    notes: &[(&str, &str)],
    build: impl FnOnce(&mut Net<'_>, &[Value]) -> Result<Value, GraphError>,
) -> Result<Vec<u8>, GraphError> {
    let mut graph = Graph::new("network");
    let mut values = Vec::with_capacity(inputs.len());
    for port in inputs {
        values.push(graph.input(&port.name, port.element, port.shape(Dim::named(BATCH)))?);
    }
    let made = build(&mut Net::for_use(&mut graph, state), &values)?;
    graph.output(output, made)?;
    graph.to_model(notes)
}
