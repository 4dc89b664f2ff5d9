//! Where to jump, and how far.
//!
//! Between jumps the reading position runs away from its due place, at `rate - speed` input samples per output
//! sample. A jump brings it back. Each is chosen from all places and lags within reach by a cost: how much the two
//! crossfaded stretches differ, relative to the level around, plus how far the position is off on either side.
//! The search runs on a low-passed, decimated copy; the lag found is refined at the full rate, to a fraction of
//! a sample, because the pitch heard across a jump depends on it.

use super::kernel::dot;
use std::f64::consts::PI;

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

/// Rate in Hz that the search runs at, about: it hears up to half of it.
const SEARCH_RATE: f64 = 4_000.0;
/// Low-rate samples in a block; candidates for the start of a jump are a block apart (1 ms).
const BLOCK: usize = 4;
/// Crossfade, in seconds of output, for moderate changes.
const FADE: f64 = 0.020;
/// Shortest jump and the span of jumps above it, in seconds: pitch periods of 57 to 400 Hz.
const SHORTEST: f64 = 0.0025;
const SPAN: f64 = 0.015;
/// The most that a position runs past its due place before a jump is forced, in longest jumps.
const LATEST: f64 = 0.6;
/// The level that a difference is compared with is taken from this far on both sides, in seconds.
const SURROUNDINGS: f64 = 0.030;
/// The refinement compares this much more than the crossfade on both sides, in seconds.
const EXTENT: f64 = 0.006;
/// Weights of the distance from the due place, and of the lag, both per 10 ms, squared.
const DRIFT_WEIGHT: f64 = 5.0;
const LAG_WEIGHT: f64 = 0.1;

/// Finds the jumps for signals of one sample rate.
#[derive(Debug)]
pub(super) struct Planner {
    rate: f64,
    /// Decimation of the search.
    step: usize,
    lowpass: Vec<f32>,
    padded: Vec<f32>,
    low: Vec<f32>,
    /// Running sum of the squares of `low`; one longer.
    energy: Vec<f64>,
    /// Squared differences: for each block of the window searched, a row with a sum for each lag.
    rows: Vec<f32>,
    sums: Vec<f32>,
    costs: Vec<f32>,
    indices: Vec<f32>,
    splices: Vec<Splice>,
}

/// The lengths that follow from a motion, in full-rate samples unless said otherwise.
#[derive(Debug, Clone, Copy)]
struct Reach {
    /// Drift per output sample, of either sign.
    drift: f64,
    fade: usize,
    /// Shortest and longest lag, in low-rate samples.
    lags: (usize, usize),
    /// Crossfade in blocks.
    blocks: usize,
    margin: usize,
}

impl Planner {
    pub(super) fn new(rate: f64) -> Self {
        let step = (rate / SEARCH_RATE).round().max(1.0) as usize;
        let half = 4 * step;
        let taps = (0..=2 * half).map(|i| {
            let t = i as f64 - half as f64;
            let angle = 0.9 * PI * t / step as f64;
            let window = 0.5 + 0.5 * (PI * t / (half as f64 + 1.0)).cos();
            window * if t == 0.0 { 1.0 } else { angle.sin() / angle } * 0.9 / step as f64
        });
        Self {
            rate,
            step,
            lowpass: taps.map(|v| v as f32).collect(),
            padded: Vec::new(),
            low: Vec::new(),
            energy: Vec::new(),
            rows: Vec::new(),
            sums: Vec::new(),
            costs: Vec::new(),
            indices: Vec::new(),
            splices: Vec::new(),
        }
    }

    fn reach(&self, motion: Motion) -> Reach {
        let drift = motion.rate - motion.speed;
        let step = self.step as f64;
        let fade = (FADE * self.rate / (drift.abs() / 0.5).max(1.0)).max(4.0).round();
        // A jump must bring back at least what its own crossfade runs away.
        let shortest = (SHORTEST * self.rate).max(1.05 * drift.abs() * fade);
        let longest = shortest + SPAN * self.rate;
        let lags = (
            (shortest / step).ceil() as usize,
            (longest / step).floor() as usize,
        );
        let blocks = ((fade * motion.rate / step / BLOCK as f64).round() as usize).max(1);
        let margin = 4.0 * longest + 2.0 * fade * motion.rate.max(motion.speed) + 0.05 * self.rate;
        Reach {
            drift,
            fade: fade as usize,
            lags,
            blocks,
            margin: margin as usize + 2 * self.lowpass.len(),
        }
    }

