//! One loaded graph, run by the names that it gives its inputs and outputs itself.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use ort::session::{SessionInputValue, SessionOutputs};
use ort::value::{TensorElementType, ValueType};

/// An input or output of a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What its elements are; `None` for what is no tensor.
    pub element: Option<TensorElementType>,
    /// Its shape, −1 where the graph leaves a dimension open.
    pub shape: Vec<i64>,
}

/// Why a graph could not be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The file can't be read or is no graph that the runtime takes.
    #[error("{}: cannot load the model: {reason}", path.display())]
    Load {
        /// The graph's file.
        path: PathBuf,
        /// What the runtime says.
        reason: String,
    },
    /// The graph failed on this input.
    #[error("{}: cannot run the model: {reason}", path.display())]
    Run {
        /// The graph's file.
        path: PathBuf,
        /// What the runtime says.
        reason: String,
    },
    /// The graph has other inputs or outputs than its role needs.
    #[error("{}: found {found}, expected {expected}", path.display())]
    Ports {
        /// The graph's file.
        path: PathBuf,
        /// What it has.
        found: String,
        /// What it would need.
        expected: String,
    },
}

/// A loaded graph. It takes one run at a time; threads that work side by side load one each.
#[derive(Debug)]
pub struct Session {
    inner: ort::session::Session,
    path: PathBuf,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
}

impl Session {
    pub(super) fn new(inner: ort::session::Session, path: &Path) -> Self {
        let ports = |outlets: &[ort::value::Outlet]| outlets.iter().map(port).collect();
        Session {
            inputs: ports(inner.inputs()),
            outputs: ports(inner.outputs()),
            inner,
            path: path.to_owned(),
        }
    }

    /// The runtime's session, for what binds its inputs and outputs itself.
    pub(super) fn inner(&self) -> &ort::session::Session {
        &self.inner
    }

    pub(super) fn inner_mut(&mut self) -> &mut ort::session::Session {
        &mut self.inner
    }

    /// The graph's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the graph takes, in its own order.
    #[must_use]
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// What the graph gives, in its own order.
    #[must_use]
    pub fn outputs(&self) -> &[Port] {
        &self.outputs
    }

    /// The input of a name.
    #[must_use]
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name == name)
    }

    /// The output of a name.
    #[must_use]
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }

    /// Runs the graph once on named values and gives all outputs by name.
    ///
    /// # Errors
    /// [`SessionError::Run`]; the session can be used again.
    pub fn run<'s>(
        &'s mut self,
        values: Vec<(Cow<'_, str>, SessionInputValue<'_>)>,
    ) -> Result<SessionOutputs<'s>, SessionError> {
        let Session { inner, path, .. } = self;
        inner.run(values).map_err(|error| SessionError::Run {
            path: path.clone(),
            reason: error.to_string(),
        })
    }

    /// An error that names what the graph has where something else was needed.
    #[must_use]
    pub fn unfit(&self, expected: impl Into<String>) -> SessionError {
        let names = |ports: &[Port]| {
            let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
            names.join(", ")
        };
        SessionError::Ports {
            path: self.path.clone(),
            found: format!(
                "inputs {} and outputs {}",
                names(&self.inputs),
                names(&self.outputs)
            ),
            expected: expected.into(),
        }
    }

    /// [`SessionError::Run`] about a value that came out of this graph.
    #[must_use]
    pub fn failed(&self, reason: impl ToString) -> SessionError {
        SessionError::Run {
            path: self.path.clone(),
            reason: reason.to_string(),
        }
    }
}

fn port(outlet: &ort::value::Outlet) -> Port {
    let (element, shape) = match outlet.dtype() {
        ValueType::Tensor { ty, shape, .. } => (Some(*ty), shape.to_vec()),
        _ => (None, Vec::new()),
    };
    Port {
        name: outlet.name().to_owned(),
        element,
        shape,
    }
}
