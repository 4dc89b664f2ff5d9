//! The spectral envelope of a frame of speech: the levels of its harmonics, joined.

use realfft::{ComplexToReal, RealToComplex};
use rustfft::num_complex::Complex;
use std::f64::consts::PI;
use std::sync::Arc;

/// Range of fundamentals, in Hz.
const LOWEST: f64 = 60.0;
const HIGHEST: f64 = 420.0;
/// Fundamental taken where none is found, in Hz: the resolution for whispers and consonants.
const UNVOICED: f64 = 200.0;
/// Correlation with itself one period later from which a frame counts as voiced.
const VOICED: f32 = 0.4;
/// Of several periods (a multiple of a period is one too), the first within this share of the best is taken.
const NEAR_BEST: f32 = 0.85;

/// Estimates envelopes; owns plans and scratch for one frame size.
pub(super) struct Envelope {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// Hann window.
    window: Vec<f32>,
    /// What the autocorrelation is to be multiplied with to undo the window, for each lag of a period.
    unbias: Vec<f32>,
    /// Shortest period, in samples.
    shortest: usize,
    bin_hz: f64,
    frame: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    power: Vec<f32>,
    /// Peaks: (position in bins, log2 of the power).
    peaks: Vec<(f32, f32)>,
    levels: Vec<f32>,
}

impl Envelope {
    pub(super) fn new(
        rate: f64,
        size: usize,
        forward: Arc<dyn RealToComplex<f32>>,
        inverse: Arc<dyn ComplexToReal<f32>>,
    ) -> Self {
        let window: Vec<f64> = (0..size)
            .map(|i| (PI * (i as f64 + 0.5) / size as f64).sin().powi(2))
            .collect();
        let shortest = (rate / HIGHEST).floor().max(2.0) as usize;
        let longest = ((rate / LOWEST).ceil() as usize).min(size / 2);
        let overlap = |lag: usize| -> f64 { window.iter().zip(&window[lag..]).map(|(a, b)| a * b).sum() };
        let unbias = (shortest..longest)
            .map(|lag| (overlap(0) / overlap(lag)) as f32)
            .collect();
        let scratch = vec![Complex::default(); forward.get_scratch_len().max(inverse.get_scratch_len())];
        Self {
            window: window.into_iter().map(|v| v as f32).collect(),
            unbias,
            shortest,
            bin_hz: rate / size as f64,
            frame: vec![0.0; size],
            spectrum: forward.make_output_vec(),
            scratch,
            power: Vec::new(),
            peaks: Vec::new(),
            levels: Vec::new(),
            forward,
            inverse,
        }
    }

    /// The envelope of the frame of `input` that starts at sample `start` (zeros outside): log2 of the power, for
    /// each bin. Only differences between bins mean something.
    pub(super) fn levels(&mut self, input: &[f32], start: isize) -> &[f32] {
        self.levels.clear();
        self.levels.resize(self.spectrum.len(), 0.0);
        for (i, (to, window)) in self.frame.iter_mut().zip(&self.window).enumerate() {
            let sample = usize::try_from(start + i as isize)
                .ok()
                .and_then(|at| input.get(at));
            *to = sample.map_or(0.0, |v| v * window);
        }
        if self
            .forward
            .process_with_scratch(&mut self.frame, &mut self.spectrum, &mut self.scratch)
            .is_ok()
        {
            self.power.clear();
            self.power.extend(self.spectrum.iter().map(Complex::norm_sqr));
            let spacing = self.fundamental() / self.bin_hz;
            self.find_peaks(spacing as f32);
            self.join_peaks();
        }
        &self.levels
    }

