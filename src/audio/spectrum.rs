//! Short-time Fourier transform (STFT) with centred frames, and its inverse.
//!
//! Framing is that of `torch.stft(center=True, pad_mode="reflect")` and `librosa.stft(pad_mode="reflect")`: frame
//! `t` is centred on sample `t * hop`, the signal is reflected at both ends, and `n` samples give `1 + n / hop`
//! frames of `n_fft / 2 + 1` bins.
//!
//! Where torch refuses, the reflection goes on: a signal shorter than half a window is reflected again and again
//! (period `2 (n - 1)`), one sample is a constant, no sample at all is one frame of silence. A sample that is not
//! finite, or beyond ±1e14, counts as 0, so that no result is ever infinite or NaN.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

mod framing;
#[cfg(test)]
mod tests;

use super::wide::wide;
pub(super) use framing::audible;
use framing::reflect;
pub use framing::{frame_count, hann};

/// The largest FFT size.
pub const MAX_N_FFT: usize = 65536;

/// Below this sum of squared windows, dividing by it would show rounding errors of the FFT rather than signal.
const LEAST_WEIGHT: f32 = 1e-8;

/// A setting outside its range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {found}, expected {expected}")]
pub struct SettingError {
    /// The setting's name, as a recipe spells it.
    pub key: &'static str,
    /// What was found.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

impl SettingError {
    /// An error about `key`; `found` and `expected` complete "key = found, expected ...".
    pub fn new(key: &'static str, found: impl ToString, expected: impl Into<String>) -> Self {
        SettingError {
            key,
            found: found.to_string(),
            expected: expected.into(),
        }
    }
}

/// An STFT of one size with a periodic Hann window, its inverse, and the memory both need.
///
/// Keep one per thread; after the first use nothing is allocated unless a signal is longer than those before.
pub struct Stft {
    hop: usize,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    weight: Vec<f32>,
}

impl Stft {
    /// An STFT of `n_fft` points (even, 2 to `MAX_N_FFT`) every `hop` samples (1 to `n_fft`).
    ///
    /// # Errors
    /// Names the setting that is out of range.
    pub fn new(n_fft: usize, hop: usize) -> Result<Self, SettingError> {
        check_sizes(n_fft, hop)?;
        Ok(Stft::plan(n_fft, hop))
    }

