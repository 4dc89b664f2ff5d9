//! A trained network as a file for use.

use super::{LOGITS, State};
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Graph;
use crate::onnx::graph::network::{BATCH, Net, Network};
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
    let mut graph = Graph::new("network");
    let mut values = Vec::new();
    for port in network.inputs() {
        values.push(graph.input(&port.name, port.element, port.shape(Dim::named(BATCH)))?);
    }
    let mut net = Net::for_use(&mut graph, state);
    let logits = network.logits(&mut net, &values)?;
    graph.output(LOGITS, logits)?;
    graph.to_model(notes)
}
