//! Reading the folder of a trained model.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{FORMAT, GRAPH, KIND, LABELS, MARK, PREPARATION, TRAINED_ON};
use crate::audio::preparation::Preparation;
use crate::corpus::scan::read_text_file;
use crate::dataset::row::sha256;
use crate::dataset::store::StoreError;
use crate::job::train::{EncoderPlace, Source, TokensPlace};
use crate::onnx::engine::Engine;
use crate::onnx::graph::network::Network as _;
use crate::onnx::session::SessionError;
use crate::run::atomic::FileError;
use crate::run::bounded;
use crate::run::ledger::{LineError, Lines};
use crate::train::networks::Architecture;
use crate::train::predict::Predictor;

/// Why a model's folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It holds no finished model.
    #[error("{} holds no trained model: {reason}\nhint: `augment train RECIPE` makes one, in out/<name of the recipe> unless --out says otherwise", path.display())]
    None {
        /// The folder.
        path: PathBuf,
        /// What is missing.
        reason: String,
    },
    /// A file of it is not what it should be.
    #[error("{}: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It holds another training.
    #[error("{} holds another training: {differences}\nhint: train into another folder with --out, or remove this one", path.display())]
    Other {
        /// The folder.
        path: PathBuf,
        /// What differs.
        differences: String,
    },
    /// Its network does not load.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The folder can't be worked in.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line.
    #[error(transparent)]
    Line(#[from] LineError),
}

/// The completion mark, `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Format of the folder.
    pub format: u32,
    /// Always `model`.
    pub kind: String,
    /// Version of the program.
    pub version: String,
    /// File name of the recipe.
    pub recipe: String,
    /// The network with all its sizes.
    pub network: Architecture,
    /// Numbers that were trained.
    pub parameters: usize,
    /// The seed.
    pub seed: u64,
    /// Steps that were made.
    pub steps: u64,
    /// Epochs that were measured.
    pub epochs: u64,
    /// The epoch whose parameters these are; 0 where none was measured.
    pub epoch: u64,
    /// What decides the weights bit for bit, by name.
    pub training: BTreeMap<String, String>,
    /// SHA-256 of the files that belong to one another, by name: a network tells classes apart by their places alone.
    pub files: BTreeMap<String, String>,
}

/// How a model's inputs are prepared, `preparation.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputPreparation {
    /// From a recording to its image; none for a network that takes no images.
    #[serde(default)]
    pub image: Option<Preparation>,
    /// The encoder of texts; none for a network that reads none.
    #[serde(default)]
    pub text: Option<EncoderPlace>,
    /// The tokenizer, for a network with its encoder within; none for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokensPlace>,
}

/// The folder of a trained model.
#[derive(Debug, Clone)]
pub struct ModelDir {
    /// Where it is.
    pub path: PathBuf,
    /// What was trained.
    pub description: Description,
    /// Its classes, in the order of its logits.
    pub labels: Vec<String>,
    /// How its inputs are prepared.
    pub preparation: InputPreparation,
}

/// What a model was trained on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrainedOn {
    sources: BTreeSet<String>,
    groups: BTreeSet<String>,
}

impl TrainedOn {
    /// Whether a row's source is among it, or another row of its group, such as its speaker.
    #[must_use]
    pub fn knows(&self, row: &Source) -> bool {
        self.sources.contains(&row.source_id) || self.groups.contains(&row.group)
    }
}

/// Longest files that are read, in bytes.
const MAX_JSON: u64 = 16 << 20;
const MAX_GRAPH: u64 = 2 << 30;

