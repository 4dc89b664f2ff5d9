//! Time stretching and pitch shifting of speech.
//!
//! The whole signal is known, so the engine works on the waveform: it reads the input at a constant rate and, from
//! time to time, jumps by a stretch of signal that matches itself (in voiced speech: whole pitch periods) under a
//! crossfade. What lies between two jumps is the input itself, so clicks, level and timbre stay as they were. The
//! price: a sound may come up to 10 ms from its due place, and chords, which no jump fits, get rough.
//!
//! * `splice` decides where to jump and how far, by a `search` at a low rate;
//! * `reader` reads at fractional positions through a `kernel` and crossfades;
//! * `formant` moves the spectral `envelope` before a pitch shift, so that it ends where it was: an `all_pole` model of
//!   the harmonics, with `cubic`s through what it leaves.
//!
//! What was tried, on six sentences of synthetic speech at 16 kHz (half the interquartile range of the f0 error in cents,
//! and log-spectral distance in dB after the way back, for a shift by -4 / +4 semitones; f0 and distance from the
//! warped input for factors 0.75 / 1.25):
//!
//! | | shift: f0 | way back | stretch: f0 | distance |
//! |---|---|---|---|---|
//! | crossfades of 8 ms, lag refined over them alone, weak pull to the due place | 2.7 / 1.8 | 2.4 / 1.4 | | 3.1 / 2.2 |
//! | crossfades of 10 ms, strong pull | 2.6 / 1.6 | 2.1 / 1.2 | | 2.4 / 2.1 |
//! | crossfades of 28 ms, lag refined over 36 ms (this) | 1.7 / 1.4 | 2.0 / 1.4 | 2.0 / 3.0 | 2.2 / 2.1 |
//! | crossfades of 40 ms: successive periods drift apart within one | 2.2 / 1.8 | 2.1 / 1.6 | | 1.8 / 2.3 |
//! | crossfades as long as the position takes to run away by their lag, 10 to 40 ms | 1.9 / 1.8 | 2.0 / 1.5 | 2.0 / 2.7 | 2.0 / 2.1 |
//! | one period at a time under two-period windows (TD-PSOLA), periods from the waveform | | | 3.0 / 4.9 | 2.3 / 2.1 |
//! | a phase vocoder with 120 ms windows (Signalsmith Stretch) | 1.2 / 1.3 | 2.1 / 1.5 | 2.6 / 2.9 | 2.4 / 2.4 |
//! | Rubber Band R3 | 1.6 / 1.4 | 2.4 / 2.0 | 2.1 / 3.3 | 2.2 / 2.0 |
//!
//! On a voice that is made of harmonics with known f0 contours (those of the six sentences) this measures 0.9 / 1.1 for
//! the stretch, and the same voice made anew at the other tempo 1.4 / 1.2: the measure itself tells no less. What
//! sentences add, they add for every tool: the windows of the measure see other parts of a moving spectrum after a
//! stretch.

mod all_pole;
mod cubic;
mod envelope;
mod formant;
mod kernel;
mod logarithm;
mod reader;
mod search;
mod splice;

use super::level;
use super::wide::wide;
use formant::EnvelopeKeeper;
use reader::Reader;
use splice::{Motion, Planner};

/// The range of tempo factors that [`Stretcher::stretch`] takes; others are clamped to it.
pub const FACTORS: std::ops::RangeInclusive<f64> = 0.25..=4.0;
/// The range of semitones that [`Stretcher::pitch`] takes; others are clamped to it.
pub const SEMITONES: std::ops::RangeInclusive<f64> = -24.0..=24.0;

/// What becomes of the formants (the resonances of the vocal tract) when the pitch is shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Formants {
    /// They move with the pitch, as when a recording is played faster: the speaker seems smaller or larger.
    Moved,
    /// They stay where they are: the same speaker at another pitch.
    Kept,
}

/// Stretches and shifts mono signals of one sample rate; owns tables and scratch, so keep one per thread.
///
/// Equal calls give equal bytes, whatever was computed before. Results are finite for any finite input;
/// samples that are not finite count as silence.
#[derive(Debug)]
pub struct Stretcher {
    planner: Planner,
    reader: Reader,
    keeper: EnvelopeKeeper,
    scaled: Vec<f32>,
}

