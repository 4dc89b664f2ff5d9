//! The harmonics of a frame of speech and what takes them to the envelope at other frequencies.

use super::all_pole::AllPole;
use super::logarithm::{exp2, log2};
use crate::audio::wide::wide;
use realfft::{ComplexToReal, RealFftPlanner};
use rustfft::num_complex::Complex;
use std::sync::Arc;

/// Range of fundamentals, in Hz.
const LOWEST: f64 = 60.0;
const HIGHEST: f64 = 420.0;
/// Fundamental taken where none is found, in Hz: the resolution for whispers and consonants.
const UNVOICED: f64 = 120.0;
/// Correlation with itself one period later from which a frame counts as voiced.
const VOICED: f32 = 0.25;
/// Of several periods (a multiple of a period is one too), the first within this share of the best is taken.
const NEAR_BEST: f32 = 0.85;
/// The most that a harmonic is raised or lowered, in octaves of power (33 dB).
const LIMIT: f32 = 11.0;
/// The most that the envelope rises above the two harmonics beside it, in octaves of power (6 dB).
const SWELL: f32 = 2.0;
/// Bins on either side of a harmonic that get its gain, and the largest share of the spacing that they may take.
const FLAT: f32 = 1.2;
const FLAT_SHARE: f32 = 0.35;

/// Estimates envelopes of frames of one size and moves them; owns plans and scratch.
pub(super) struct Envelope {
    bin_hz: f64,
    inverse: Arc<dyn ComplexToReal<f32>>,
    half_spectrum: Vec<Complex<f32>>,
    correlation: Vec<f32>,
    scratch: Vec<Complex<f32>>,
    /// What the autocorrelation is to be multiplied with to undo the window, for each lag of a period.
    unbias: Vec<f32>,
    /// Shortest period, in lags.
    shortest: usize,
    power: Vec<f32>,
    levels: Vec<f32>,
    gains: Vec<f32>,
    model: AllPole,
}

impl Envelope {
    /// For frames of `window.len()` samples under this window.
    pub(super) fn new(rate: f64, window: &[f32]) -> Self {
        // The lower half of the spectrum tells the period; an FFT of half the size has lags two samples apart.
        let (size, small) = (window.len(), (window.len() / 2).max(16) & !1);
        let inverse = RealFftPlanner::new().plan_fft_inverse(small);
        let lag = size as f64 / small as f64;
        let shortest = (rate / lag / HIGHEST).floor().max(2.0) as usize;
        let longest = ((rate / lag / LOWEST).ceil() as usize + 1).min(small / 2 - 1);
        let overlap = |lag: f64| -> f64 {
            let later = window.get(lag.round() as usize..).unwrap_or(&[]);
            window.iter().zip(later).map(|(a, b)| f64::from(a * b)).sum()
        };
        let unbias = |lags: usize| (overlap(0.0) / overlap(lags as f64 * lag).max(1e-9)) as f32;
        Self {
            bin_hz: rate / size as f64,
            half_spectrum: inverse.make_input_vec(),
            correlation: inverse.make_output_vec(),
            scratch: inverse.make_scratch_vec(),
            inverse,
            unbias: (shortest..=longest).map(unbias).collect(),
            shortest,
            power: Vec::new(),
            levels: Vec::new(),
            gains: Vec::new(),
            model: AllPole::new(rate),
        }
    }

    /// Forgets earlier frames.
    pub(super) fn reset(&mut self) {
        self.model.reset();
    }

    /// Filters the spectrum of a frame so that its envelope at `f` becomes what it was at `f * ratio`, times `norm`.
    /// False for silence, which is left as it is.
    pub(super) fn warp(&mut self, spectrum: &mut [Complex<f32>], ratio: f32, norm: f32) -> bool {
        self.power.resize(spectrum.len(), 0.0);
        wide!({
            for (power, value) in self.power.iter_mut().zip(&*spectrum) {
                *power = value.norm_sqr();
            }
        });
        let f0 = self.fundamental();
        let spacing = (f0 / self.bin_hz) as f32;
        if !wide!(self.weigh_harmonics(spacing)) {
            return false;
        }
        self.model.fit(&self.levels, f0);
        // The levels hold the power times the square of the frequency.
        let tilt = -2.0 * ratio.log2();
        let model = &self.model;
        let gains = &mut self.gains;
        gains.clear();
        wide!({
            for (i, level) in self.levels.iter().enumerate() {
                let place = (i + 1) as f32 * ratio;
                // Between two harmonics a model may put a resonance that nothing speaks for.
                let below = (place as usize).clamp(1, self.levels.len()) - 1;
                let beside = self
                    .levels
                    .iter()
                    .skip(below)
                    .take(2)
                    .fold(f32::MIN, |a, &b| a.max(b));
                let there = model.level(place).min(beside + SWELL);
                gains.push(norm * exp2(0.5 * (there - level + tilt).clamp(-LIMIT, LIMIT)));
            }
        });
        wide!(self.apply(spectrum, spacing));
        true
    }