    /// The jumps, in order and without overlap, that turn `input` into `len` output samples.
    pub(super) fn plan(&mut self, input: &[f32], motion: Motion, len: usize) -> &[Splice] {
        self.splices.clear();
        let reach = self.reach(motion);
        if reach.drift.abs() * len as f64 >= 1.0 {
            self.load(input, reach.margin);
            let mut offset = 0.0;
            let mut from = 0;
            while let Some((start, lag)) = self.search(motion, reach, offset, from, len) {
                let splice = self.refine(motion, reach, offset, start, lag);
                offset += splice.lag;
                from = start + reach.fade;
                self.splices.push(splice);
            }
        }
        &self.splices
    }

    /// Pads and decimates the input.
    fn load(&mut self, input: &[f32], margin: usize) {
        self.padded.clear();
        self.padded.resize(margin, 0.0);
        self.padded.extend_from_slice(input);
        self.padded.resize(input.len() + 2 * margin, 0.0);
        self.low.clear();
        let taps = self.lowpass.len();
        let windows = self.padded.windows(taps).step_by(self.step);
        // The first window is centred on `taps / 2`, a multiple of the step; zeros stand for what comes before.
        self.low.resize(taps / 2 / self.step, 0.0);
        self.low.extend(windows.map(|window| dot(window, &self.lowpass)));
        self.energy.clear();
        self.energy.push(0.0);
        let mut sum = 0.0;
        self.energy.extend(self.low.iter().map(|v| {
            sum += f64::from(v * v);
            sum
        }));
    }

    /// The cheapest jump that starts at output sample `from` or later: (start, lag in low-rate samples).
    fn search(
        &mut self,
        motion: Motion,
        reach: Reach,
        offset: f64,
        from: usize,
        len: usize,
    ) -> Option<(usize, usize)> {
        let Reach {
            drift,
            fade,
            lags: (shortest, longest),
            blocks,
            margin,
        } = reach;
        let step = self.step as f64;
        // How far the position is past its due place in the middle of a crossfade from `t`, in the jump's direction.
        let past = |t: f64| (offset + drift * (t + fade as f64 / 2.0)) * drift.signum();
        let early = 0.5 * shortest as f64 * step;
        let late = LATEST * longest as f64 * step;
        let first = from as f64 + ((early - past(from as f64)) / drift.abs()).max(0.0);
        let last = (from as f64 + (late - past(from as f64)) / drift.abs())
            .max(first)
            .min(len.checked_sub(fade)? as f64);
        if first > last {
            return None;
        }
        let low_position = |t: f64| (offset + motion.rate * t + margin as f64) / step;
        let (begin, end) = (low_position(first), low_position(last));
        if begin < 0.0 {
            return None;
        }
        let begin = begin.round() as usize;
        let candidates = ((end - begin as f64) / BLOCK as f64).max(0.0) as usize + 1;
        let n_lags = longest - shortest + 1;
        self.differences(begin, candidates + blocks, drift < 0.0, shortest, longest)?;

        let radius = (SURROUNDINGS * self.rate / step) as usize;
        let length = blocks * BLOCK;
        let per_lag = step / (0.01 * self.rate);
        self.indices.clear();
        self.indices.extend((0..n_lags).map(|k| k as f32));
        self.sums.clear();
        self.sums.resize(n_lags, 0.0);
        for row in self.rows.chunks_exact(n_lags).take(blocks) {
            self.sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        }
        let (lw, dw) = (LAG_WEIGHT, DRIFT_WEIGHT);
        let mut best = (f32::INFINITY, 0, 0);
        for c in 0..candidates {
            let at = begin + c * BLOCK;
            let (a, b) = (
                at.saturating_sub(radius),
                (at + length + radius).min(self.low.len()),
            );
            let level = (self.energy[b] - self.energy[a]) / (b - a) as f64 * length as f64 + 1e-9;
            let t = (at as f64 * step - margin as f64 - offset) / motion.rate;
            let place = past(t) / (0.01 * self.rate);
            // difference / level + dw (place - lag / 2)^2 + lw lag^2 as a polynomial in the lag's index
            let l0 = shortest as f64 * per_lag;
            let c0 = dw * (place - l0 / 2.0).powi(2) + lw * l0 * l0;
            let c1 = per_lag * (2.0 * lw * l0 - dw * (place - l0 / 2.0));
            let c2 = per_lag * per_lag * (lw + dw / 4.0);
            let (inv, c0, c1, c2) = ((1.0 / level) as f32, c0 as f32, c1 as f32, c2 as f32);
            self.costs.clear();
            self.costs.extend(
                self.sums
                    .iter()
                    .zip(&self.indices)
                    .map(|(sum, k)| sum * inv + (c0 + k * (c1 + k * c2))),
            );
            let cost = smallest(&self.costs);
            if cost < best.0 {
                best = (cost, c, self.costs.iter().position(|v| *v == cost).unwrap_or(0));
            }
            let (old, new) = (&self.rows[c * n_lags..], &self.rows[(c + blocks) * n_lags..]);
            for ((sum, old), new) in self.sums.iter_mut().zip(old).zip(&new[..n_lags]) {
                *sum += new - old;
            }
        }
        let at = (begin + best.1 * BLOCK) as f64;
        let t = ((at * step - margin as f64 - offset) / motion.rate)
            .round()
            .clamp(first.ceil(), last.max(first.ceil()));
        let t = (t as usize).max(from);
        (t + fade <= len).then_some((t, best.2 + shortest))
    }

