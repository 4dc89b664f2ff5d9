//! Mel spectrograms: power and decibels, as torchaudio's `MelSpectrogram` and `AmplitudeToDB` make them (periodic
//! Hann window, centred frames, reflect padding, triangular filters without normalisation from 0 Hz to half the
//! rate).
//!
//! The filters are sparse, and eight frames go through the filter bank at a time, so that it costs a fraction of
//! the FFT.

use std::ops::Range;

use super::spectrum::{SettingError, Stft};
use super::wide::wide;
use filters::Filter;

mod decibel;
mod filters;
mod mask;
mod settings;
#[cfg(test)]
mod tests;

pub use decibel::{Levels, decibels, to_db};
pub use mask::{mask_columns, mask_rows};
pub use settings::{MelSettings, Scale};

/// Frames that go through the filter bank together: two vector registers even on the oldest x86-64.
const LANES: usize = 8;

/// A mel spectrogram: `data` holds `n_mels` rows of `frames` values, lowest filter first; power or dB.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MelSpectrogram {
    /// Number of rows.
    pub n_mels: usize,
    /// Number of columns, `1 + samples / hop_length`.
    pub frames: usize,
    /// The values, row by row.
    pub data: Vec<f32>,
}

/// Computes mel spectrograms of one kind. Keep one per thread: it owns its plan and memory.
pub struct Mel {
    stft: Stft,
    filters: Vec<Filter>,
    edges: Vec<f64>,
    top_db: f32,
    /// Powers of up to `LANES` frames, bin by bin.
    block: Vec<[f32; LANES]>,
}

impl Mel {
    /// Plans for signals of `rate` Hz.
    ///
    /// # Errors
    /// As [`MelSettings::check`].
    pub fn new(settings: &MelSettings, rate: u32) -> Result<Self, SettingError> {
        settings.check(rate)?;
        let stft = Stft::new(settings.n_fft, settings.hop_length)?;
        let edges = filters::edges(settings.scale, settings.n_mels, rate);
        Ok(Mel {
            block: vec![[0.0; LANES]; stft.bins()],
            filters: filters::bank(&edges, settings.n_fft, rate),
            edges,
            top_db: settings.top_db as f32,
            stft,
        })
    }

    /// The mel power spectrogram of `samples` into `out`. Always finite and at least 0; no sample at all is one
    /// silent frame.
    pub fn power(&mut self, samples: &[f32], out: &mut MelSpectrogram) {
        let Mel {
            stft, filters, block, ..
        } = self;
        let frames = stft.frames(samples.len());
        out.n_mels = filters.len();
        out.frames = frames;
        out.data.clear();
        out.data.resize(filters.len() * frames, 0.0);
        stft.analyse(samples, |t, spectrum| {
            let lane = t % LANES;
            for (powers, x) in block.iter_mut().zip(spectrum) {
                powers[lane] = x.re * x.re + x.im * x.im;
            }
            if lane + 1 == LANES || t + 1 == frames {
                let rows = out.data.chunks_exact_mut(frames);
                wide!({
                    for (filter, row) in filters.iter().zip(rows) {
                        let sums = filter.apply(block);
                        for (value, sum) in row.iter_mut().skip(t - lane).zip(sums) {
                            *value = sum;
                        }
                    }
                });
            }
        });
    }

    /// The mel spectrogram of `samples` in dB (see [`to_db`]) into `out`, and its levels.
    pub fn db(&mut self, samples: &[f32], out: &mut MelSpectrogram) -> Levels {
        self.power(samples, out);
        to_db(out, self.top_db)
    }

    /// FFT bins in which filter `m` has weight; empty for a filter narrower than the bins, and beyond the last.
    #[must_use]
    pub fn filter_edges(&self, m: usize) -> Range<usize> {
        self.filters.get(m).map_or(0..0, |filter| filter.bins.clone())
    }

    /// The band in Hz between the outer edges of the filters `rows`, 0..0 for no filter.
    #[must_use]
    pub fn band_hz(&self, rows: Range<usize>) -> Range<f64> {
        let rows = rows.start..rows.end.min(self.filters.len());
        match (self.edges.get(rows.start), self.edges.get(rows.end + 1)) {
            (Some(&low), Some(&high)) if !rows.is_empty() => low..high,
            _ => 0.0..0.0,
        }
    }

    /// How many filters are narrower than the FFT's bins and therefore always read 0: a sign of too many
    /// filters for this rate and `n_fft`.
    #[must_use]
    pub fn empty_filters(&self) -> usize {
        self.filters
            .iter()
            .filter(|filter| filter.bins.is_empty())
            .count()
    }
}