    /// As [`Stft::new`], for sizes that are known to be in range.
    pub(super) fn plan(n_fft: usize, hop: usize) -> Self {
        debug_assert!(check_sizes(n_fft, hop).is_ok());
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(n_fft);
        let backward = planner.plan_fft_inverse(n_fft);
        let scratch = forward.get_scratch_len().max(backward.get_scratch_len());
        Stft {
            hop,
            window: hann(n_fft),
            frame: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); scratch],
            power: vec![0.0; n_fft / 2 + 1],
            weight: Vec::new(),
            forward,
            backward,
        }
    }

    /// FFT size.
    #[must_use]
    pub fn n_fft(&self) -> usize {
        self.window.len()
    }

    /// Bins of a spectrum, `n_fft / 2 + 1`.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.spectrum.len()
    }

    /// Frames of a signal of `samples` samples, `1 + samples / hop`.
    #[must_use]
    pub fn frames(&self, samples: usize) -> usize {
        frame_count(samples, self.hop)
    }

    /// Shows `see` the spectrum of each frame in turn: frame number, then `bins()` complex values.
    pub fn analyse(&mut self, samples: &[f32], mut see: impl FnMut(usize, &[Complex<f32>])) {
        for t in 0..self.frames(samples.len()) {
            self.transform(samples, t as isize);
            see(t, &self.spectrum);
        }
    }

    /// Shows `see` the power spectrum `|X|^2` of each frame in turn: frame number, then `bins()` values.
    pub fn power(&mut self, samples: &[f32], mut see: impl FnMut(usize, &[f32])) {
        for t in 0..self.frames(samples.len()) {
            self.transform(samples, t as isize);
            for (power, x) in self.power.iter_mut().zip(&self.spectrum) {
                *power = x.norm_sqr();
            }
            see(t, &self.power);
        }
    }

    /// The signal of `length` samples that the frames in `spectra` (frame by frame, `bins()` values each, as
    /// [`Stft::analyse`] shows them) fit best in the least-squares sense (Griffin and Lim 1984), as `torch.istft`.
    ///
    /// Frames beyond `frames(length)` are ignored, missing ones are silence. The round trip is exact to rounding
    /// for hops up to a quarter of `n_fft`; with larger ones, samples that lie only under the feet of windows
    /// (sum of squares below 1e-8) come out as nearly 0.
    pub fn synthesise(&mut self, spectra: &[Complex<f32>], length: usize, out: &mut Vec<f32>) {
        self.clear_sums(length, out);
        let frames = self.frames(length);
        for (t, spectrum) in spectra.chunks_exact(self.bins()).take(frames).enumerate() {
            self.spectrum.copy_from_slice(spectrum);
            self.overlap_add(t as isize, out);
        }
        self.normalise(out);
    }

    /// Analyses `samples`, lets `edit` change each frame's spectrum, and resynthesises into `out`: the same
    /// length, without delay, with the window at analysis and at synthesis.
    ///
    /// Here frames before the start and after the end take part as far as they touch the signal. Every sample
    /// then lies under as many windows as any other, so that for hops up to a quarter of `n_fft` one edit of all
    /// frames is a linear filter of the reflected signal from end to end.
    pub fn edit(&mut self, samples: &[f32], out: &mut Vec<f32>, mut edit: impl FnMut(&mut [Complex<f32>])) {
        self.clear_sums(samples.len(), out);
        if samples.is_empty() {
            return;
        }
        let reach = self.window.len() / 2 - 1;
        let first = -((reach / self.hop) as isize);
        let last = ((samples.len() + reach) / self.hop) as isize;
        for t in first..=last {
            self.transform(samples, t);
            edit(&mut self.spectrum);
            self.overlap_add(t, out);
        }
        self.normalise(out);
    }

    /// Spectrum of frame `t`, which may lie before the start or after the end, into `self.spectrum`.
    #[expect(clippy::expect_used, reason = "all buffers were made by this plan")]
    fn transform(&mut self, samples: &[f32], t: isize) {
        let n_fft = self.window.len();
        let start = self.start_of(t);
        let inner = usize::try_from(start)
            .ok()
            .and_then(|start| samples.get(start..start + n_fft));
        let frame = self.frame.iter_mut().zip(&self.window);
        if let Some(inner) = inner {
            wide!({
                for ((value, window), &sample) in frame.zip(inner) {
                    *value = window * audible(sample);
                }
            });
        } else {
            for (i, (value, window)) in frame.enumerate() {
                let sample = samples.get(reflect(start + i as isize, samples.len()));
                *value = window * audible(sample.copied().unwrap_or(0.0));
            }
        }
        self.forward
            .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
            .expect("buffers of the plan's sizes");
    }

    /// First sample of frame `t`.
    fn start_of(&self, t: isize) -> isize {
        t * self.hop as isize - (self.window.len() / 2) as isize
    }

    /// Clears the sums that [`Stft::overlap_add`] adds to.
    fn clear_sums(&mut self, length: usize, out: &mut Vec<f32>) {
        for buffer in [&mut self.weight, out] {
            buffer.clear();
            buffer.resize(length, 0.0);
        }
    }

    /// Adds the windowed frame of `self.spectrum` to `out`, and its squared window to the weights.
    #[expect(
        clippy::expect_used,
        reason = "all buffers were made by this plan, and two zeros are set"
    )]
    fn overlap_add(&mut self, t: isize, out: &mut [f32]) {
        // A real signal has no imaginary part at 0 Hz and at half the rate.
        if let [first, .., last] = self.spectrum.as_mut_slice() {
            (first.im, last.im) = (0.0, 0.0);
        }
        self.backward
            .process_with_scratch(&mut self.spectrum, &mut self.frame, &mut self.scratch)
            .expect("buffers of the plan's sizes");
        // Either the frame starts within the signal, or some of its samples lie before.
        let start = self.start_of(t);
        let (at, before) = (start.max(0) as usize, start.min(0).unsigned_abs());
        let frame = self.frame.iter().zip(&self.window).skip(before);
        let target = out.iter_mut().zip(&mut self.weight).skip(at);
        for ((value, weight), (x, window)) in target.zip(frame) {
            *value += window * x;
            *weight += window * window;
        }
    }

    /// Divides by the sum of squared windows, and by the FFT's own factor `n_fft`.
    fn normalise(&self, out: &mut [f32]) {
        let scale = self.window.len() as f32;
        for (value, &weight) in out.iter_mut().zip(&self.weight) {
            *value /= scale * if weight > LEAST_WEIGHT { weight } else { 1.0 };
        }
    }
}

/// Ranges of the two sizes, under the names that recipes use.
pub(super) fn check_sizes(n_fft: usize, hop: usize) -> Result<(), SettingError> {
    if !n_fft.is_multiple_of(2) || !(2..=MAX_N_FFT).contains(&n_fft) {
        return Err(SettingError::new(
            "n_fft",
            n_fft,
            format!("an even number from 2 to {MAX_N_FFT}"),
        ));
    }
    if !(1..=n_fft).contains(&hop) {
        return Err(SettingError::new(
            "hop_length",
            hop,
            format!("1 to n_fft ({n_fft})"),
        ));
    }
    Ok(())
}