    /// The fundamental in Hz, from the first high peak of the autocorrelation.
    fn fundamental(&mut self) -> f64 {
        self.spectrum
            .iter_mut()
            .zip(&self.power)
            .for_each(|(to, power)| *to = Complex::new(*power, 0.0));
        if self
            .inverse
            .process_with_scratch(&mut self.spectrum, &mut self.frame, &mut self.scratch)
            .is_err()
        {
            return UNVOICED;
        }
        let energy = self.frame.first().copied().unwrap_or(0.0);
        let at = |lag: usize| -> f32 {
            let unbias = lag.checked_sub(self.shortest).and_then(|i| self.unbias.get(i));
            unbias.zip(self.frame.get(lag)).map_or(0.0, |(u, v)| u * v)
        };
        let lags = self.shortest + 1..self.shortest + self.unbias.len().saturating_sub(1);
        let is_peak = |lag: &usize| at(*lag) >= at(lag - 1) && at(*lag) > at(lag + 1);
        let best = lags.clone().filter(is_peak).map(at).fold(0.0, f32::max);
        if energy <= 0.0 || best < VOICED * energy {
            return UNVOICED;
        }
        let first = lags
            .clone()
            .filter(is_peak)
            .find(|lag| at(*lag) >= NEAR_BEST * best);
        first.map_or(UNVOICED, |lag| self.bin_hz * self.frame.len() as f64 / lag as f64)
    }

    /// Fills `peaks` with the highest bin of each stretch of `spacing` bins, counted from the last peak.
    fn find_peaks(&mut self, spacing: f32) {
        self.peaks.clear();
        let top = self.power.iter().fold(0.0f32, |a, &b| a.max(b));
        // 100 dB below the top, and never the logarithm of zero.
        let floor = top * 1e-10 + 1e-30;
        let mut centre = spacing;
        loop {
            let from = ((centre - 0.5 * spacing).round() as usize).max(1);
            let to = ((centre + 0.5 * spacing).round() as usize).max(from + 1);
            let Some(powers) = self.power.get(from..to) else {
                break;
            };
            let (i, power) =
                powers.iter().enumerate().fold(
                    (0, 0.0f32),
                    |best, (i, &power)| {
                        if power > best.1 { (i, power) } else { best }
                    },
                );
            let bin = from + i;
            let level = |bin: usize| (self.power.get(bin).copied().unwrap_or(0.0) + floor).log2();
            let mut peak = (bin as f32, (power + floor).log2());
            let (before, after) = (level(bin - 1), level(bin + 1));
            if power > 0.0 && before < peak.1 && after < peak.1 {
                // The vertex of the parabola through the logarithms.
                let shift = 0.5 * (before - after) / (before + after - 2.0 * peak.1);
                peak = (peak.0 + shift, peak.1 - 0.25 * (before - after) * shift);
            }
            self.peaks.push(peak);
            centre = bin as f32 + spacing;
        }
    }

    /// Fills `levels` with cubics through the peaks; constant before the first and after the last.
    fn join_peaks(&mut self) {
        let (Some(&first), Some(&last)) = (self.peaks.first(), self.peaks.last()) else {
            return;
        };
        // The first bin at or after a position; positions lie within the spectrum, half a bin more at most.
        let (len, levels) = (self.levels.len(), &mut self.levels);
        let bin = |position: f32| (position.ceil() as usize).min(len);
        levels[..bin(first.0)].fill(first.1);
        levels[bin(last.0)..].fill(last.1);
        let slope = |a: (f32, f32), b: (f32, f32)| if b.0 > a.0 { (b.1 - a.1) / (b.0 - a.0) } else { 0.0 };
        for (i, pair) in self.peaks.windows(2).enumerate() {
            let &[a, b] = pair else { continue };
            let before = self.peaks[i.saturating_sub(1)];
            let after = self.peaks.get(i + 2).copied().unwrap_or(b);
            let width = (b.0 - a.0).max(f32::MIN_POSITIVE);
            // Cubic Hermite in powers of t, its slopes those of the chords around.
            let (m0, m1, rise) = (slope(before, b) * width, slope(a, after) * width, b.1 - a.1);
            let (c2, c3) = (3.0 * rise - 2.0 * m0 - m1, m0 + m1 - 2.0 * rise);
            let from = bin(a.0);
            for (level, bin) in levels[from..bin(b.0).max(from)].iter_mut().zip(from..) {
                let t = (bin as f32 - a.0) / width;
                *level = a.1 + t * (m0 + t * (c2 + t * c3));
            }
        }
    }
}
