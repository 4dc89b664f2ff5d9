//! What a guarded fill has to keep beside its place in the sentence.

use super::kinds::Kinds;
use super::nearness::Nearness;
use super::polarity::Polarity;
use super::vocabulary::Vocabulary;
use crate::run::interrupt::Interrupt;
use crate::text::models::{Filler, RoundError};

/// The least that a guarded fill has to reach.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FillLimits {
    /// Its probability as a share of the original word's; 0 to 1.
    pub plausibility: f64,
    /// Its probability itself, unless it is a near synonym; 0 to 1.
    pub probability: f64,
    /// From which cosine with the original word on a word is a near synonym; 0 to 1.
    pub synonym: f64,
    /// How far it is of the original word's kind ([`Kinds::alike`]); 0 to 1, 0 asks for nothing.
    pub kind: f64,
    /// Its cosine with the original word, each alone; 0 to 1, 0 asks for nothing.
    pub nearness: f64,
    /// The probability that it leaves to the word before it and to the one behind it, as a share of what the original
    /// word left; 0 to 1, 0 asks for nothing.
    pub neighbours: f64,
}

/// What is known of words.
#[derive(Debug)]
pub struct FillGuards {
    /// Polarities, emotions and opposites.
    pub polarity: Polarity,
    /// Kinds; `None` for a language where they cannot be told.
    pub kinds: Option<Kinds>,
    /// Closeness in meaning.
    pub near: Nearness,
}

impl FillGuards {
    /// Learns what is to be known of the words of a model, in a language by its code.
    ///
    /// # Errors
    /// [`RoundError`].
    pub fn learn(
        filler: &mut dyn Filler,
        vocabulary: &Vocabulary,
        language: &str,
        interrupt: &Interrupt,
    ) -> Result<Self, RoundError> {
        Ok(FillGuards {
            polarity: Polarity::new(language),
            kinds: Kinds::learn(filler, vocabulary, language, interrupt)?,
            near: Nearness::new(),
        })
    }
}
