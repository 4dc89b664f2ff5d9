//! Cross-entropy.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

/// The cross-entropy of logits [batch, classes] and targets of the same shape, each row a distribution (one 1 for a plain label),
/// with a weight for each class or none:
/// −Σ wᵪ tᵪ ln pᵪ / Σ wᵪ tᵪ, over rows and classes c. For plain labels this is PyTorch's weighted mean; soft targets are
/// weighted in the same way, where PyTorch would divide by the number of rows.
pub(super) fn cross_entropy(
    graph: &mut Graph,
    logits: Value,
    targets: Value,
    weights: Option<Value>,
) -> Result<Value, GraphError> {
    let targets = match weights {
        Some(weights) => graph.mul(targets, weights)?,
        None => targets,
    };
    let logs = graph.node("LogSoftmax", &[logits], Attributes::none().int("axis", -1))?;
    let products = graph.mul(targets, logs)?;
    let sum = graph.total(products)?;
    let whole = graph.total(targets)?;
    let mean = graph.div(sum, whole)?;
    graph.unary("Neg", mean)
}
