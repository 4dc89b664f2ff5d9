//! An all-pole model of the envelope, fitted to the levels of harmonics.
//!
//! A vocal tract is a filter of a few poles, and a handful of harmonics tells where these are even where no harmonic lies
//! on a formant. Linear prediction of the harmonics themselves would put the poles on the strongest of them; here it
//! predicts a spectrum without gaps, whose values between the harmonics come from the model of the frame before plus
//! cubics through what that model leaves at the harmonics (as in the true envelope of Röbel and Rodet 2005, and
//! in discrete all-pole modelling, El-Jaroudi and Makhoul 1991). One round a frame is enough, as speech moves slowly.

use super::cubic::Cubics;
use super::logarithm::{exp2, log2};
use crate::audio::wide::wide;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use std::sync::Arc;

/// Points of the frequency grid, and the frequency in Hz that it ends at: formants matter below.
const GRID: usize = 128;
const TOP: f64 = 5_000.0;
/// Poles up to [`TOP`]: two for each formant and two for the source.
const POLES: f64 = 12.0;
/// What the residual of a round counts from the second on: the model is drawn to the harmonics faster.
const EAGER: f32 = 1.5;
/// Added to the autocorrelation at lag 0, against resonances that are sharper than any of speech.
const WHITE: f32 = 1e-4;

/// The model, kept from frame to frame; owns plans and scratch.
pub(super) struct AllPole {
    poles: usize,
    step_hz: f64,
    /// The spacing of the harmonics, in steps of the grid.
    unit: f32,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    real: Vec<f32>,
    complex: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Levels of the model on the grid, in log2 of the power.
    grid: Vec<f32>,
    /// Levels of the harmonics from number 0 on, and what the model leaves of them.
    levels: Vec<f32>,
    rest: Vec<f32>,
    /// The two as functions: of the place on the grid, and of the number of the harmonic.
    model: Cubics,
    residual: Cubics,
    coefficients: Vec<f32>,
    before: Vec<f32>,
    first: bool,
}

impl AllPole {
    pub(super) fn new(rate: f64) -> Self {
        let top = TOP.min(rate / 2.0);
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(2 * GRID);
        let inverse = planner.plan_fft_inverse(2 * GRID);
        Self {
            poles: (((POLES - 2.0) * top / TOP).round() as usize + 2).min(GRID / 2),
            step_hz: top / GRID as f64,
            unit: 1.0,
            real: forward.make_input_vec(),
            complex: forward.make_output_vec(),
            scratch: vec![Complex::default(); forward.get_scratch_len().max(inverse.get_scratch_len())],
            forward,
            inverse,
            grid: vec![0.0; GRID + 1],
            levels: Vec::new(),
            rest: Vec::new(),
            model: Cubics::default(),
            residual: Cubics::default(),
            coefficients: Vec::new(),
            before: Vec::new(),
            first: true,
        }
    }

    /// Forgets earlier frames.
    pub(super) fn reset(&mut self) {
        self.first = true;
    }

    /// Fits the model to the levels (log2 of the power) of the harmonics 1, 2, ... of `f0` Hz, of which there is at
    /// least one.
    pub(super) fn fit(&mut self, levels: &[f32], f0: f64) {
        self.unit = (f0 / self.step_hz) as f32;
        self.levels.clear();
        // Below the first harmonic the envelope goes on as it is there.
        self.levels.extend(levels.first());
        self.levels.extend_from_slice(levels);
        if !self.first {
            self.find_rest();
            // A model that leaves more than it explains (speech has changed, or ends at the edge of a band) is of no use.
            let below = ((GRID as f32 / self.unit) as usize).min(self.levels.len());
            let levels = self.levels.get(..below).unwrap_or(&self.levels);
            let rest = self.rest.get(..below).unwrap_or(&self.rest);
            self.first = roughness(rest) > roughness(levels);
        }
        let eager = if self.first { 1.0 } else { EAGER };
        if self.first {
            self.grid.fill(0.0);
            self.rest.clone_from(&self.levels);
        }
        self.first = false;
        self.residual.join(&self.rest);
        let mut top = f32::MIN;
        let per_step = 1.0 / self.unit;
        wide!({
            for (j, level) in self.grid.iter_mut().enumerate() {
                *level += eager * self.residual.at(j as f32 * per_step);
                top = top.max(*level);
            }
        });
        self.predict(top);
        self.model.join(&self.grid);
        self.find_rest();
        self.residual.join(&self.rest);
    }

    /// The envelope at `k` times the fundamental that it was fitted at, in log2 of the power: the model and, between the harmonics, cubics through what
    /// it leaves.
    #[inline(always)]
    pub(super) fn level(&self, k: f32) -> f32 {
        self.model.at(k * self.unit) + self.residual.at(k)
    }

    fn find_rest(&mut self) {
        self.rest.clear();
        wide!({
            for (k, level) in self.levels.iter().enumerate() {
                self.rest.push(level - self.model.at(k as f32 * self.unit));
            }
        });
        if let [zeroth, first, ..] = self.rest.as_mut_slice() {
            *zeroth = *first;
        }
    }

    /// Replaces the grid, whose highest level is `top`, by that of the all-pole model that predicts it.
    fn predict(&mut self, top: f32) {
        wide!({
            for (power, level) in self.complex.iter_mut().zip(&self.grid) {
                *power = Complex::new(exp2((level - top).max(-100.0)), 0.0);
            }
        });
        // The buffers have the lengths that realfft asked for: its length errors can't occur.
        let _ = self
            .inverse
            .process_with_scratch(&mut self.complex, &mut self.real, &mut self.scratch);
        self.durbin();
        self.real.fill(0.0);
        for (to, coefficient) in self.real.iter_mut().zip(&self.coefficients) {
            *to = *coefficient;
        }
        let _ = self
            .forward
            .process_with_scratch(&mut self.real, &mut self.complex, &mut self.scratch);
        wide!({
            for (level, value) in self.grid.iter_mut().zip(&self.complex) {
                *level = -log2(value.norm_sqr() + 1e-20);
            }
        });
    }

    /// The prediction filter 1, a1, a2, ... from the autocorrelation in `real` (Levinson and Durbin's recursion).
    fn durbin(&mut self) {
        let (r, a) = (&self.real, &mut self.coefficients);
        a.clear();
        a.resize(self.poles + 1, 0.0);
        a[0] = 1.0;
        let mut error = r[0] * (1.0 + WHITE);
        // `real` holds 2 GRID values, the coefficients `poles` more than one.
        for i in 1..=self.poles {
            if error <= 0.0 {
                break;
            }
            let sum: f32 = r[i] + (1..i).map(|j| a[j] * r[i - j]).sum::<f32>();
            let reflection = -sum / error;
            self.before.clear();
            self.before.extend_from_slice(&a[..i]);
            a[i] = reflection;
            for (value, before) in a[1..i].iter_mut().zip(self.before[1..].iter().rev()) {
                *value += reflection * before;
            }
            error *= 1.0 - reflection * reflection;
        }
    }
}

/// The sum of the squares of second differences.
fn roughness(values: &[f32]) -> f32 {
    values
        .windows(3)
        .map(|w| (w[0] + w[2] - 2.0 * w[1]).powi(2))
        .sum()
}
