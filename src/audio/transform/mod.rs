//! What can be done to a recording, one transform a file.
//!
//! A [`Transform`] is a validated `[[transform]]` of a recipe. Its [`draw`](Transform::draw) is pure: from a key
//! and what the index tells about a source it fixes every parameter, so that a [`Step`] has nothing random left.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::audio::bank::{Bank, BankKind};
use crate::audio::bench::Bench;
use crate::audio::level;
use crate::audio::mel::MelSettings;
use crate::audio::spectrum::frame_count;
use crate::audio::take::Take;

pub mod chain;
mod choice;
pub mod frequency_mask;
pub mod gain;
mod key;
pub mod noise;
pub mod pitch;
pub mod room;
mod settings;
pub mod speed;
pub mod time_mask;

pub use choice::{Choices, Range};
pub use key::DrawKey;
pub use settings::{Context, SettingError, Settings};

/// Named values of a row: what was drawn, or what was measured.
pub type Values = Map<String, Value>;

/// What the index tells about one prepared source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SourceFacts {
    /// Length after preparation, in samples.
    pub frames: usize,
    /// Sample rate in Hz.
    pub rate: u32,
    /// Largest magnitude, 1.0 = full scale.
    pub peak: f32,
    /// Frames of its mel spectrogram.
    pub mel_frames: usize,
    /// Filters of its mel spectrogram.
    pub n_mels: usize,
}

impl SourceFacts {
    /// What the index would tell about a signal of `rate` Hz.
    #[must_use]
    pub fn of(samples: &[f32], rate: u32, mel: &MelSettings) -> Self {
        SourceFacts {
            frames: samples.len(),
            rate,
            peak: level::peak(samples),
            mel_frames: frame_count(samples.len(), mel.hop_length),
            n_mels: mel.n_mels,
        }
    }
}

/// How many different draws a transform has for one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distinct {
    /// This many; copy `k` of a source gets the `k`-th of a keyed order.
    Finite(u64),
    /// So many that two equal ones don't occur.
    Endless,
}

/// The files that are written of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// WAV.
    pub audio: bool,
    /// Mel image, on a colour scale of its own.
    pub images: bool,
    /// Mel array in dB.
    pub arrays: bool,
}

/// Why a draw can't be made from a source, in words for `refused.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// What went wrong while an item was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The transform can't be done to this signal; making it again will not help.
    #[error("{0}")]
    Refused(String),
    /// Something outside (a bank file) failed; worth another try.
    #[error("{0}")]
    Failed(String),
}

/// One validated transform of a recipe.
pub trait Transform: Send + Sync {
    /// The word for it in recipes.
    fn kind(&self) -> &'static str;

    /// Banks that it needs, in the order in which [`attach`](Transform::attach) is given them.
    fn wants(&self) -> Vec<BankRequest> {
        Vec::new()
    }

    /// Hands over the banks that were asked for.
    fn attach(&mut self, _banks: &[Arc<dyn Bank>]) {}

    /// How many different draws a source has.
    fn distinct(&self, source: &SourceFacts) -> Distinct;

    /// The draw of one copy; `copy` is below [`distinct`](Transform::distinct).
    ///
    /// # Errors
    /// The reason why this draw can't be made from this source.
    fn draw(&self, key: &DrawKey<'_>, copy: u64, source: &SourceFacts) -> Result<Box<dyn Step>, Refusal>;

    /// Whether what it does can be told from the files that are written: a transform that leaves no trace in them
    /// would be a silent no-op.
    fn shows(&self, written: Written) -> bool {
        written.audio || written.images || written.arrays
    }

    /// Whether its number of draws depends on the length of the signal, which earlier steps of a chain change.
    fn depends_on_length(&self) -> bool {
        false
    }

    /// Whether it edits the mel picture after the signal, so that nothing that changes the signal may follow.
    fn masks(&self) -> bool {
        false
    }
}

/// A transform with all parameters fixed.
pub trait Step: Send + Sync {
    /// Raised whenever the same parameters and input give other bytes than before; enters the fingerprint.
    fn version(&self) -> u32;

    /// Everything that was drawn or set and decides the result.
    fn parameters(&self) -> Values;

    /// Hashes of the bank entries that it reads.
    fn inputs(&self) -> Vec<[u8; 32]> {
        Vec::new()
    }

    /// Length in samples of the result for `frames` samples.
    fn frames(&self, frames: usize) -> usize {
        frames
    }

    /// Does it.
    ///
    /// # Errors
    /// [`StepError`], when it can't be done.
    fn apply(&self, take: &mut Take, bench: &mut Bench) -> Result<(), StepError>;
}

/// Refuses a result that is not finite: of a signal or a bank with such samples, or with samples so far beyond full
/// scale that sums of them overflow.
///
/// # Errors
/// [`StepError::Refused`].
fn finite(samples: &[f32]) -> Result<(), StepError> {
    if level::is_finite(samples) {
        Ok(())
    } else {
        Err(StepError::Refused(
            "the result is not finite: samples are not, or lie too far beyond full scale".to_owned(),
        ))
    }
}

/// A bank that a transform asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankRequest {
    /// The recipe key that names it.
    pub key: &'static str,
    /// The folder as the recipe has it.
    pub folder: String,
    /// What its files are.
    pub kind: BankKind,
}
