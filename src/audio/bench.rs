//! The work bench of one thread: plans, filters and scratch that transforms share and reuse.

use std::collections::HashMap;

use super::band_stop::BandStop;
use super::convolve::Convolver;
use super::mel::{Mel, MelSettings};
use super::resample::{ResampleError, Resampler};
use super::shelf::Shelf;
use super::spectrum::SettingError;
use super::stretch::Stretcher;

/// Everything that is dear to make and can be used for one item after another. One per thread.
#[derive(Default)]
pub struct Bench {
    resamplers: HashMap<(u32, u32), Resampler>,
    stretchers: HashMap<u32, Stretcher>,
    mels: Vec<(MelSettings, u32, Mel)>,
    band_stop: Option<BandStop>,
    /// FFT convolution with room responses.
    pub convolver: Convolver,
    /// Room responses with their spectra.
    pub shelf: Shelf,
    /// Room for signals that are needed for a moment.
    pub scratch: [Vec<f32>; 2],
}

/// A bench keeps the tools of this many different ratios; recipes with more make some again.
const KEPT: usize = 64;

impl Bench {
    /// An empty bench; tools are made when first asked for.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A resampler from `from` to `to` Hz.
    ///
    /// # Errors
    /// As [`Resampler::new`].
    pub fn resampler(&mut self, from: u32, to: u32) -> Result<&mut Resampler, ResampleError> {
        if self.resamplers.len() >= KEPT && !self.resamplers.contains_key(&(from, to)) {
            self.resamplers.clear();
        }
        match self.resamplers.entry((from, to)) {
            std::collections::hash_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::hash_map::Entry::Vacant(entry) => Ok(entry.insert(Resampler::new(from, to)?)),
        }
    }

    /// The time-stretch and pitch-shift engine for one rate.
    pub fn stretcher(&mut self, rate: u32) -> &mut Stretcher {
        self.stretchers
            .entry(rate)
            .or_insert_with(|| Stretcher::new(rate))
    }

    /// Removes bands of an STFT.
    pub fn band_stop(&mut self) -> &mut BandStop {
        self.band_stop.get_or_insert_with(BandStop::new)
    }

    /// The mel spectrogram for settings and a rate.
    ///
    /// # Errors
    /// As [`Mel::new`].
    pub fn mel(&mut self, settings: &MelSettings, rate: u32) -> Result<&mut Mel, SettingError> {
        let place = match self.mels.iter().position(|(s, r, _)| s == settings && *r == rate) {
            Some(place) => place,
            None => {
                self.mels
                    .push((settings.clone(), rate, Mel::new(settings, rate)?));
                self.mels.len() - 1
            }
        };
        Ok(&mut self.mels[place].2)
    }
}
