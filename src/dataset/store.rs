//! The directory of a dataset while a run works in it: whose it is, what is finished, what has to go.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::layout::{self, MANIFEST, REFUSED};
use super::mark::{FORMAT, MAX_BYTES, Mark, RunInfo};
use super::refused::{Refused, Stage};
use super::row::Row;
use super::sink::remove;
use crate::corpus::Split;
use crate::corpus::scan::read_text_file;
use crate::run::atomic::{self, FileError, is_part};
use crate::run::ledger::{Ledger, LineError, Lines};
use crate::run::lock::{Lock, LockError};

/// Why a directory can't be worked in.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It holds something else.
    #[error("{path} is not empty and not a dataset of augment (found {found}); nothing was written", path = path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Something in it.
        found: String,
    },
    /// It was written by a later version.
    #[error("{path} has format {format} of a newer augment; this one writes format {FORMAT}", path = path.display())]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// It holds a dataset of another kind or machine.
    #[error("{path}: {what} is {found:?} there and {ours:?} here", path = path.display())]
    Other {
        /// The directory.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// There.
        found: String,
        /// Here.
        ours: String,
    },
    /// It can't be locked.
    #[error("{path}: {source}", path = path.display())]
    Lock {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: LockError,
    },
    /// A file of it.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of it.
    #[error(transparent)]
    Line(#[from] LineError),
}

impl StoreError {
    /// Whether there is no room left on the disk.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            StoreError::File(error)
            | StoreError::Line(LineError::File(error))
            | StoreError::Lock {
                source: LockError::File(error),
                ..
            } => error.no_space(),
            _ => false,
        }
    }
}

/// What an unfinished run is about: kept until the mark stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    format: u32,
    kind: String,
    numerics: String,
    plan_hash: String,
    shard: Option<crate::run::shard::Shard>,
}

/// Where a finished row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the manifest of an earlier complete run, at this offset.
    Manifest(u64),
    /// In the ledger, at this offset.
    Ledger(u64),
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// A finished item.
    Made(Box<Row>),
    /// An item that can't be made.
    Refused(Refused),
    /// The item of this id is about to be made again: earlier rows no longer tell what its files hold.
    Again(String),
}

/// What the rows of a directory tell, older ones first.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A finished item.
    Row(Place, Box<Row>),
    /// Earlier rows of this id are void: a run began to make the item again.
    Again(String),
}

/// A locked directory.
pub struct Store {
    path: PathBuf,
    mark: Option<Mark>,
    plan_hash: Option<String>,
    _lock: Lock,
}

