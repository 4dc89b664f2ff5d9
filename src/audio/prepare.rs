//! Preparing a source: to the dataset's sample rate, without the silence at both ends, within its bounds.

use serde::{Deserialize, Serialize};

use super::bench::Bench;
use super::decode::{Channels, Recording};
use super::spectrum::SettingError;
use super::trim::trim;

#[cfg(test)]
mod tests;
mod trim_db;

/// Sample rates that a dataset may have, in Hz.
const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
/// The longest recording that may be asked for, in seconds.
const MOST_SECONDS: f64 = 3600.0;

/// What to do with a recording that is longer than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TooLong {
    /// It is refused.
    #[default]
    Refuse,
    /// Its beginning is kept.
    Cut,
}

/// How every source is prepared: a recipe's `[prepare]`, and `preparation.prepare` of a dataset's `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrepareSettings {
    /// Sample rate of the dataset, in Hz, 4000 to 192000.
    pub sample_rate: u32,
    /// Ends this many dB below the loudest frame are cut off, 1 to 120; `None`, written `false`, leaves them.
    #[serde(with = "trim_db")]
    pub trim_db: Option<f32>,
    /// A shorter source is refused, in seconds after trimming, 0 to 3600.
    pub min_seconds: f64,
    /// A longer recording is refused or cut, in seconds before trimming, above `min_seconds` and at most 3600.
    pub max_seconds: f64,
    /// Which of the two.
    pub too_long: TooLong,
    /// The channels that are read.
    pub channels: Channels,
}

impl Default for PrepareSettings {
    fn default() -> Self {
        PrepareSettings {
            sample_rate: 16_000,
            trim_db: Some(40.0),
            min_seconds: 0.1,
            max_seconds: 60.0,
            too_long: TooLong::Refuse,
            channels: Channels::Mix,
        }
    }
}

impl PrepareSettings {
    /// Whether the settings make sense.
    ///
    /// # Errors
    /// Names the setting that is out of range, what was found and what is expected.
    pub fn check(&self) -> Result<(), SettingError> {
        if !RATES.contains(&self.sample_rate) {
            let expected = format!("{} to {} Hz", RATES.start(), RATES.end());
            return Err(SettingError::new("sample_rate", self.sample_rate, expected));
        }
        if let Some(db) = self.trim_db.filter(|db| !(1.0..=120.0).contains(db)) {
            let expected = "1 to 120 dB, or false for no trimming";
            return Err(SettingError::new("trim_db", db, expected));
        }
        if !(0.0..=MOST_SECONDS).contains(&self.min_seconds) {
            let expected = format!("0 to {MOST_SECONDS} s");
            return Err(SettingError::new("min_seconds", self.min_seconds, expected));
        }
        if !(self.max_seconds > self.min_seconds && self.max_seconds <= MOST_SECONDS) {
            let expected = format!(
                "more than min_seconds = {} and at most {MOST_SECONDS} s",
                self.min_seconds
            );
            return Err(SettingError::new("max_seconds", self.max_seconds, expected));
        }
        Ok(())
    }

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
