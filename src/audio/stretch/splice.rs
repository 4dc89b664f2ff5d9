//! Where to jump, and how far.
//!
//! Between jumps the reading position runs away from its due place, at `rate - speed` input samples per output
//! sample. A jump brings it back. Each is chosen from all places and lags within reach by a cost: how much the two
//! crossfaded stretches differ, relative to the level around, plus how far the position is off on either side.
//! The lag is then refined to a fraction of a sample, because the pitch heard across a jump depends on it.

use super::kernel::dot;
use super::search::{BLOCK, Search, Window};
use crate::audio::wide::wide;

/// Crossfade in seconds of output, for moderate changes.
const FADE: f64 = 0.028;
/// Drift in input samples per output sample up to which the crossfade has that length; above, it gets shorter.
const MODERATE_DRIFT: f64 = 0.5;
/// Shortest jump in seconds: the period of 400 Hz.
const SHORTEST: f64 = 0.0025;
/// The longest jump is this much longer; at 17.5 ms it is the period of 57 Hz.
const SPAN: f64 = 0.015;
/// How far past its due place a position may be when the next jump starts, in longest jumps.
const LATEST: f64 = 0.6;
/// The refinement compares this much more than the crossfade on both sides, in seconds.
const EXTENT: f64 = 0.004;

/// Places searched for one jump at most (4 s), to bound memory where the drift is tiny.
const MOST_PLACES: usize = 4_096;

/// How the input is to be traversed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Motion {
    /// Input samples to advance per output sample, on average.
    pub(super) speed: f64,
    /// Input samples to advance per output sample, between jumps.
    pub(super) rate: f64,
}

/// One jump of the reading position.
#[derive(Debug, Clone, Copy)]
pub(super) struct Splice {
    /// First output sample of the crossfade.
    pub(super) start: usize,
    /// Length of the crossfade in output samples.
    pub(super) len: usize,
    /// How far the reading position jumps, in input samples.
    pub(super) lag: f64,
    /// Correlation of the crossfaded stretches, 0 to 1.
    pub(super) likeness: f32,
}

/// Finds the jumps for signals of one sample rate.
#[derive(Debug)]
pub(super) struct Planner {
    rate: f64,
    search: Search,
    /// The input between two margins of zeros.
    padded: Vec<f32>,
    splices: Vec<Splice>,
}

/// What follows from a motion; lengths in full-rate samples unless said otherwise.
#[derive(Debug, Clone, Copy)]
struct Reach {
    motion: Motion,
    /// Input samples that the position runs away per output sample, of either sign.
    drift: f64,
    /// Crossfade in output samples.
    fade: usize,
    /// Shortest and longest lag in low-rate samples.
    lags: (usize, usize),
    /// Zeros to put before and after the input.
    margin: usize,
}

impl Planner {
    pub(super) fn new(rate: f64) -> Self {
        Self {
            rate,
            search: Search::new(rate),
            padded: Vec::new(),
            splices: Vec::new(),
        }
    }

    /// The jumps, in order and without overlap, that turn `input` into `len` output samples.
    pub(super) fn plan(&mut self, input: &[f32], motion: Motion, len: usize) -> &[Splice] {
        self.splices.clear();
        let reach = self.reach(motion);
        if reach.drift.abs() * len as f64 >= 1.0 {
            self.padded.clear();
            self.padded.resize(reach.margin, 0.0);
            self.padded.extend_from_slice(input);
            self.padded.resize(input.len() + 2 * reach.margin, 0.0);
            self.search.load(&self.padded);
            let mut offset = 0.0;
            let mut from = 0;
            while let Some((start, lag)) = self.next(&reach, offset, from, len) {
                let splice = self.refine(&reach, offset, start, lag);
                offset += splice.lag;
                from = start + reach.fade;
                self.splices.push(splice);
            }
        }
        &self.splices
    }

