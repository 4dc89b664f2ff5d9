//! Keeping the spectral envelope through a pitch shift.
//!
//! The shifted signal is filtered, frame by frame, by E(f) / E(f / ratio) in zero phase, where E is the envelope of
//! the input at that time. E goes through the peaks of the harmonics: one peak is sought per fundamental, each from
//! the last one on (after D. Paul, "The spectral envelope estimation vocoder", 1981), and cubics join their levels.

use super::envelope::Envelope;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// Length of a frame in seconds: three periods of a low voice.
const FRAME: f64 = 0.040;
/// The most that a bin is raised or lowered, in octaves of power (33 dB).
const LIMIT: f32 = 11.0;

/// Restores the envelope of shifted signals of one sample rate.
pub(super) struct EnvelopeKeeper {
    hop: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// Sine window of the shifted signal, used before and after the filter: its squares add up to 1.
    window: Vec<f32>,
    envelope: Envelope,
    shifted: Vec<f32>,
    filtered: Vec<f32>,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl EnvelopeKeeper {
    pub(super) fn new(rate: f64) -> Self {
        let hop = ((FRAME * rate / 2.0 / 32.0).round() as usize * 32).max(32);
        let size = 2 * hop;
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(size);
        let inverse = planner.plan_fft_inverse(size);
        let window = (0..size)
            .map(|i| (PI * (i as f64 + 0.5) / size as f64).sin() as f32)
            .collect();
        let scratch = vec![Complex::default(); forward.get_scratch_len().max(inverse.get_scratch_len())];
        Self {
            hop,
            window,
            envelope: Envelope::new(rate, size, Arc::clone(&forward), Arc::clone(&inverse)),
            shifted: Vec::new(),
            filtered: Vec::new(),
            frame: vec![0.0; size],
            spectrum: forward.make_output_vec(),
            scratch,
            forward,
            inverse,
        }
    }

    /// Filters `shifted`, which is `input` with its frequencies multiplied by `ratio`, to the envelope of `input`;
    /// both have the same number of samples, at most 1 in magnitude.
    pub(super) fn restore(&mut self, input: &[f32], ratio: f64, shifted: &mut [f32]) {
        let (hop, size) = (self.hop, 2 * self.hop);
        let len = shifted.len();
        // A hop of zeros in front, so that every sample lies in two frames.
        let frames = len.div_ceil(hop) + 1;
        self.shifted.clear();
        self.shifted.resize(hop, 0.0);
        self.shifted.extend_from_slice(shifted);
        self.shifted.resize((frames + 1) * hop, 0.0);
        self.filtered.clear();
        self.filtered.resize((frames + 1) * hop, 0.0);
        // Fewer or more harmonics share the envelope: keep the level.
        let norm = (ratio.sqrt() / size as f64) as f32;
        for start in (0..frames).map(|f| f * hop) {
            let levels = self.envelope.levels(input, start as isize - hop as isize);
            let samples = self.shifted[start..start + size].iter().zip(&self.window);
            self.frame
                .iter_mut()
                .zip(samples)
                .for_each(|(to, (v, w))| *to = v * w);
            if self
                .forward
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
                .is_err()
            {
                continue;
            }
            for (bin, value) in self.spectrum.iter_mut().enumerate() {
                *value *= norm * gain(levels, bin, ratio as f32);
            }
            make_real(&mut self.spectrum);
            if self
                .inverse
                .process_with_scratch(&mut self.spectrum, &mut self.frame, &mut self.scratch)
                .is_err()
            {
                continue;
            }
            let sums = self.filtered[start..start + size].iter_mut();
            sums.zip(self.frame.iter().zip(&self.window))
                .for_each(|(sum, (v, w))| *sum += v * w);
        }
        shifted.copy_from_slice(&self.filtered[hop..hop + len]);
    }
}

/// Amplitude that takes a bin of the shifted spectrum from the moved envelope to the kept one.
fn gain(levels: &[f32], bin: usize, ratio: f32) -> f32 {
    let last = levels.len() - 1;
    let source = (bin as f32 / ratio).min(last as f32);
    let below = (source as usize).min(last.saturating_sub(1));
    let moved = levels[below] + (levels[(below + 1).min(last)] - levels[below]) * (source - below as f32);
    (0.5 * (levels[bin.min(last)] - moved).clamp(-LIMIT, LIMIT)).exp2()
}

/// Clears what rounding left in the imaginary parts of the first and last bin of a real signal's spectrum.
fn make_real(spectrum: &mut [Complex<f32>]) {
    if let Some(first) = spectrum.first_mut() {
        first.im = 0.0;
    }
    if let Some(last) = spectrum.last_mut() {
        last.im = 0.0;
    }
}

impl fmt::Debug for EnvelopeKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvelopeKeeper")
            .field("hop", &self.hop)
            .finish_non_exhaustive()
    }
}