impl Stretcher {
    /// Prepares for signals of `rate` Hz. Made for 8 to 48 kHz; works, with less care for detail, at others.
    pub fn new(rate: u32) -> Self {
        let rate = f64::from(rate.clamp(1_000, 384_000));
        Self {
            planner: Planner::new(rate),
            reader: Reader::new(),
            keeper: EnvelopeKeeper::new(rate),
            scaled: Vec::new(),
        }
    }

    /// Plays `input` at `factor` times its tempo (above 1: faster and shorter) at the same pitch.
    ///
    /// `out` is overwritten with exactly `round(input.len() / factor)` samples. `factor` is clamped to [`FACTORS`];
    /// NaN counts as 1.
    pub fn stretch(&mut self, input: &[f32], factor: f64, out: &mut Vec<f32>) {
        let factor = if factor.is_nan() {
            1.0
        } else {
            factor.clamp(*FACTORS.start(), *FACTORS.end())
        };
        let len = (input.len() as f64 / factor).round() as usize;
        let exponent = self.scale(input);
        self.render(
            Motion {
                speed: factor,
                rate: 1.0,
            },
            len,
            out,
        );
        unscale(out, exponent);
    }

    /// Shifts the pitch of `input` by `semitones` (12 are an octave) at the same duration.
    ///
    /// `out` is overwritten with exactly `input.len()` samples. `semitones` is clamped to [`SEMITONES`]; NaN counts
    /// as 0. A shift upwards drops what would pass the Nyquist frequency; a shift downwards leaves the top empty.
    pub fn pitch(&mut self, input: &[f32], semitones: f64, formants: Formants, out: &mut Vec<f32>) {
        let semitones = if semitones.is_nan() {
            0.0
        } else {
            semitones.clamp(*SEMITONES.start(), *SEMITONES.end())
        };
        let ratio = (semitones / 12.0).exp2();
        let exponent = self.scale(input);
        let motion = Motion {
            speed: 1.0,
            rate: ratio,
        };
        if formants == Formants::Kept && ratio != 1.0 {
            // Where to jump is told by the signal as it was.
            let splices = self.planner.plan(&self.scaled, motion, input.len());
            let warped = self.keeper.warp(&self.scaled, ratio);
            self.reader.read(warped, ratio, splices, input.len(), out);
        } else {
            self.render(motion, input.len(), out);
        }
        unscale(out, exponent);
    }

    /// Copies `input` scaled by a power of two to a peak in [0.5, 1), so that squares neither overflow nor
    /// vanish, and returns the exponent that undoes it.
    fn scale(&mut self, input: &[f32]) -> i32 {
        let peak = level::peak_of_finite(input);
        let exponent = if peak > 0.0 {
            f64::from(peak).log2().floor() as i32 + 1
        } else {
            0
        };
        let gain = (-f64::from(exponent)).exp2();
        let scale = |v: &f32| {
            // Both are computed, and one chosen: a branch would take the samples one by one.
            let scaled = (f64::from(*v) * gain) as f32;
            if v.abs() <= f32::MAX { scaled } else { 0.0 }
        };
        self.scaled.clear();
        wide!(self.scaled.extend(input.iter().map(scale)));
        exponent
    }

    fn render(&mut self, motion: Motion, len: usize, out: &mut Vec<f32>) {
        if motion.rate == 1.0 && motion.speed == 1.0 {
            // Nothing to do, not even to interpolate.
            out.clone_from(&self.scaled);
            return;
        }
        let splices = self.planner.plan(&self.scaled, motion, len);
        self.reader.read(&self.scaled, motion.rate, splices, len, out);
    }
}

/// Multiplies by two to the `exponent`, keeping within the finite numbers.
fn unscale(out: &mut [f32], exponent: i32) {
    // In two steps: 2^128 is no f32.
    let first = (exponent / 2) as f32;
    let second = (exponent - exponent / 2) as f32;
    let (first, second) = (first.exp2(), second.exp2());
    wide!({
        for v in out {
            *v = (*v * first * second).clamp(f32::MIN, f32::MAX);
        }
    });
}

#[cfg(test)]
mod tests;
