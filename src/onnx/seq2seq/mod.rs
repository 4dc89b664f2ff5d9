//! Sequence-to-sequence models: translation with Marian and M2M100, equal to transformers' `generate`.
//!
//! A search (`beam`, `walk`) is fed logits and says which sequences it wants the next ones for; the decoder runs the
//! graphs of whichever layout an export has and keeps the cache; the translator puts both together for many texts.

mod beam;
mod configured;
mod decoder;
mod error;
mod generator;
mod graph;
mod hypothesis;
mod languages;
mod layout;
mod memory;
mod naming;
mod numbers;
mod pieces;
mod ports;
mod probability;
mod rows;
mod rules;
mod search;
mod settings;
mod special;
mod translator;
mod vocabulary;
mod walk;

pub use error::{TextError, TranslateError};
pub use languages::{LanguageError, Languages};
pub use layout::{DecoderGraphs, Layout};
pub use settings::{EarlyStopping, GenerationSettings, Sampling, SettingsError};
pub use translator::{Hypothesis, Translation, Translator};