    fn reach(&self, motion: Motion) -> Reach {
        let drift = motion.rate - motion.speed;
        let step = self.search.step() as f64;
        let fade = (FADE * self.rate / (drift.abs() / MODERATE_DRIFT).max(1.0))
            .round()
            .max(4.0);
        // A jump must bring back at least what its own crossfade runs away.
        let shortest = (SHORTEST * self.rate).max(1.05 * drift.abs() * fade);
        let longest = shortest + SPAN * self.rate;
        let lags = (
            (shortest / step).ceil() as usize,
            (longest / step).floor() as usize,
        );
        // Generous: a window that still leaves the padded signal only ends the jumps early.
        let margin = 4.0 * longest + 2.0 * fade * motion.rate.max(motion.speed) + 0.1 * self.rate;
        Reach {
            motion,
            drift,
            fade: fade as usize,
            lags,
            margin: margin as usize,
        }
    }

    /// The next jump from output sample `from` on: (its first output sample, its lag in low-rate samples).
    fn next(&mut self, reach: &Reach, offset: f64, from: usize, len: usize) -> Option<(usize, usize)> {
        let step = self.search.step() as f64;
        let Reach {
            motion,
            drift,
            fade,
            lags: (shortest, longest),
            margin,
        } = *reach;
        // How far past its due place the position is in the middle of a crossfade from `t`.
        let past = |t: f64| (offset + drift * (t + fade as f64 / 2.0)) * drift.signum();
        let until = |distance: f64| from as f64 + (distance - past(from as f64)) / drift.abs();
        let first = until(0.5 * shortest as f64 * step).max(from as f64);
        let last = until(LATEST * longest as f64 * step)
            .max(first)
            .min(len.checked_sub(fade)? as f64);
        if first > last {
            return None;
        }
        let low_position = |t: f64| ((offset + motion.rate * t + margin as f64) / step).max(0.0);
        let begin = low_position(first).round() as usize;
        let output_time = |low: usize| ((low as f64 * step) - margin as f64 - offset) / motion.rate;
        let output_per_place = BLOCK as f64 * step / motion.rate;
        let blocks = (fade as f64 / output_per_place).round().max(1.0) as usize;
        let (place, lag) = self.search.cheapest(&Window {
            begin,
            places: (((last - first) / output_per_place) as usize + 1).min(MOST_PLACES),
            blocks,
            lags: shortest..=longest,
            forward: drift < 0.0,
            past: past(output_time(begin)) / step,
            past_per_place: drift.abs() * output_per_place / step,
        })?;
        let start = output_time(begin + place * BLOCK).round() as usize;
        Some((start.clamp(from, len - fade), lag))
    }

    /// Finds the lag to a fraction of a sample near one found by the search.
    fn refine(&self, reach: &Reach, offset: f64, start: usize, lag: usize) -> Splice {
        let extent = EXTENT * self.rate;
        let length = (reach.fade as f64 * reach.motion.rate + 2.0 * extent) as usize;
        let begin = offset + reach.motion.rate * start as f64 + reach.margin as f64 - extent;
        let begin = begin.round() as isize;
        let sign = if reach.drift < 0.0 { 1 } else { -1 };
        let stretch = |at: isize| self.padded.get(usize::try_from(at).ok()?..)?.get(..length);
        let leaving = stretch(begin).unwrap_or(&[]);
        let energy = f64::from(dot(leaving, leaving));
        // (squared difference, correlation)
        let compare = |lag: isize| {
            let entering = stretch(begin + sign * lag)?;
            let (other, product) = wide!((dot(entering, entering), dot(leaving, entering)));
            let (other, product) = (f64::from(other), f64::from(product));
            Some((
                energy + other - 2.0 * product,
                product / (energy * other).sqrt().max(1e-30),
            ))
        };
        let (coarse, around) = ((lag * self.search.step()) as isize, self.search.step() as isize);
        let mut best = (f64::INFINITY, 0.0, coarse);
        for lag in coarse - around..=coarse + around {
            if let Some((difference, likeness)) = compare(lag)
                && difference < best.0
            {
                best = (difference, likeness, lag);
            }
        }
        let (least, likeness, lag) = best;
        let fraction = match (compare(lag - 1), compare(lag + 1)) {
            // The vertex of the parabola through the three differences.
            (Some((before, _)), Some((after, _))) if before + after > 2.0 * least => {
                (0.5 * (before - after) / (before + after - 2.0 * least)).clamp(-0.5, 0.5)
            }
            _ => 0.0,
        };
        Splice {
            start,
            len: reach.fade,
            lag: sign as f64 * (lag as f64 + fraction),
            likeness: likeness.clamp(0.0, 1.0) as f32,
        }
    }
}
