//! Which graphs a translator's folder holds. Exports come in three layouts: one decoder for all steps (`merged`), one
//! for the first step and one for the others (`split`), or one that knows no cache and sees the whole sequence at each
//! step (`plain`).

use std::path::PathBuf;

use crate::onnx::folder::{FolderError, ModelFolder, Precision};

/// The graphs of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The encoder.
    pub encoder: PathBuf,
    /// The decoder.
    pub decoder: DecoderGraphs,
}

/// The graphs of a decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecoderGraphs {
    /// `decoder_model_merged`.
    Merged(PathBuf),
    /// `decoder_model` and `decoder_with_past_model`.
    Split {
        /// For the first step.
        first: PathBuf,
        /// For the others.
        next: PathBuf,
    },
    /// `decoder_model`.
    Plain(PathBuf),
}

impl Layout {
    /// What a folder has in a precision; where it has several layouts, the first of those above.
    ///
    /// # Errors
    /// [`FolderError::Missing`].
    pub fn of(folder: &ModelFolder, precision: Precision) -> Result<Self, FolderError> {
        let encoder = folder.graph("encoder_model", precision)?;
        if let Some(merged) = folder.find_graph("decoder_model_merged", precision) {
            let decoder = DecoderGraphs::Merged(merged);
            return Ok(Layout { encoder, decoder });
        }
        let first = folder.graph("decoder_model", precision)?;
        let decoder = match folder.find_graph("decoder_with_past_model", precision) {
            Some(next) => DecoderGraphs::Split { first, next },
            None => DecoderGraphs::Plain(first),
        };
        Ok(Layout { encoder, decoder })
    }

    /// All graphs.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let decoder = match &self.decoder {
            DecoderGraphs::Merged(one) | DecoderGraphs::Plain(one) => vec![one.clone()],
            DecoderGraphs::Split { first, next } => vec![first.clone(), next.clone()],
        };
        [vec![self.encoder.clone()], decoder].concat()
    }
}
