//! What stands in the data folder: one folder a version and flavour, complete if its marker is there.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The version of ONNX Runtime that this program is built and tested for.
pub const VERSION: &str = "1.31.1";

/// The file that closes an installation; it is written last.
pub const MARKER: &str = "installed.json";

/// The longest marker that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Which build of ONNX Runtime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// For the processor alone.
    Cpu,
    /// With CUDA, and the CUDA and cuDNN libraries it needs.
    Cuda,
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flavour::Cpu => "cpu",
            Flavour::Cuda => "cuda",
        })
    }
}

/// An installation. In the marker all paths are relative to its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    /// The version of ONNX Runtime.
    pub version: String,
    /// Which build.
    pub flavour: Flavour,
    /// The library to load.
    pub library: PathBuf,
    /// Libraries to load before CUDA is used, each after those that it needs.
    pub preload: Vec<PathBuf>,
}

/// Where a flavour of the pinned version is installed.
#[must_use]
pub fn folder_of(data: &Path, flavour: Flavour) -> PathBuf {
    data.join("onnxruntime").join(format!("{VERSION}-{flavour}"))
}

/// The pinned version in a data folder, with full paths; `None` if it was not installed, or not to the end.
#[must_use]
pub fn installed(data: &Path, flavour: Flavour) -> Option<Installed> {
    installed_in(&folder_of(data, flavour))
}

/// The installation in a folder, with full paths.
#[must_use]
pub fn installed_in(folder: &Path) -> Option<Installed> {
    let marker = read(&folder.join(MARKER)).ok()?;
    let mut found: Installed = serde_json::from_slice(&marker).ok()?;
    found.library = folder.join(found.library);
    for path in &mut found.preload {
        *path = folder.join(&*path);
    }
    Some(found)
}

/// The whole of a small regular file; a pipe of that name would be waited on for ever.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}
