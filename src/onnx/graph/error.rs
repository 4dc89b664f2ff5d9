//! Why a graph can't be built, read or differentiated.

use super::element::Element;
use super::tensor::WrongSize;

/// What is wrong with a graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The inputs of a node do not fit its operator.
    #[error("{node} ({operator}): found {found}, expected {expected}")]
    Misfit {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// The types and shapes it is given.
        found: String,
        /// What the operator needs.
        expected: String,
    },
    /// The shape of a node's results is not known.
    #[error(
        "{node} ({operator}): the shape of what it gives is not known\nhint: give it, or add a rule for {operator} in src/onnx/graph/infer; for a file, write shapes into it (onnx.shape_inference)"
    )]
    NoShape {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// A name is empty, or there already.
    #[error("found the name {0:?} for a value, expected a name that is not empty and not taken")]
    Name(String),
    /// A value does not belong to the graph.
    #[error("found value {0} which is not of this graph, expected one that it has made")]
    Foreign(usize),
    /// The bytes of a constant do not fit its shape.
    #[error(transparent)]
    Size(#[from] WrongSize),
    /// A setting that makes no sense.
    #[error("{name}: found {found}, expected {expected}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it is.
        found: String,
        /// What it may be.
        expected: &'static str,
    },
    /// A file is no ONNX model, or of a kind that is not read here.
    #[error("found {found}, expected {expected}")]
    File {
        /// What it has.
        found: String,
        /// What it should have.
        expected: String,
    },
    /// An operator has no derivative here.
    #[error(
        "{node} ({operator}): cannot be differentiated: there is no rule for it\nhint: add one in src/onnx/graph/grad"
    )]
    NoRule {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
    },
    /// An operator has a derivative, but not with these settings.
    #[error("{node} ({operator}): cannot be differentiated: found {found}, expected {expected}")]
    NoRuleFor {
        /// The node.
        node: String,
        /// Its operator.
        operator: String,
        /// What it has.
        found: String,
        /// What the rule can do.
        expected: String,
    },
    /// What is to be differentiated is not one number.
    #[error("{value}: found a loss {element}{shape}, expected one floating-point number")]
    Loss {
        /// The value's name.
        value: String,
        /// Its elements.
        element: Element,
        /// Its shape.
        shape: String,
    },
    /// A parameter that the loss does not depend on.
    #[error("{0}: the loss does not depend on it, so it cannot be trained\nhint: leave it out, or use it")]
    Unused(String),
}
