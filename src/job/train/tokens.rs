//! Texts as rows of tokens, for a network that has its encoder within.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::TrainJobError;
use crate::job::model::{ModelDir, PREPARATION, TOKENIZER};
use crate::onnx::folder::ModelFolder;
use crate::onnx::tokens::Tokens;
use crate::run::atomic::{self, FileError};
use crate::run::bounded;
use crate::train::networks::{IDS, MASK};
use crate::train::rows::Place;

/// How a model's texts become tokens: part of its folder, which has the tokenizer's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensPlace {
    /// Hash of the tokenizer's files.
    pub hash: String,
    /// Tokens of a row; longer texts are cut, shorter ones filled up.
    pub width: usize,
}

/// The files that decide what becomes of a text, as far as a folder has them.
const FILES: [&str; 5] = [
    "tokenizer.json",
    "config.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "sentence_bert_config.json",
];
/// The longest of them that is read, in bytes.
const LONGEST: u64 = 64 << 20;

impl TokensPlace {
    /// What a folder's tokenizer gives for rows of so many tokens.
    ///
    /// # Errors
    /// [`TrainJobError::Encoder`].
    pub fn of(folder: &ModelFolder, width: usize) -> Result<Self, TrainJobError> {
        let there = FILES.iter().map(|name| folder.path().join(name));
        let files: Vec<_> = there.filter(|path| path.is_file()).collect();
        let hash = folder
            .hash(&files)
            .map_err(crate::onnx::error::ModelError::from)?;
        Ok(TokensPlace { hash, width })
    }

    /// The tokenizer of a trained model, which has to be the one that it was trained with.
    ///
    /// # Errors
    /// [`TrainJobError::Dataset`] if it is another one, [`TrainJobError::Encoder`].
    pub fn open(&self, model: &ModelDir) -> Result<Tokens, TrainJobError> {
        let folder = ModelFolder::new(model.path.join(TOKENIZER));
        if Self::of(&folder, self.width)? != *self {
            let reason = format!(
                "the files in {TOKENIZER} are not those that {PREPARATION} was written for\nhint: give them back as they were, or train the model again"
            );
            return Err(TrainJobError::dataset(&model.path, reason));
        }
        Ok(Tokens::open(&folder).map_err(crate::onnx::error::ModelError::from)?)
    }
}

/// Copies a tokenizer's files into the folder of a model.
pub(super) fn copy(from: &ModelFolder, model: &Path) -> Result<(), FileError> {
    let to = model.join(TOKENIZER);
    fs::create_dir_all(&to).map_err(|error| FileError::new(&to, "cannot make", error))?;
    for name in FILES {
        let path = from.path().join(name);
        if path.is_file() {
            let bytes =
                bounded::read(&path, LONGEST).map_err(|error| FileError::new(&path, "cannot read", error))?;
            atomic::write(&to.join(name), &bytes, true)?;
        }
    }
    Ok(())
}

/// Texts as rows of tokens.
#[derive(Debug)]
pub struct TokenTable {
    rows: Vec<Vec<u32>>,
    pad: u32,
    /// The network's inputs.
    inputs: Vec<String>,
}

impl TokenTable {
    /// The rows of texts, of at most so many tokens; `inputs` are those of the network.
    ///
    /// # Errors
    /// In words, for a text that has no tokens in this model.
    pub fn new(
        tokens: &Tokens,
        texts: &[&str],
        most: usize,
        inputs: Vec<String>,
    ) -> Result<Self, TrainJobError> {
        let rows = texts.iter().map(|text| tokens.encode_beginning(text, most));
        let rows: Result<Vec<Vec<u32>>, _> = rows.collect();
        Ok(TokenTable {
            rows: rows.map_err(crate::onnx::error::ModelError::from)?,
            pad: tokens.pad(),
            inputs,
        })
    }

    /// Tokens of the longest of some texts, of which at most so many are counted.
    ///
    /// # Errors
    /// In words, for a text that has no tokens in this model.
    pub fn longest(tokens: &Tokens, texts: &[&str], most: usize) -> Result<usize, TrainJobError> {
        let mut longest = 1;
        for text in texts {
            let row = tokens.encode_beginning(text, most);
            longest = longest.max(row.map_err(crate::onnx::error::ModelError::from)?.len());
        }
        Ok(longest)
    }

    /// Writes a row for each of the inputs, in their order.
    pub(crate) fn fill(&self, row: usize, places: &mut [Place<'_>]) {
        let ids = self.rows.get(row).map_or(&[][..], Vec::as_slice);
        for (name, place) in self.inputs.iter().zip(places) {
            let Place::I64(into) = place else {
                continue;
            };
            let (token, pad) = match name.as_str() {
                IDS => (None, i64::from(self.pad)),
                MASK => (Some(1), 0),
                _ => (Some(0), 0),
            };
            for (at, number) in into.iter_mut().enumerate() {
                *number = match (ids.get(at), token) {
                    (Some(&id), None) => i64::from(id),
                    (Some(_), Some(token)) => token,
                    (None, _) => pad,
                };
            }
        }
    }
}