impl Store {
    /// Whether a directory could be worked in by a run of this kind, without touching it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn check(path: &Path, kind: &str) -> Result<Option<Mark>, StoreError> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::new(path, "cannot read", error).into()),
        };
        let mark = Mark::read(path);
        if let Ok(Some(mark)) = &mark {
            let other = |what, found: &str, ours: &str| {
                let (found, ours) = (found.to_owned(), ours.to_owned());
                Err(StoreError::Other {
                    path: path.to_owned(),
                    what,
                    found,
                    ours,
                })
            };
            if mark.info.format > FORMAT {
                return Err(StoreError::Newer {
                    path: path.to_owned(),
                    format: mark.info.format,
                });
            }
            if mark.info.kind != kind {
                return other("the kind of dataset", &mark.info.kind, kind);
            }
            return Ok(Some(mark.clone()));
        }
        // A mark that can't be read may be a newer one, or somebody else's run.json.
        let value = read_text_file(&path.join(layout::MARK), MAX_BYTES)
            .ok()
            .and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
        let value = value
            .or_else(|| serde_json::from_slice(&read_text_file(&layout::state(path), MAX_BYTES).ok()?).ok());
        let value = value.unwrap_or_default();
        let format = value.get("format").and_then(serde_json::Value::as_u64);
        if let Some(format) = format.filter(|&format| format > u64::from(FORMAT)) {
            return Err(StoreError::Newer {
                path: path.to_owned(),
                format: format as u32,
            });
        }
        // The folder of a model has a mark of another form, and so has an unfinished one its state.
        let found = value.get("kind").and_then(serde_json::Value::as_str);
        if let Some(found) = found.filter(|found| format.is_some() && *found != kind) {
            return Err(StoreError::Other {
                path: path.to_owned(),
                what: "the kind of dataset",
                found: found.to_owned(),
                ours: kind.to_owned(),
            });
        }
        let names: BTreeSet<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        let ours = names.iter().any(|name| layout::is_own(name));
        match names.first() {
            Some(found) if !ours => Err(StoreError::Foreign {
                path: path.to_owned(),
                found: found.clone(),
            }),
            _ => Ok(None),
        }
    }

    /// Locks the directory, making it if need be, and sweeps what a killed run left half-written.
    ///
    /// # Errors
    /// [`StoreError`]; nothing is written unless the directory is new, empty or ours.
    pub fn open(path: &Path, info: &RunInfo, allow_mixed: bool) -> Result<Self, StoreError> {
        Self::check(path, &info.kind)?;
        let lock = Lock::acquire(&layout::lock(path)).map_err(|source| StoreError::Lock {
            path: path.to_owned(),
            source,
        })?;
        // Asked again under the lock: another run may have finished in between.
        let mark = Self::check(path, &info.kind)?;
        let state = read_state(path)?;
        let other = |what, found: &str, ours: &str| {
            let (found, ours) = (found.to_owned(), ours.to_owned());
            Err(StoreError::Other {
                path: path.to_owned(),
                what,
                found,
                ours,
            })
        };
        if let Some(state) = &state {
            if state.format > FORMAT {
                return Err(StoreError::Newer {
                    path: path.to_owned(),
                    format: state.format,
                });
            }
            if state.kind != info.kind {
                return other("the kind of dataset", &state.kind, &info.kind);
            }
        }
        let numerics = state
            .as_ref()
            .map(|s| &s.numerics)
            .or(mark.as_ref().map(|m| &m.info.numerics));
        if let Some(numerics) = numerics.filter(|numerics| **numerics != info.numerics && !allow_mixed) {
            return other("the numerics class", numerics, &info.numerics);
        }
        let shard = state
            .as_ref()
            .map(|s| s.shard)
            .or(mark.as_ref().map(|m| m.info.shard));
        if let Some(shard) = shard.filter(|shard| *shard != info.shard) {
            let name = |shard: Option<crate::run::shard::Shard>| match shard {
                Some(shard) => format!("{}/{}", shard.index, shard.count),
                None => "the whole".to_owned(),
            };
            return other("the shard", &name(shard), &name(info.shard));
        }
        let plan_hash = state
            .map(|s| s.plan_hash)
            .or(mark.as_ref().map(|m| m.info.plan_hash.clone()));
        let store = Store {
            path: path.to_owned(),
            mark,
            plan_hash,
            _lock: lock,
        };
        store.sweep()?;
        Ok(store)
    }

    /// The mark of an earlier complete run.
    #[must_use]
    pub fn mark(&self) -> Option<&Mark> {
        self.mark.as_ref()
    }

    /// The plan that the directory was last worked on for.
    #[must_use]
    pub fn plan_hash(&self) -> Option<&str> {
        self.plan_hash.as_deref()
    }

    /// Goes through all finished rows, older ones first; what comes later of the same id replaces what was before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn rows(&self, mut see: impl FnMut(Found)) -> Result<(), StoreError> {
        if let Some(mut lines) = Lines::open(&self.path.join(MANIFEST))? {
            while let Some((offset, row)) = lines.read::<Row>()? {
                see(Found::Row(Place::Manifest(offset), Box::new(row)));
            }
        }
        if let Some(mut lines) = Lines::open(&layout::ledger(&self.path))? {
            while let Some((offset, entry)) = lines.read::<Entry>()? {
                match entry {
                    Entry::Made(row) => see(Found::Row(Place::Ledger(offset), row)),
                    Entry::Again(id) => see(Found::Again(id)),
                    Entry::Refused(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Items that were refused while they were made, of this and earlier runs.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn refusals(&self) -> Result<Vec<Refused>, StoreError> {
        let mut all = Vec::new();
        if let Some(mut lines) = Lines::open(&self.path.join(REFUSED))? {
            while let Some((_, row)) = lines.read::<Refused>()? {
                all.push(row);
            }
        }
        if let Some(mut lines) = Lines::open(&layout::ledger(&self.path))? {
            while let Some((_, entry)) = lines.read::<Entry>()? {
                if let Entry::Refused(row) = entry {
                    all.push(row);
                }
            }
        }
        all.retain(|row| row.stage == Stage::Item);
        // A run that was killed while it closed the dataset has them in both.
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Begins to work: the mark goes, the state says what for, the ledger is open.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn begin(&mut self, info: &RunInfo) -> Result<Ledger, StoreError> {
        let state = State {
            format: FORMAT,
            kind: info.kind.clone(),
            numerics: info.numerics.clone(),
            plan_hash: info.plan_hash.clone(),
            shard: info.shard,
        };
        let path = layout::state(&self.path);
        let bytes =
            serde_json::to_vec(&state).map_err(|e| FileError::new(&path, "cannot write", e.into()))?;
        atomic::write(&path, &bytes, true)?;
        remove(&self.path.join(layout::MARK))?;
        Ok(Ledger::open(&layout::ledger(&self.path), &self.path)?)
    }

    /// Ends the work after the mark stands: the ledger's rows are in the manifest now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn end(&self) -> Result<(), StoreError> {
        remove(&layout::ledger(&self.path))?;
        remove(&layout::state(&self.path))?;
        Ok(())
    }

    /// Removes what a killed run left half-written.
    fn sweep(&self) -> Result<(), StoreError> {
        let mut folders = vec![self.path.clone(), self.path.join(".augment")];
        for split in Split::ALL {
            let folder = self.path.join(split.name());
            if let Ok(entries) = fs::read_dir(&folder) {
                let below = entries
                    .flatten()
                    .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
                folders.extend(below.map(|e| e.path()));
                folders.push(folder);
            }
        }
        for folder in folders {
            let Ok(entries) = fs::read_dir(&folder) else {
                continue;
            };
            for entry in entries
                .flatten()
                .filter(|entry| is_part(&entry.file_name().to_string_lossy()))
            {
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn read_state(path: &Path) -> Result<Option<State>, StoreError> {
    let path = layout::state(path);
    match read_text_file(&path, MAX_BYTES) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| {
            LineError::Line {
                path,
                line: error.line() as u64,
                reason: error.to_string(),
            }
            .into()
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::new(path, "cannot read", error).into()),
    }
}