    /// Fills `levels` with the power around each harmonic, times the square of its number, which takes the tilt of a
    /// voice out; in log2. False for silence.
    #[inline(always)]
    fn weigh_harmonics(&mut self, spacing: f32) -> bool {
        let power = &self.power;
        let last = power.len().saturating_sub(1);
        let count = ((last as f32 / spacing - 0.5) as usize).max(1);
        let at = |bin: usize| power.get(bin).copied().unwrap_or(0.0);
        let mut top = 0.0f32;
        self.levels.clear();
        for k in 1..=count {
            // From half a spacing below to half a spacing above, with parts of the bins at both ends.
            let from = (k as f32 - 0.5) * spacing + 0.5;
            let to = from + spacing;
            let (first, end) = (from as usize, (to as usize).min(last));
            let whole: f32 = power.get(first..end).unwrap_or(&[]).iter().sum();
            let sum = whole + (to - end as f32).min(1.0) * at(end) - (from - first as f32) * at(first);
            let level = sum.max(0.0) * (k * k) as f32;
            top = top.max(level);
            self.levels.push(level);
        }
        // 100 dB below the top, and never the logarithm of zero.
        let floor = top * 1e-10 + 1e-30;
        for level in &mut self.levels {
            *level = log2(*level + floor);
        }
        top > 0.0
    }

    /// Multiplies bins by the gains of the harmonics around them: flat near each, straight lines in between.
    #[inline(always)]
    fn apply(&self, spectrum: &mut [Complex<f32>], spacing: f32) {
        let len = spectrum.len();
        let bin = |k: usize| ((k as f32 * spacing).ceil() as usize).min(len);
        let (Some(&first), Some(&last)) = (self.gains.first(), self.gains.last()) else {
            return;
        };
        let flat = (FLAT / spacing).min(FLAT_SHARE);
        let (steep, per_bin) = (1.0 / (1.0 - 2.0 * flat), 1.0 / spacing);
        let mut done = bin(1);
        spectrum[..done].iter_mut().for_each(|value| *value *= first);
        for (i, pair) in self.gains.windows(2).enumerate() {
            let &[here, next] = pair else { continue };
            let (start, end) = ((i + 1) as f32 * spacing, bin(i + 2).max(done));
            for (value, at) in spectrum[done..end].iter_mut().zip(done..) {
                let t = (at as f32 - start) * per_bin;
                *value *= here + (next - here) * ((t - 0.5) * steep + 0.5).clamp(0.0, 1.0);
            }
            done = end;
        }
        spectrum[done..].iter_mut().for_each(|value| *value *= last);
    }

    /// The fundamental in Hz, from the first high peak of the autocorrelation of the magnitudes, whose square root
    /// keeps one strong formant from ruling it.
    fn fundamental(&mut self) -> f64 {
        wide!({
            for (to, power) in self.half_spectrum.iter_mut().zip(&self.power) {
                *to = Complex::new(power.sqrt(), 0.0);
            }
        });
        if let Some(constant) = self.half_spectrum.first_mut() {
            *constant = Complex::default();
        }
        let transformed = self.inverse.process_with_scratch(
            &mut self.half_spectrum,
            &mut self.correlation,
            &mut self.scratch,
        );
        let energy = self.correlation.first().copied().unwrap_or(0.0);
        if transformed.is_err() || energy <= 0.0 {
            return UNVOICED;
        }
        let periods = self.correlation.iter_mut().skip(self.shortest);
        for (value, unbias) in periods.zip(&self.unbias) {
            *value *= unbias;
        }
        let lags = self.correlation.get(self.shortest..).unwrap_or(&[]);
        let lags = lags.get(..self.unbias.len()).unwrap_or(lags);
        let is_peak = |w: &[f32]| w[1] >= w[0] && w[1] > w[2];
        let peaks = || lags.windows(3).enumerate().filter(|(_, w)| is_peak(w));
        let best = peaks().map(|(_, w)| w[1]).fold(0.0, f32::max);
        if best < VOICED * energy {
            return UNVOICED;
        }
        let Some((i, w)) = peaks().find(|(_, w)| w[1] >= NEAR_BEST * best) else {
            return UNVOICED;
        };
        // The vertex of the parabola through the three values.
        let bend = w[0] + w[2] - 2.0 * w[1];
        let shift = if bend < 0.0 {
            (0.5 * (w[0] - w[2]) / bend).clamp(-0.5, 0.5)
        } else {
            0.0
        };
        let lag = (self.shortest + i + 1) as f64 + f64::from(shift);
        self.bin_hz * self.correlation.len() as f64 / lag
    }
}
