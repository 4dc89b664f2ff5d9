//! The folder of a model while it is trained.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dir::{Description, ModelError, mark};
use super::{FORMAT, KIND, MARK};
use crate::dataset::layout;
use crate::dataset::row::sha256;
use crate::dataset::store::{Store, StoreError};
use crate::run::atomic::{self, FileError, is_part};
use crate::run::bounded;
use crate::run::lock::Lock;

/// A locked folder.
#[derive(Debug)]
pub struct Workplace {
    /// Where it is.
    pub path: PathBuf,
    _lock: Lock,
}

/// What a folder holds.
#[derive(Debug)]
pub enum Opened {
    /// The finished model of this very training.
    Finished(Box<Description>),
    /// Nothing, or a checkpoint of this training.
    Open,
}

/// What an unfinished folder is about: kept until the mark stands, so that no other command takes it for its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    format: u32,
    kind: String,
    training: BTreeMap<String, String>,
}

/// The longest state that is read, in bytes.
const MAX_STATE: u64 = 1 << 20;

/// Where the checkpoint of a training is.
#[must_use]
pub fn checkpoint(folder: &Path) -> PathBuf {
    layout::own(folder, "checkpoint.safetensors")
}

impl Workplace {
    /// Whether a folder could be worked in: it is new, empty or a model's. Nothing is written.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn check(path: &Path) -> Result<(), ModelError> {
        Store::check(path, KIND)?;
        Ok(())
    }

    /// Locks a folder, making it if need be; nothing is written unless it is new, empty or a model's.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        Self::check(path)?;
        let lock = Lock::acquire(&layout::lock(path)).map_err(|source| StoreError::Lock {
            path: path.to_owned(),
            source,
        })?;
        for folder in [path.to_owned(), layout::own(path, "")] {
            sweep(&folder)?;
        }
        Ok(Workplace {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Looks whether a training can begin, go on, or is finished here; `training` is all that decides its weights, by name.
    ///
    /// # Errors
    /// [`ModelError::Other`] when it holds another one.
    pub fn begin(&self, training: &BTreeMap<String, String>) -> Result<Opened, ModelError> {
        if self.path.join(MARK).exists() {
            let found = mark(&self.path)?;
            self.compare(&found.training, training)?;
            self.tidy()?;
            return Ok(Opened::Finished(Box::new(found)));
        }
        let file = layout::state(&self.path);
        let ours = State {
            format: FORMAT,
            kind: KIND.to_owned(),
            training: training.clone(),
        };
        match bounded::read(&file, MAX_STATE) {
            Ok(bytes) => {
                let state: State = serde_json::from_slice(&bytes).map_err(|error| ModelError::Damaged {
                    path: file.clone(),
                    reason: error.to_string(),
                })?;
                if checkpoint(&self.path).exists() {
                    self.compare(&state.training, training)?;
                } else {
                    // Nothing is kept of what failed before its first checkpoint: it may be tried otherwise.
                    self.write_json(&file, &ours)?;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.write_json(&file, &ours)?;
            }
            Err(error) => return Err(FileError::new(file, "cannot read", error).into()),
        }
        Ok(Opened::Open)
    }

    fn compare(
        &self,
        theirs: &BTreeMap<String, String>,
        ours: &BTreeMap<String, String>,
    ) -> Result<(), ModelError> {
        let names: std::collections::BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
        let differences: Vec<String> = names
            .into_iter()
            .filter(|name| theirs.get(*name) != ours.get(*name))
            .map(|name| {
                let show = |map: &BTreeMap<String, String>| {
                    let text = map.get(name).map_or("absent", String::as_str);
                    // Hashes tell nothing by their length.
                    text.chars().take(40).collect::<String>()
                };
                format!("{name} is {} there and {} here", show(theirs), show(ours))
            })
            .collect();
        if differences.is_empty() {
            return Ok(());
        }
        Err(ModelError::Other {
            path: self.path.clone(),
            differences: differences.join("; "),
        })
    }

    /// Writes a file of the folder.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        atomic::write(&self.path.join(name), bytes, true)
    }

    /// Writes a file of the folder as JSON that people can read; gives its SHA-256.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn json<T: Serialize>(&self, name: &str, value: &T) -> Result<String, FileError> {
        self.write_json(&self.path.join(name), value)
    }

    fn write_json<T: Serialize>(&self, path: &Path, value: &T) -> Result<String, FileError> {
        let mut bytes = serde_json::to_vec_pretty(value)
            .map_err(|error| FileError::new(path, "cannot write", error.into()))?;
        bytes.push(b'\n');
        atomic::write(path, &bytes, true)?;
        Ok(sha256(&bytes))
    }

    /// Writes the mark, after all else, and removes what only an unfinished training needs.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn finish(&self, description: &Description) -> Result<(), FileError> {
        self.json(MARK, description)?;
        self.tidy()
    }

    /// Removes what only an unfinished training needs.
    fn tidy(&self) -> Result<(), FileError> {
        for path in [checkpoint(&self.path), layout::state(&self.path)] {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(FileError::new(path, "cannot remove", error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Removes what a killed run left half-written in a folder.
fn sweep(folder: &Path) -> Result<(), FileError> {
    let entries = fs::read_dir(folder).map_err(|error| FileError::new(folder, "cannot read", error))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if is_part(&name) {
            fs::remove_file(&path).map_err(|error| FileError::new(&path, "cannot remove", error))?;
        }
    }
    Ok(())
}
