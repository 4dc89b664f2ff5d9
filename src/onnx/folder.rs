//! A model's folder: its graphs in the precisions that it has, its tokenizer and its configuration.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::Value;

use super::hub::choose::is_data_of;
use crate::run::bounded;

/// In which numbers a graph computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floating point.
    #[default]
    Fp32,
    /// 16-bit floating point.
    Fp16,
    /// 8-bit integers, scaled while running.
    Int8,
    /// 4-bit weights.
    Q4,
}

impl Precision {
    /// The endings that hub repositories put before `.onnx`, the usual one first.
    #[must_use]
    pub fn suffixes(self) -> &'static [&'static str] {
        match self {
            Precision::Fp32 => &[""],
            Precision::Fp16 => &["_fp16"],
            Precision::Int8 => &["_quantized", "_int8", "_uint8"],
            Precision::Q4 => &["_q4"],
        }
    }

    /// Where a graph may lie in a folder or repository, best first: hub repositories keep graphs below `onnx/`,
    /// exports beside the configuration.
    #[must_use]
    pub fn places(self, stem: &str) -> Vec<String> {
        let names = self
            .suffixes()
            .iter()
            .map(|suffix| format!("{stem}{suffix}.onnx"));
        names.flat_map(|name| [format!("onnx/{name}"), name]).collect()
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Precision::Fp32 => "fp32",
            Precision::Fp16 => "fp16",
            Precision::Int8 => "int8",
            Precision::Q4 => "q4",
        })
    }
}

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Precision::Fp32, Precision::Fp16, Precision::Int8, Precision::Q4]
            .into_iter()
            .find(|precision| precision.to_string() == text)
            .ok_or_else(|| format!("found precision \"{text}\", expected fp32, fp16, int8 or q4"))
    }
}

/// What is wrong with a model's folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// A file that the model needs is not there.
    #[error("{}: has no {missing}{}", folder.display(), hint.as_ref().map_or(String::new(), |hint| format!("\nhint: {hint}")))]
    Missing {
        /// The folder.
        folder: PathBuf,
        /// The file or files that were looked for.
        missing: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A file can't be read or makes no sense.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// The largest configuration file that is read; real ones have a few kilobytes.
const CONFIG_LIMIT: u64 = 16 << 20;

/// A folder with a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFolder {
    path: PathBuf,
}

impl ModelFolder {
    /// A folder as it is; what is in it shows when it is asked for.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        ModelFolder { path: path.into() }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file that has to be there.
    ///
    /// # Errors
    /// [`FolderError::Missing`].
    pub fn file(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.path.join(name);
        if path.is_file() {
            return Ok(path);
        }
        Err(FolderError::Missing {
            folder: self.path.clone(),
            missing: name.to_owned(),
            hint: None,
        })
    }

    /// The graph of a stem (`model`, `encoder_model`, ...) in a precision.
    ///
    /// # Errors
    /// [`FolderError::Missing`], which names the precisions that are there.
    pub fn graph(&self, stem: &str, precision: Precision) -> Result<PathBuf, FolderError> {
        self.find_graph(stem, precision)
            .ok_or_else(|| self.no_graph(stem, precision))
    }

    /// The same, or `None`.
    #[must_use]
    pub fn find_graph(&self, stem: &str, precision: Precision) -> Option<PathBuf> {
        let mut places = precision
            .places(stem)
            .into_iter()
            .map(|place| self.path.join(place));
        places.find(|path| path.is_file())
    }

    /// The files that hold weights of a graph that did not fit into it (`model.onnx_data`, `model.onnx.data`), sorted.
    /// What can't be listed is for the runtime to judge when it loads the graph.
    #[must_use]
    pub fn weights_of(&self, graph: &Path) -> Vec<PathBuf> {
        let name = |path: &Path| {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let own = name(graph);
        let entries = graph.parent().and_then(|beside| std::fs::read_dir(beside).ok());
        let mut found: Vec<PathBuf> = entries
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_data_of(&name(path), &own) && path.is_file())
            .collect();
        found.sort();
        found
    }

    fn no_graph(&self, stem: &str, precision: Precision) -> FolderError {
        let others = [Precision::Fp32, Precision::Fp16, Precision::Int8, Precision::Q4]
            .into_iter()
            .filter(|&other| self.find_graph(stem, other).is_some())
            .map(|other| other.to_string())
            .collect::<Vec<_>>()
            .join(", ");
        let hint = if others.is_empty() {
            "a model's folder holds config.json, tokenizer.json and its graphs as .onnx, beside them or in onnx/"
                .to_owned()
        } else {
            format!("it is there in {others}")
        };
        FolderError::Missing {
            folder: self.path.clone(),
            missing: format!("{stem}.onnx in {precision}"),
            hint: Some(hint),
        }
    }

    /// A JSON file; an empty object if it is not there.
    ///
    /// # Errors
    /// [`FolderError::File`].
    pub fn json(&self, name: &str) -> Result<Value, FolderError> {
        let path = self.path.join(name);
        let fail = |reason: String| FolderError::File {
            path: path.clone(),
            reason,
        };
        let bytes = match bounded::read(&path, CONFIG_LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Value::Object(serde_json::Map::new()));
            }
            Err(error) => return Err(fail(error.to_string())),
        };
        serde_json::from_slice(&bytes).map_err(|error| fail(format!("is no JSON: {error}")))
    }

    /// A hash of files of the folder, by their names in it and their bytes: what a result that depends on them
    /// records. 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`FolderError::File`].
    pub fn hash(&self, files: &[PathBuf]) -> Result<String, FolderError> {
        let mut named: Vec<(String, &PathBuf)> = files
            .iter()
            .map(|file| {
                let name = file.strip_prefix(&self.path).unwrap_or(file);
                (name.to_string_lossy().into_owned(), file)
            })
            .collect();
        named.sort();
        named.dedup();
        let mut whole = blake3::Hasher::new();
        for (name, path) in named {
            let mut one = blake3::Hasher::new();
            std::fs::File::open(path)
                .and_then(|file| one.update_reader(file).map(|_| ()))
                .map_err(|error| FolderError::File {
                    path: path.clone(),
                    reason: error.to_string(),
                })?;
            whole.update(&(name.len() as u64).to_le_bytes());
            whole.update(name.as_bytes());
            whole.update(one.finalize().as_bytes());
        }
        Ok(whole.finalize().to_hex().to_string())
    }
}
