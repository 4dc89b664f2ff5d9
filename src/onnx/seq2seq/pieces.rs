//! Text between special tokens to ids and back: by the SentencePiece models and lists of numbers that transformers' own
//! tokenizers read, or by tokenizer.json where a folder has only that.

use std::path::PathBuf;

use super::numbers::Numbers;
use super::special::SpecialFiles;
use super::vocabulary::Kind;
use crate::onnx::folder::{FolderError, ModelFolder};
use crate::onnx::json_tokenizer::JsonTokenizer;
use crate::onnx::spm::SentencePiece;
use crate::onnx::tokens::TokenError;

/// A tokenizer of either kind.
#[derive(Debug)]
pub enum Pieces {
    Models(Box<Models>),
    Whole(Box<JsonTokenizer>),
}

/// SentencePiece models of both languages.
#[derive(Debug)]
pub struct Models {
    source: SentencePiece,
    target: SentencePiece,
    numbers: Numbers,
    /// Where the target has a list of its own.
    target_numbers: Option<Numbers>,
    unknown: u32,
}

impl Pieces {
    /// Reads a tokenizer, and gives the files that it is made of.
    pub fn open(
        folder: &ModelFolder,
        kind: Kind,
        special: &SpecialFiles,
    ) -> Result<(Self, Vec<PathBuf>), TokenError> {
        let mut names = match kind {
            Kind::Marian => vec!["source.spm", "target.spm", "vocab.json"],
            Kind::M2m100 => vec!["sentencepiece.bpe.model", "vocab.json"],
        };
        let there = |name: &&str| folder.path().join(name).is_file();
        if !names.iter().all(there) && there(&"tokenizer.json") {
            let path = folder.file("tokenizer.json")?;
            return Ok((Pieces::Whole(Box::new(JsonTokenizer::open(&path)?)), vec![path]));
        }
        let separate = kind == Kind::Marian && special.separate();
        if separate {
            names.insert(2, "target_vocab.json");
        }
        let files = names
            .iter()
            .map(|name| folder.file(name))
            .collect::<Result<Vec<_>, _>>()?;
        let numbers = Numbers::open(folder, "vocab.json")?;
        let unknown = special.named("unk_token", "<unk>");
        let unknown = numbers.id(&unknown).ok_or_else(|| FolderError::File {
            path: folder.path().join("vocab.json"),
            reason: format!("has no {unknown}, the unk_token"),
        })?;
        let target_numbers = separate
            .then(|| Numbers::open(folder, "target_vocab.json"))
            .transpose()?;
        let source = model(folder, names[0])?;
        let target = match kind {
            Kind::Marian => model(folder, names[1])?,
            Kind::M2m100 => source.clone(),
        };
        let models = Models {
            source,
            target,
            numbers,
            target_numbers,
            unknown,
        };
        Ok((Pieces::Models(Box::new(models)), files))
    }

    /// The id of a token by its name.
    pub fn id(&self, token: &str) -> Option<u32> {
        match self {
            Pieces::Models(models) => models.numbers.id(token),
            Pieces::Whole(tokenizer) => tokenizer.inner().token_to_id(token),
        }
    }

    /// All tokens of the source's list with their ids, in no order.
    pub fn tokens(&self) -> Vec<(String, u32)> {
        match self {
            Pieces::Models(models) => models
                .numbers
                .iter()
                .map(|(token, id)| (token.to_owned(), id))
                .collect(),
            Pieces::Whole(tokenizer) => tokenizer.inner().get_vocab(true).into_iter().collect(),
        }
    }

    /// How many tokens vocab.json has; `None` for a tokenizer.json, which lists what was added to it as well.
    pub fn size(&self) -> Option<usize> {
        match self {
            Pieces::Models(models) => Some(models.numbers.len()),
            Pieces::Whole(_) => None,
        }
    }

    /// The ids of a text, in which names of special tokens are text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenError> {
        match self {
            Pieces::Models(models) => {
                let pieces = models.source.pieces(text);
                let id = |piece: &String| models.numbers.id(piece).unwrap_or(models.unknown);
                Ok(pieces.iter().map(id).collect())
            }
            Pieces::Whole(tokenizer) => tokenizer.encode(text, false),
        }
    }

    /// The text of ids.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenError> {
        match self {
            Pieces::Models(models) => {
                let numbers = models.target_numbers.as_ref().unwrap_or(&models.numbers);
                let pieces: Vec<&str> = ids.iter().filter_map(|&id| numbers.piece(id)).collect();
                // Pieces that only the source's model knows keep their mark.
                Ok(models.target.join(&pieces).replace('\u{2581}', " "))
            }
            Pieces::Whole(tokenizer) => tokenizer.decode(ids),
        }
    }
}

fn model(folder: &ModelFolder, name: &str) -> Result<SentencePiece, FolderError> {
    let path = folder.file(name)?;
    SentencePiece::open(&path).map_err(|error| FolderError::File {
        path,
        reason: error.to_string(),
    })
}