impl ModelDir {
    /// Reads what a folder says of its model.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let description = mark(path)?;
        let labels: Vec<String> = json(&path.join(LABELS), description.files.get(LABELS))?;
        let preparation: InputPreparation = json(&path.join(PREPARATION), None)?;
        let wrong = |file: &str, reason: String| {
            Err(ModelError::Damaged {
                path: path.join(file),
                reason,
            })
        };
        let network = &description.network;
        if labels.len() != network.classes() {
            return wrong(
                LABELS,
                format!(
                    "found {} labels, and the network tells {} classes apart",
                    labels.len(),
                    network.classes()
                ),
            );
        }
        if let Some(image) = &preparation.image
            && let Err(error) = image.check()
        {
            return wrong(PREPARATION, error.to_string());
        }
        let size = preparation
            .image
            .as_ref()
            .map(|image| (image.image.height as usize, image.image.width as usize));
        let text = preparation.text.as_ref().map(|text| text.size);
        let tokens = preparation.tokens.as_ref().map(|tokens| tokens.width);
        if size != network.picture()
            || text != network.text()
            || tokens != network.reader().map(|reader| reader.tokens)
        {
            let inputs: Vec<String> = network
                .inputs()
                .iter()
                .map(|port| format!("{} {:?}", port.name, port.dims))
                .collect();
            return wrong(
                PREPARATION,
                format!("it does not give what the network takes: {}", inputs.join(", ")),
            );
        }
        Ok(ModelDir {
            path: path.to_owned(),
            description,
            labels,
            preparation,
        })
    }

    /// The bytes of the network's file.
    ///
    /// # Errors
    /// [`ModelError::File`]; [`ModelError::Damaged`] if it is not the one that was written.
    pub fn graph(&self) -> Result<Vec<u8>, ModelError> {
        let path = self.path.join(GRAPH);
        let bytes =
            bounded::read(&path, MAX_GRAPH).map_err(|error| FileError::new(&path, "cannot read", error))?;
        belongs(&path, &bytes, self.description.files.get(GRAPH))?;
        Ok(bytes)
    }

    /// The network, loaded.
    ///
    /// # Errors
    /// As [`ModelDir::graph`]; [`ModelError::Session`] when it does not load or is not what `run.json` describes.
    pub fn predictor(&self, engine: &Engine) -> Result<Predictor, ModelError> {
        let file = self.path.join(GRAPH).display().to_string();
        let inputs = self.description.network.inputs();
        Ok(Predictor::new(
            engine,
            &file,
            &self.graph()?,
            &inputs,
            self.labels.len(),
        )?)
    }

    /// What it was trained on.
    ///
    /// # Errors
    /// [`ModelError::Line`] and [`ModelError::File`].
    pub fn trained_on(&self) -> Result<TrainedOn, ModelError> {
        let mut known = TrainedOn::default();
        let Some(mut lines) = Lines::open(&self.path.join(TRAINED_ON))? else {
            return Ok(known);
        };
        while let Some((_, source)) = lines.read::<Source>()? {
            known.sources.insert(source.source_id);
            known.groups.insert(source.group);
        }
        Ok(known)
    }
}

/// The completion mark of a folder.
pub(super) fn mark(path: &Path) -> Result<Description, ModelError> {
    let none = |reason: String| ModelError::None {
        path: path.to_owned(),
        reason,
    };
    let file = path.join(MARK);
    let bytes = match read_text_file(&file, MAX_JSON) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(none(format!("there is no {MARK}")));
        }
        Err(error) => return Err(FileError::new(file, "cannot read", error).into()),
    };
    let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| ModelError::Damaged {
        path: file.clone(),
        reason: error.to_string(),
    })?;
    match value.get("kind").and_then(serde_json::Value::as_str) {
        Some(KIND) => {}
        Some(kind) => return Err(none(format!("its {MARK} is of a dataset of kind {kind:?}"))),
        None => return Err(none(format!("its {MARK} was not written by augment"))),
    }
    let format = value
        .get("format")
        .and_then(serde_json::Value::as_u64)
        .unwrap_or(0);
    if format > u64::from(FORMAT) {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            format: u32::try_from(format).unwrap_or(u32::MAX),
        }
        .into());
    }
    serde_json::from_value(value).map_err(|error| ModelError::Damaged {
        path: file,
        reason: error.to_string(),
    })
}

/// Whether a file is the one whose hash the mark has.
fn belongs(path: &Path, bytes: &[u8], hash: Option<&String>) -> Result<(), ModelError> {
    match hash {
        Some(hash) if sha256(bytes) != *hash => Err(ModelError::Damaged {
            path: path.to_owned(),
            reason: format!("it is not the file that was written with the model, by its hash in {MARK}"),
        }),
        _ => Ok(()),
    }
}

fn json<T: DeserializeOwned>(path: &Path, hash: Option<&String>) -> Result<T, ModelError> {
    let bytes = read_text_file(path, MAX_JSON).map_err(|error| FileError::new(path, "cannot read", error))?;
    belongs(path, &bytes, hash)?;
    serde_json::from_slice(&bytes).map_err(|error| ModelError::Damaged {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}
