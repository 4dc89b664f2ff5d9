//! The folders that the program keeps its files in, and the room there.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use serde::Serialize;

use super::Problem;
use crate::onnx::hub::environment::Environment;
use crate::onnx::setup::free_space;
use crate::run::folders;

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folder {
    /// What it is for.
    pub name: &'static str,
    /// Where it is; it is made when it is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Bytes that are free on its disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free: Option<u64>,
    /// Why there is none, or why nothing can be written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The data folder, the cache folder, and the cache of the model hub.
pub(super) fn all() -> Vec<Folder> {
    let own = |path: Option<PathBuf>, variable: &str| {
        path.ok_or_else(|| {
            Problem::new(
                format!("neither {variable} nor HOME is set to an absolute path"),
                format!("set {variable}"),
            )
        })
    };
    let hub = Environment::of_process()
        .map(|hub| hub.cache().to_owned())
        .map_err(|error| Problem::of(&error));
    [
        ("data", "XDG_DATA_HOME", own(folders::data(), "XDG_DATA_HOME")),
        ("cache", "XDG_CACHE_HOME", own(folders::cache(), "XDG_CACHE_HOME")),
        ("model hub", "HF_HUB_CACHE", hub),
    ]
    .into_iter()
    .map(|(name, variable, path)| match path {
        Ok(path) => Folder {
            name,
            free: free_space(&path),
            problem: refused(&path, variable),
            path: Some(path.to_string_lossy().into_owned()),
        },
        Err(problem) => Folder {
            name,
            path: None,
            free: None,
            problem: Some(problem),
        },
    })
    .collect()
}

/// Whether the folder, or the first one above it that is there, can't be written to.
fn refused(path: &Path, variable: &str) -> Option<Problem> {
    let there = path.ancestors().find(|above| above.exists())?;
    let why = if !there.is_dir() {
        "is no folder".to_owned()
    } else {
        match access(there, Access::WRITE_OK | Access::EXEC_OK) {
            Ok(()) => return None,
            Err(error) => format!("cannot be written to: {}", std::io::Error::from(error)),
        }
    };
    Some(Problem::new(
        format!("{}: {why}", there.display()),
        format!("change its permissions, or set {variable} to another folder"),
    ))
}