    fn differences(
        &mut self,
        begin: usize,
        count: usize,
        forward: bool,
        shortest: usize,
        longest: usize,
    ) -> Option<()> {
        let n_lags = longest - shortest + 1;
        self.rows.clear();
        self.rows.resize(count * n_lags, 0.0);
        for (b, row) in self.rows.chunks_exact_mut(n_lags).enumerate() {
            for i in begin + b * BLOCK..begin + (b + 1) * BLOCK {
                let x = *self.low.get(i)?;
                if forward {
                    let others = self.low.get(i + shortest..=i + longest)?;
                    row.iter_mut()
                        .zip(others)
                        .for_each(|(sum, y)| *sum += (x - y) * (x - y));
                } else {
                    let others = self.low.get(i.checked_sub(longest)?..=i - shortest)?;
                    row.iter_mut()
                        .zip(others.iter().rev())
                        .for_each(|(sum, y)| *sum += (x - y) * (x - y));
                }
            }
        }
        Some(())
    }

    /// Finds the lag to a fraction of a sample near one found by the search.
    fn refine(&self, motion: Motion, reach: Reach, offset: f64, start: usize, lag: usize) -> Splice {
        let extent = EXTENT * self.rate;
        let length = (reach.fade as f64 * motion.rate + 2.0 * extent) as usize;
        let begin = (offset + motion.rate * start as f64 + reach.margin as f64 - extent).round() as isize;
        let sign = if reach.drift < 0.0 { 1 } else { -1 };
        let stretch = |at: isize| self.padded.get(usize::try_from(at).ok()?..)?.get(..length);
        let a = stretch(begin).unwrap_or(&[]);
        let energy = f64::from(dot(a, a));
        let coarse = (lag * self.step) as isize;
        let around = self.step as isize;
        let mut best = (f64::INFINITY, 0.0, coarse);
        // (difference, correlation)
        let compare = |lag: isize| {
            let b = stretch(begin + sign * lag)?;
            let (other, product) = (f64::from(dot(b, b)), f64::from(dot(a, b)));
            Some((
                energy + other - 2.0 * product,
                product / (energy * other).sqrt().max(1e-30),
            ))
        };
        for lag in coarse - around..=coarse + around {
            if let Some((difference, likeness)) = compare(lag)
                && difference < best.0
            {
                best = (difference, likeness, lag);
            }
        }
        let (middle, likeness, lag) = best;
        let fraction = match (compare(lag - 1), compare(lag + 1)) {
            (Some((before, _)), Some((after, _))) if before + after > 2.0 * middle => {
                (0.5 * (before - after) / (before + after - 2.0 * middle)).clamp(-0.5, 0.5)
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

fn smallest(values: &[f32]) -> f32 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [f32::INFINITY; 8];
    for chunk in chunks {
        for i in 0..8 {
            lanes[i] = if chunk[i] < lanes[i] { chunk[i] } else { lanes[i] };
        }
    }
    lanes
        .iter()
        .chain(rest)
        .fold(f32::INFINITY, |a, &b| if b < a { b } else { a })
}
