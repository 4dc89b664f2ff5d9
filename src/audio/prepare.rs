//! Preparing a source: to the dataset's sample rate, without the silence at both ends, within its bounds.

use super::bench::Bench;
use super::decode::{Channels, Recording};
use super::trim::trim;

/// What to do with a recording that is longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TooLong {
    /// It is refused.
    #[default]
    Refuse,
    /// Its beginning is kept.
    Cut,
}

/// How every source is prepared.
#[derive(Debug, Clone, PartialEq)]
pub struct PrepareSettings {
    /// Sample rate of the dataset, in Hz.
    pub sample_rate: u32,
    /// Ends this many dB below the loudest frame are cut off; `None` leaves them.
    pub trim_db: Option<f32>,
    /// A shorter source is refused, in seconds after trimming.
    pub min_seconds: f64,
    /// A longer recording is refused or cut, in seconds before trimming.
    pub max_seconds: f64,
    /// Which of the two.
    pub too_long: TooLong,
    /// The channels that are read.
    pub channels: Channels,
}

impl PrepareSettings {
    /// The prepared samples of a recording, at least one.
    ///
    /// # Errors
    /// In words, why the recording can't be used.
    pub fn prepare(&self, recording: &Recording, bench: &mut Bench) -> Result<Vec<f32>, String> {
        if recording.longer && self.too_long == TooLong::Refuse {
            return Err(format!("longer than max_seconds = {}", self.max_seconds));
        }
        if recording.samples.is_empty() {
            return Err("holds no samples".to_owned());
        }
        let mut samples = self.resample(recording, bench)?;
        if samples.iter().all(|&sample| sample == 0.0) {
            return Err("is silent".to_owned());
        }
        if let Some(top_db) = self.trim_db {
            let range = trim(&samples, top_db);
            samples.truncate(range.end);
            samples.drain(..range.start);
        }
        let least = self.min_frames();
        if samples.len() < least.max(1) {
            let seconds = samples.len() as f64 / f64::from(self.sample_rate);
            return Err(format!(
                "too short: {seconds:.3} s after trimming, min_seconds = {}",
                self.min_seconds
            ));
        }
        Ok(samples)
    }

    /// The recording at the dataset's rate.
    ///
    /// # Errors
    /// In words, as the resampler has it.
    pub fn resample(&self, recording: &Recording, bench: &mut Bench) -> Result<Vec<f32>, String> {
        if recording.rate == self.sample_rate {
            return Ok(recording.samples.clone());
        }
        let mut samples = Vec::new();
        bench
            .resampler(recording.rate, self.sample_rate)
            .and_then(|resampler| resampler.process(&recording.samples, &mut samples))
            .map_err(|error| error.to_string())?;
        Ok(samples)
    }

    /// `min_seconds` in samples.
    #[must_use]
    pub fn min_frames(&self) -> usize {
        (self.min_seconds * f64::from(self.sample_rate)).round() as usize
    }
}
