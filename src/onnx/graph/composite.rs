//! Nodes that belong together and know their derivative as a whole.
//!
//! What the chain rule makes of a softmax with cross-entropy, or of a normalisation, node by node, is slower and less exact
//! than what one knows of the whole.

use super::error::GraphError;
use super::graph::{Graph, Value};

/// The derivative of a composite: from the gradients of its outputs (none where the loss does not depend on one) those of
/// its inputs, for those that are wanted.
pub type CompositeRule = fn(
    graph: &mut Graph,
    composite: &Composite,
    gradients: &[Option<Value>],
    wanted: &[bool],
) -> Result<Vec<Option<Value>>, GraphError>;

/// Nodes with a derivative of their own.
#[derive(Debug, Clone)]
pub struct Composite {
    /// What they are together.
    pub name: &'static str,
    /// What they take.
    pub inputs: Vec<Value>,
    /// What they give.
    pub outputs: Vec<Value>,
    /// What the derivative needs besides: values within.
    pub kept: Vec<Value>,
    /// The derivative.
    pub rule: CompositeRule,
}
