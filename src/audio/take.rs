//! One item on its way from the prepared source to what is written.

use serde_json::Value;

use super::mel::MelSettings;
use super::transform::Values;

/// A band of rows or columns of a mel picture, set to one value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MelMask {
    /// What is masked.
    pub axis: MaskAxis,
    /// First row (mel filter) or column (frame).
    pub start: usize,
    /// How many.
    pub width: usize,
    /// The value put there.
    pub fill: MaskFill,
}

/// Rows are frequency, columns are time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaskAxis {
    /// Mel filters.
    Frequency,
    /// Frames.
    Time,
}

/// The masking value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MaskFill {
    /// The source's maximum minus `top_db`: silence in the picture.
    Floor,
    /// 0 dB, as torchaudio fills.
    Zero,
}

/// The picture of a masked item: made from the signal as it was before the first mask.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MaskedPicture {
    /// The signal before masking, rounded as it would be written.
    pub source: Vec<i16>,
    /// Applied in this order.
    pub masks: Vec<MelMask>,
}

/// A signal with what was done to it and found out about it.
#[derive(Debug, Clone)]
pub struct Take {
    /// Mono samples; 1.0 is full scale, which they may exceed on the way.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub rate: u32,
    /// The mel picture that will be made.
    pub mel: MelSettings,
    /// Set by masks.
    pub picture: Option<MaskedPicture>,
    /// False when a mask was asked to leave no audio.
    pub audible: bool,
    /// What transforms measured: achieved SNR, level change, ...
    pub measured: Values,
}

impl Take {
    /// A take of a prepared source.
    #[must_use]
    pub fn new(samples: Vec<f32>, rate: u32, mel: MelSettings) -> Self {
        Take {
            samples,
            rate,
            mel,
            picture: None,
            audible: true,
            measured: Values::new(),
        }
    }

    /// Notes a measured number, rounded to `decimals` so that rows stay readable. Non-finite ones are left out.
    pub fn note(&mut self, name: &str, value: f64, decimals: i32) {
        if value.is_finite() {
            self.measured
                .insert(name.to_owned(), Value::from(round(value, decimals)));
        }
    }
}

/// Rounds to a number of decimals; never gives a negative zero.
#[must_use]
pub fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    (value * scale).round() / scale + 0.0
}
