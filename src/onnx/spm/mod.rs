//! SentencePiece models (`.spm`, `.model`) without the library: a text into pieces and pieces into a text, equal to
//! sentencepiece 0.2 for unigram and byte-pair models.
//!
//! Pieces come out as strings, not as numbers: translators keep their own list of numbers (`vocab.json`), and a
//! stretch that the model does not know can still be in it.

mod bpe;
mod charsmap;
mod join;
mod model;
mod normalize;
mod pieces;
mod proto;
mod unigram;

use std::path::Path;

use prost::Message;

use self::charsmap::CharsMap;
use self::model::{Method, Model};
use self::normalize::Normalizer;
use self::proto::ModelFile;
use crate::run::bounded;

/// What is wrong with a model file.
#[derive(Debug, thiserror::Error)]
pub enum SpmError {
    /// The file can't be read, or is far larger than any model.
    #[error("cannot be read: {0}")]
    Read(#[from] std::io::Error),
    /// The file is something else.
    #[error("is no SentencePiece model: {0}")]
    Decode(#[from] prost::DecodeError),
    /// The model holds no pieces.
    #[error("is no SentencePiece model: it has no pieces")]
    Empty,
    /// The map of characters is broken.
    #[error("is a broken SentencePiece model: its map of characters makes no sense")]
    CharsMap,
    /// A piece of a kind that is not known.
    #[error("is a broken SentencePiece model: found a piece of kind {0}, expected 1 to 6")]
    Kind(i32),
    /// A piece without a usable score.
    #[error("is a broken SentencePiece model: the score of \"{0}\" is no finite number")]
    Score(String),
    /// A model that cuts by words or characters.
    #[error("found a SentencePiece model of type {0}, expected 1 (unigram) or 2 (byte pairs)")]
    Method(i32),
    /// A model that changes its output in a way of its own.
    #[error("found a SentencePiece model with rules for its output, which are not supported")]
    Denormalizer,
}

/// The largest file that is read; models of 256,000 pieces have some 5 MB.
const SIZE_LIMIT: u64 = 16 << 20;

/// A SentencePiece model.
#[derive(Debug, Clone)]
pub struct SentencePiece {
    model: Model,
    method: Method,
    normalizer: Normalizer,
    byte_fallback: bool,
    unknown_surface: String,
}

impl SentencePiece {
    /// Reads a model file.
    ///
    /// # Errors
    /// [`SpmError`], which does not name the file.
    pub fn open(path: &Path) -> Result<Self, SpmError> {
        Self::parse(&bounded::read(path, SIZE_LIMIT)?)
    }

    /// From the bytes of a model file.
    ///
    /// # Errors
    /// [`SpmError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, SpmError> {
        let file = ModelFile::decode(bytes)?;
        if file.pieces.is_empty() {
            return Err(SpmError::Empty);
        }
        let map = |rules: Option<&proto::Rules>| {
            rules
                .and_then(|rules| rules.precompiled_charsmap.clone())
                .unwrap_or_default()
        };
        if !map(file.denormalizer.as_ref()).is_empty() {
            return Err(SpmError::Denormalizer);
        }
        let rules = file.normalizer.clone().unwrap_or_default();
        let trainer = file.trainer.clone().unwrap_or_default();
        Ok(SentencePiece {
            model: Model::of(&file)?,
            method: Method::of(&file)?,
            normalizer: Normalizer {
                map: CharsMap::parse(&map(Some(&rules)))?,
                add_dummy_prefix: rules.add_dummy_prefix.unwrap_or(true),
                remove_extra_spaces: rules.remove_extra_whitespaces.unwrap_or(true),
                escape_spaces: rules.escape_whitespaces.unwrap_or(true),
                space_as_suffix: trainer.treat_whitespace_as_suffix.unwrap_or(false),
            },
            byte_fallback: trainer.byte_fallback.unwrap_or(false),
            unknown_surface: trainer.unk_surface.unwrap_or_else(|| " \u{2047} ".to_owned()),
        })
    }

    /// The pieces of a text, with `▁` for spaces. What the model does not know comes out as it is, neighbours
    /// together, or as pieces of single bytes (`<0xE2>`) where the model has them.
    #[must_use]
    pub fn pieces(&self, text: &str) -> Vec<String> {
        let normalized = self.normalizer.apply(text, &self.model.user_defined);
        let cut = match self.method {
            Method::Unigram => unigram::cut(&self.model, &normalized),
            Method::Bpe => bpe::cut(&self.model, &normalized),
        };
        let mut pieces: Vec<String> = Vec::with_capacity(cut.len());
        let mut after_unknown = false;
        for (piece, number) in cut {
            let unknown = number.is_none();
            match pieces.last_mut() {
                _ if unknown && self.byte_fallback => {
                    pieces.extend(piece.bytes().map(|byte| format!("<0x{byte:02X}>")));
                }
                Some(last) if unknown && after_unknown => last.push_str(piece),
                _ => pieces.push(piece.to_owned()),
            }
            after_unknown = unknown;
        }
        pieces
    }
}

#[cfg(test)]
mod tests;
