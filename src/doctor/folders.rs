//! The folders that the program keeps its files in, and the room there.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use serde::Serialize;

use super::Problem;
use crate::onnx::setup::free_space;
use crate::run::folders;

/// One folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Folder {
    /// What it is for.
    pub name: &'static str,
    /// Where it is; it is made when it is needed.
    pub path: PathBuf,
    /// Bytes that are free on its disk.
    pub free: Option<u64>,
    /// Why nothing can be written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// The data folder and the cache folder.
pub(super) fn all() -> Vec<Folder> {
    let known = [
        ("data", folders::data(), "XDG_DATA_HOME"),
        ("cache", folders::cache(), "XDG_CACHE_HOME"),
    ];
    known
        .into_iter()
        .map(|(name, path, variable)| match path {
            Some(path) => Folder {
                name,
                free: free_space(&path),
                problem: refused(&path, variable),
                path,
            },
            None => Folder {
                name,
                path: PathBuf::new(),
                free: None,
                problem: Some(Problem::new(
                    format!(
                        "there is no {name} folder: neither {variable} nor HOME is set to an absolute path"
                    ),
                    format!("set {variable}"),
                )),
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
