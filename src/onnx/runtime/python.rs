//! The ONNX Runtime that a Python has in its `onnxruntime` or `onnxruntime-gpu` package.

use std::path::PathBuf;

use super::search::{Candidate, Origin, beside, in_folder};
use crate::onnx::python::{ask, pythons};

/// Prints the package's folder. It is not imported: that would take a second and could print anything.
const WHERE: &str = "import importlib.util as u; s = u.find_spec('onnxruntime'); \
                     print(next(iter(s.submodule_search_locations)) if s else '')";

/// The library of the first Python that has one: the active environment's, then those on the path.
pub(super) fn find() -> Option<Candidate> {
    pythons().into_iter().find_map(|python| {
        let package = PathBuf::from(ask(&python, WHERE, &[])?);
        let path = in_folder(package.join("capi"));
        path.is_file().then(|| Candidate {
            origin: Origin::Python,
            preload: beside(&path),
            path,
        })
    })
}
