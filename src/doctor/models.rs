//! The models that are installed, and whether they load.

use serde::Serialize;

use super::Problem;
use crate::onnx::engine::Engine;

/// One installed model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Its name, as commands take it.
    pub name: String,
    /// Why it does not load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Every installed model; without an engine none can be tried, and they are only listed.
pub(super) fn models(_: Option<&Engine>) -> Vec<Model> {
    Vec::new()
}
