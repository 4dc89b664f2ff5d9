//! Keeping the spectral envelope through a pitch shift.
//!
//! Before its frequencies are multiplied by `ratio`, the signal is filtered, frame by frame and in zero phase, by
//! E(f * ratio) / E(f), where E is its envelope at that time: the shift then puts every part of E back into its
//! place. A harmonic carries the level of E at its new frequency, so the filter is needed at the harmonics alone.
//!
//! How far the formants of five synthetic vowels (f0 100 to 250 Hz, shifts by 4 semitones) move, as a fitted all-pole
//! model tells; 9 shifts in 10 stay below the second figure:
//!
//! | E | median | 9 in 10 | within 3 % |
//! |---|---|---|---|
//! | cubics through the peaks of the harmonics, filter after the shift | 0.9 % | 13.8 % | 72 % |
//! | all-pole model of the harmonics and cubics through the rest (this) | 0.2 % | 1.4 % | 94 % |

use super::envelope::Envelope;
use crate::audio::wide::wide;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use std::f64::consts::PI;
use std::fmt;
use std::sync::Arc;

/// Length of a frame in seconds: two periods of a low voice.
const FRAME: f64 = 0.032;
/// The window before the filter is a sine to this power, the one after it to the rest of 2: their product adds up to 1.
/// A wider window before tells harmonics apart better, a flatter one after smears less.
const ANALYSIS: f64 = 1.5;

/// Moves the envelope of signals of one sample rate.
pub(super) struct EnvelopeKeeper {
    hop: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    before: Vec<f32>,
    after: Vec<f32>,
    envelope: Envelope,
    padded: Vec<f32>,
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
        let sine = |power: f64| -> Vec<f32> {
            let at = |i: usize| (PI * (i as f64 + 0.5) / size as f64).sin();
            (0..size).map(|i| at(i).powf(power) as f32).collect()
        };
        let before = sine(ANALYSIS);
        Self {
            hop,
            envelope: Envelope::new(rate, &before),
            before,
            after: sine(2.0 - ANALYSIS),
            padded: Vec::new(),
            filtered: Vec::new(),
            frame: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex::default(); forward.get_scratch_len().max(inverse.get_scratch_len())],
            forward,
            inverse,
        }
    }

    /// `input` (at most 1 in magnitude) filtered so that it has its envelope again once its frequencies are multiplied
    /// by `ratio`; as many samples.
    pub(super) fn warp(&mut self, input: &[f32], ratio: f64) -> &[f32] {
        let (hop, size) = (self.hop, 2 * self.hop);
        // A hop of zeros in front, so that every sample lies in two frames.
        let frames = input.len().div_ceil(hop) + 1;
        self.padded.clear();
        self.padded.resize(hop, 0.0);
        self.padded.extend_from_slice(input);
        self.padded.resize((frames + 1) * hop, 0.0);
        self.filtered.clear();
        self.filtered.resize((frames + 1) * hop, 0.0);
        // Fewer or more harmonics share the envelope: keep the level.
        let norm = (ratio.sqrt() / size as f64) as f32;
        self.envelope.reset();
        for start in (0..frames).map(|frame| frame * hop) {
            let samples = self.padded[start..start + size].iter().zip(&self.before);
            wide!({
                for (to, (sample, window)) in self.frame.iter_mut().zip(samples) {
                    *to = sample * window;
                }
            });
            // The buffers have the lengths that realfft asked for: its length errors can't occur.
            let _ = self
                .forward
                .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch);
            if !self.envelope.warp(&mut self.spectrum, ratio as f32, norm) {
                continue;
            }
            make_real(&mut self.spectrum);
            let _ = self
                .inverse
                .process_with_scratch(&mut self.spectrum, &mut self.frame, &mut self.scratch);
            let sums = self.filtered[start..start + size].iter_mut();
            wide!({
                for (sum, (value, window)) in sums.zip(self.frame.iter().zip(&self.after)) {
                    *sum += value * window;
                }
            });
        }
        &self.filtered[hop..hop + input.len()]
    }
}

/// Clears what rounding left in the imaginary parts of the first and last bin of a real signal's spectrum.
fn make_real(spectrum: &mut [Complex<f32>]) {
    if let [first, .., last] = spectrum {
        (first.im, last.im) = (0.0, 0.0);
    }
}

impl fmt::Debug for EnvelopeKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvelopeKeeper")
            .field("hop", &self.hop)
            .finish_non_exhaustive()
    }
}
