//! What a run needs of models, as traits: real ones come from `onnx`, tests bring their own.

use super::candidate::Hop;
use crate::onnx::error::ModelError;
use crate::onnx::masked::{Gap, MaskedLm};
use crate::onnx::sentence::SentenceEncoder;
use crate::run::atomic::FileError;
use crate::run::interrupt::Interrupt;

/// Why a round could not be finished; everything decided so far stands.
#[derive(Debug, thiserror::Error)]
pub enum RoundError {
    /// A model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
    /// A translation service will give no more for now; the next run goes on from here.
    #[error("{0}")]
    Quota(String),
    /// A file can't be written, such as translations that came.
    #[error(transparent)]
    File(#[from] FileError),
    /// A translator can't be used at all.
    #[error("{0}")]
    Translator(String),
}

impl RoundError {
    /// Whether a signal ended it.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        matches!(
            self,
            RoundError::Interrupted | RoundError::Model(ModelError::Interrupted)
        )
    }

    /// Whether a later run may go on where this one stopped.
    #[must_use]
    pub fn quota(&self) -> bool {
        matches!(self, RoundError::Quota(_))
    }
}

/// Scores of words in gaps.
pub trait Filler {
    /// Shows the logits of the vocabulary for each gap, in any order.
    ///
    /// # Errors
    /// [`RoundError`].
    fn score(
        &mut self,
        gaps: &[Gap<'_>],
        interrupt: &Interrupt,
        take: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), RoundError>;
}

impl Filler for MaskedLm {
    fn score(
        &mut self,
        gaps: &[Gap<'_>],
        interrupt: &Interrupt,
        take: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), RoundError> {
        Ok(MaskedLm::score(self, gaps, interrupt, take)?)
    }
}

/// Vectors of meanings.
pub trait Meaning {
    /// One vector of length 1 a text, in order.
    ///
    /// # Errors
    /// [`RoundError`].
    fn vectors(&mut self, texts: &[&str], interrupt: &Interrupt) -> Result<Vec<Vec<f32>>, RoundError>;
}

impl Meaning for SentenceEncoder {
    fn vectors(&mut self, texts: &[&str], interrupt: &Interrupt) -> Result<Vec<Vec<f32>>, RoundError> {
        Ok(self.encode(texts, interrupt)?)
    }
}

/// A translation to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The text, in the casing of a sentence.
    pub text: String,
    /// Which one of this text's translations, from 0: chains in turn, then their next best.
    pub number: u64,
}

/// Translation into other languages and back.
pub trait BackTranslator {
    /// The hops of each request, the last one in the language of the text; or why there is none.
    ///
    /// # Errors
    /// [`RoundError`], where nothing more can be translated now.
    fn translate(
        &mut self,
        requests: &[Request],
        interrupt: &Interrupt,
    ) -> Result<Vec<Result<Vec<Hop>, String>>, RoundError>;
}
