//! Special tokens of a translator as its tokenizer's files name them.

use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::onnx::folder::{FolderError, ModelFolder};
use crate::run::bounded;

/// Their names.
const NAMES: [&str; 3] = [
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
];

/// The files about special tokens.
#[derive(Debug)]
pub struct SpecialFiles {
    /// tokenizer_config.json.
    config: Value,
    map: Value,
    added: Value,
}

impl SpecialFiles {
    pub fn open(folder: &ModelFolder) -> Result<Self, FolderError> {
        let [config, map, added] = NAMES.map(|name| folder.json(name));
        Ok(SpecialFiles {
            config: config?,
            map: map?,
            added: added?,
        })
    }

    /// Those that there are.
    pub fn files(&self, folder: &ModelFolder) -> Vec<PathBuf> {
        let paths = NAMES.map(|name| folder.path().join(name));
        paths.into_iter().filter(|path| path.is_file()).collect()
    }

    /// A setting of the tokenizer that is a word.
    pub fn word(&self, name: &str) -> Option<&str> {
        self.config[name].as_str()
    }

    /// Whether source and target have lists of numbers of their own.
    pub fn separate(&self) -> bool {
        self.config["separate_vocabs"].as_bool() == Some(true)
    }

    /// Whether blanks before punctuation are taken away.
    pub fn tidy(&self) -> bool {
        self.config["clean_up_tokenization_spaces"].as_bool() == Some(true)
    }

    /// The text of the token of a role (`eos_token`, ...), or what it usually is.
    pub fn named(&self, role: &str, usual: &str) -> String {
        let found = [&self.config[role], &self.map[role]].into_iter().find_map(text);
        found.unwrap_or(usual).to_owned()
    }

    /// Further special tokens, in their order.
    pub fn additional(&self) -> Vec<&str> {
        let lists = [&self.config, &self.map].map(|file| &file["additional_special_tokens"]);
        let list = lists
            .into_iter()
            .find_map(|list| list.as_array().filter(|list| !list.is_empty()));
        list.into_iter().flatten().filter_map(text).collect()
    }

    /// Tokens that were added to the vocabulary, with their numbers.
    pub fn added(&self, folder: &ModelFolder) -> Result<Vec<(String, u32)>, FolderError> {
        let decoder = self.config["added_tokens_decoder"].as_object();
        let decoder = decoder
            .into_iter()
            .flatten()
            .filter_map(|(id, token)| Some((text(token)?.to_owned(), id.parse().ok()?)));
        let listed = self.added.as_object();
        let listed = listed
            .into_iter()
            .flatten()
            .filter_map(|(token, id)| Some((token.clone(), u32::try_from(id.as_u64()?).ok()?)));
        let mut all: Vec<(String, u32)> = decoder.chain(listed).collect();
        if !all.iter().any(|(token, _)| token.starts_with("__")) {
            all.extend(
                whole(folder)?
                    .added_tokens
                    .into_iter()
                    .map(|token| (token.content, token.id)),
            );
        }
        Ok(all)
    }
}

/// The part of tokenizer.json that is asked; the rest is skipped.
#[derive(Debug, Default, Deserialize)]
struct Whole {
    #[serde(default)]
    added_tokens: Vec<Added>,
}

#[derive(Debug, Deserialize)]
struct Added {
    id: u32,
    content: String,
}

/// The largest tokenizer.json that is read; that of M2M100, with 128,000 pieces, has some 10 MB.
const SIZE_LIMIT: u64 = 128 << 20;

fn whole(folder: &ModelFolder) -> Result<Whole, FolderError> {
    let path = folder.path().join("tokenizer.json");
    let bytes = match bounded::read(&path, SIZE_LIMIT) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Whole::default()),
        Err(error) => {
            return Err(FolderError::File {
                path,
                reason: error.to_string(),
            });
        }
    };
    serde_json::from_slice(&bytes).map_err(|error| FolderError::File {
        path,
        reason: format!("is no tokenizer: {error}"),
    })
}

/// A token is written as its text or as an object with it.
fn text(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value["content"].as_str())
}
