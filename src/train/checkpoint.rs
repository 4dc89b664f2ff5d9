//! Checkpoints: all that a training needs to go on as if nothing had been, in one file that other programs can open, too.
//!
//! The file is in the safetensors format: `now/NAME` for parameters, running statistics and moments, `best/NAME` for the best
//! epoch's parameters, and one entry of metadata with everything else and a hash over all of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};

use super::fit::Progress;
use crate::onnx::graph::tensor::Tensor;
use crate::onnx::graph::train::State;
use crate::run::atomic::{self, FileError};
use crate::run::bounded;

/// The file's format.
const FORMAT: u32 = 1;
/// The longest file that is read, in bytes: four times the largest model that can be written.
const MAX_BYTES: u64 = 8 << 30;
/// The entry of metadata.
const ENTRY: &str = "augment";

/// Where a training stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// What the training is of, by name: a checkpoint goes on only where all of it is the same.
    pub training: BTreeMap<String, String>,
    /// Steps, measures, and what else the loop counts.
    pub progress: Progress,
    /// Parameters, running statistics and moments.
    pub state: State,
    /// The parameters of the best epoch so far, where they are kept.
    pub best: Option<State>,
}

/// Why a checkpoint can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not what was written.
    #[error("{}: the checkpoint is damaged: {reason}\nhint: remove it to train from the beginning", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Entry {
    format: u32,
    training: BTreeMap<String, String>,
    progress: Progress,
    has_best: bool,
    /// Over the tensors; the entry's own text is hashed with them.
    hash: String,
}

/// A tensor as the format wants it.
struct Stored<'a>(&'a Tensor);

impl View for Stored<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        self.0.dims()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.0.bytes())
    }

    fn data_len(&self) -> usize {
        self.0.bytes().len()
    }
}

impl Checkpoint {
    /// Writes it; what stood there before stays until the new one is whole.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn write(&self, path: &Path) -> Result<(), FileError> {
        let fail = |reason: String| FileError::new(path, "cannot write", io::Error::other(reason));
        let tensors = named(&self.state, self.best.as_ref());
        let mut entry = Entry {
            format: FORMAT,
            training: self.training.clone(),
            progress: self.progress.clone(),
            has_best: self.best.is_some(),
            hash: String::new(),
        };
        entry.hash = hash(&entry, &tensors).map_err(|error| fail(error.to_string()))?;
        let text = serde_json::to_string(&entry).map_err(|error| fail(error.to_string()))?;
        let metadata = HashMap::from([(ENTRY.to_owned(), text)]);
        let views = tensors.iter().map(|(name, tensor)| (name, Stored(tensor)));
        let bytes = safetensors::serialize(views, Some(metadata)).map_err(|error| fail(error.to_string()))?;
        atomic::write(path, &bytes, true)
    }

    /// Reads one; `None` where there is none.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn read(path: &Path) -> Result<Option<Self>, CheckpointError> {
        let bytes = match bounded::read(path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::new(path, "cannot read", error).into()),
        };
        let damaged = |reason: String| CheckpointError::Damaged {
            path: path.to_owned(),
            reason,
        };
        parse(&bytes).map(Some).map_err(damaged)
    }
}

fn parse(bytes: &[u8]) -> Result<Checkpoint, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
    let text = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get(ENTRY))
        .ok_or("it was not written by augment")?;
    let mut entry: Entry = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if entry.format != FORMAT {
        return Err(format!("found format {}, expected {FORMAT}", entry.format));
    }
    let (mut state, mut best) = (State::new(), State::new());
    let file = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
    for (name, view) in file.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(format!("{name} is of type {:?}, expected F32", view.dtype()));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            .collect();
        let tensor = Tensor::f32(view.shape(), &values).map_err(|error| error.to_string())?;
        match name.split_once('/') {
            Some(("now", name)) => state.insert(name.to_owned(), tensor),
            Some(("best", name)) => best.insert(name.to_owned(), tensor),
            _ => return Err(format!("found an unknown tensor {name}")),
        };
    }
    let best = entry.has_best.then_some(best);
    let told = std::mem::take(&mut entry.hash);
    let found = hash(&entry, &named(&state, best.as_ref())).map_err(|error| error.to_string())?;
    if found != told {
        return Err("its content is not what its hash says".to_owned());
    }
    Ok(Checkpoint {
        training: entry.training,
        progress: entry.progress,
        state,
        best,
    })
}

/// All tensors by the names that they have in the file.
fn named<'a>(state: &'a State, best: Option<&'a State>) -> BTreeMap<String, &'a Tensor> {
    let now = state.iter().map(|(name, tensor)| (format!("now/{name}"), tensor));
    let best = best.into_iter().flatten();
    now.chain(best.map(|(name, tensor)| (format!("best/{name}"), tensor)))
        .collect()
}

/// A hash of the entry, its own hash left empty, and of all tensors.
fn hash(entry: &Entry, tensors: &BTreeMap<String, &Tensor>) -> Result<String, serde_json::Error> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&serde_json::to_vec(entry)?);
    for (name, tensor) in tensors {
        hasher.update(&(name.len() as u64).to_le_bytes());
        hasher.update(name.as_bytes());
        for &size in tensor.dims() {
            hasher.update(&(size as u64).to_le_bytes());
        }
        hasher.update(tensor.bytes());
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn checkpoint() -> Checkpoint {
        let tensor = |values: &[f32]| Tensor::f32(&[values.len()], values).unwrap();
        Checkpoint {
            training: BTreeMap::from([("data".to_owned(), "x".to_owned())]),
            progress: Progress {
                steps: 7,
                ..Progress::new(2)
            },
            state: State::from([
                ("a".to_owned(), tensor(&[1.0, f32::MIN_POSITIVE / 2.0])),
                ("adam.m/a".to_owned(), tensor(&[0.1, -0.0])),
                ("scaler/scale".to_owned(), Tensor::f32(&[], &[65_536.0]).unwrap()),
            ]),
            best: Some(State::from([("a".to_owned(), tensor(&[3.0, 4.0]))])),
        }
    }

    #[test]
    fn what_was_written_comes_back_bit_for_bit() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.safetensors");
        assert!(Checkpoint::read(&path).unwrap().is_none());
        let mut first = checkpoint();
        // Sums that have no short decimal form.
        first.progress.tally.loss = 0.1 + 0.2;
        first.write(&path).unwrap();
        let second = Checkpoint::read(&path).unwrap().unwrap();
        assert_eq!(first, second);
        assert_eq!(
            first.progress.tally.loss.to_bits(),
            second.progress.tally.loss.to_bits()
        );
    }

    #[test]
    fn no_damage_goes_unseen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("c.safetensors");
        checkpoint().write(&path).unwrap();
        let sound = fs::read(&path).unwrap();
        let mut unseen = 0;
        for at in 0..sound.len() {
            let mut bytes = sound.clone();
            bytes[at] ^= 0x10;
            if parse(&bytes).is_ok_and(|read| read != checkpoint()) {
                unseen += 1;
            }
            assert!(parse(&sound[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(unseen, 0);
    }
}
