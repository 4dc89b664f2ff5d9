//! The search for a place and a lag at which a signal continues like itself.
//!
//! It runs on a low-passed, decimated copy. The squared differences of a block of samples with every lag are computed
//! once and summed by a sliding window, so that each place costs no more than one block.

use super::kernel::dot;
use crate::audio::wide::wide;
use std::f64::consts::PI;
use std::ops::RangeInclusive;

/// Rate in Hz that the search runs at, about: it hears up to half of it.
const SEARCH_RATE: f64 = 4_000.0;
/// Low-rate samples in a block: places tried are a block (1 ms) apart.
pub(super) const BLOCK: usize = 4;
/// The level that a difference is compared with is taken from this far on both sides, in seconds.
const SURROUNDINGS: f64 = 0.030;
/// Unit of distances from the due place and of lags in the cost, in seconds.
const UNIT: f64 = 0.010;
/// Cost of a distance of one unit from the due place.
const DRIFT_WEIGHT: f64 = 5.0;
/// Cost of a lag of one unit.
const LAG_WEIGHT: f64 = 0.05;

/// What is to be searched; lengths in low-rate samples.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// The first place.
    pub(super) begin: usize,
    /// Number of places, a block apart.
    pub(super) places: usize,
    /// Length of the crossfade, in blocks.
    pub(super) blocks: usize,
    pub(super) lags: RangeInclusive<usize>,
    /// Whether the jump is forward, to what comes later.
    pub(super) forward: bool,
    /// How far the position at the first place is past its due place, in the direction opposite to the jump.
    pub(super) past: f64,
    /// What each further place adds to that.
    pub(super) past_per_place: f64,
}

/// Searches signals of one sample rate.
#[derive(Debug)]
pub(super) struct Search {
    step: usize,
    /// Low-rate samples in a unit of the cost, and in the surroundings.
    unit: f64,
    radius: usize,
    lowpass: Vec<f32>,
    low: Vec<f32>,
    /// Running sum of the squares of `low`; one longer.
    energy: Vec<f64>,
    /// For each block of the window, squared differences for each lag.
    rows: Vec<f32>,
    /// Sum of the rows of the crossfade at the current place.
    sums: Vec<f32>,
    costs: Vec<f32>,
    /// 0, 1, 2, ... to evaluate polynomials at.
    indices: Vec<f32>,
}

impl Search {
    pub(super) fn new(rate: f64) -> Self {
        let step = (rate / SEARCH_RATE).round().max(1.0) as usize;
        let half = 4 * step;
        let tap = |i: usize| {
            let t = i as f64 - half as f64;
            let angle = 0.9 * PI * t / step as f64;
            let window = 0.5 + 0.5 * (PI * t / (half as f64 + 1.0)).cos();
            window * if i == half { 1.0 } else { angle.sin() / angle } * 0.9 / step as f64
        };
        let low_rate = rate / step as f64;
        Self {
            step,
            unit: UNIT * low_rate,
            radius: (SURROUNDINGS * low_rate) as usize,
            lowpass: (0..=2 * half).map(|i| tap(i) as f32).collect(),
            low: Vec::new(),
            energy: Vec::new(),
            rows: Vec::new(),
            sums: Vec::new(),
            costs: Vec::new(),
            indices: Vec::new(),
        }
    }

    /// Samples of the full rate in one of the low rate.
    pub(super) fn step(&self) -> usize {
        self.step
    }

    /// Decimates `signal` (at most 1 in magnitude), whose first and last samples are silent.
    pub(super) fn load(&mut self, signal: &[f32]) {
        let taps = self.lowpass.len();
        self.low.clear();
        // The first window is centred on half its length, a multiple of the step; silence comes before.
        self.low.resize(taps / 2 / self.step, 0.0);
        let (low, lowpass) = (&mut self.low, &self.lowpass);
        wide!({
            // As a plain loop: an iterator that is handed over whole is a function of its own.
            for window in signal.windows(taps).step_by(self.step) {
                low.push(dot(window, lowpass));
            }
        });
        self.energy.clear();
        self.energy.push(0.0);
        let mut sum = 0.0;
        self.energy.extend(self.low.iter().map(|v| {
            sum += f64::from(v * v);
            sum
        }));
    }

    /// The cheapest jump in the window: (index of the place, lag). None if the window leaves the signal.
    pub(super) fn cheapest(&mut self, window: &Window) -> Option<(usize, usize)> {
        wide!(self.weigh(window))
    }

    #[inline(always)]
    fn weigh(&mut self, window: &Window) -> Option<(usize, usize)> {
        let (shortest, longest) = (*window.lags.start(), *window.lags.end());
        let n_lags = (longest + 1).checked_sub(shortest)?;
        self.compare(window, n_lags)?;
        self.indices.clear();
        self.indices.extend((0..n_lags).map(|k| k as f32));
        self.sums.clear();
        self.sums.resize(n_lags, 0.0);
        for row in self.rows.chunks_exact(n_lags).take(window.blocks) {
            self.sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
        }
        // Columns hold rising lags when jumping forward, falling ones when jumping back.
        let (lag, lag_step) = if window.forward {
            (shortest, 1.0)
        } else {
            (longest, -1.0)
        };
        let (lag, lag_step) = (lag as f64 / self.unit, lag_step / self.unit);
        let mut best = (f32::INFINITY, 0, 0);
        for place in 0..window.places {
            let past = (window.past + window.past_per_place * place as f64) / self.unit;
            let scale = (1.0 / self.level(window, place)) as f32;
            // DRIFT_WEIGHT (past - lag / 2)^2 + LAG_WEIGHT lag^2, with lag = lag + k lag_step, by powers of k.
            let middle = past - lag / 2.0;
            let c0 = (DRIFT_WEIGHT * middle * middle + LAG_WEIGHT * lag * lag) as f32;
            let c1 = (lag_step * (2.0 * LAG_WEIGHT * lag - DRIFT_WEIGHT * middle)) as f32;
            let c2 = (lag_step * lag_step * (LAG_WEIGHT + DRIFT_WEIGHT / 4.0)) as f32;
            self.costs.clear();
            let columns = self.sums.iter().zip(&self.indices);
            self.costs
                .extend(columns.map(|(sum, k)| sum * scale + (c0 + k * (c1 + k * c2))));
            let cost = smallest(&self.costs);
            if cost < best.0 {
                best = (cost, place, self.costs.iter().position(|v| *v == cost)?);
            }
            let leaving = self.rows.chunks_exact(n_lags).nth(place)?;
            let entering = self.rows.chunks_exact(n_lags).nth(place + window.blocks)?;
            for ((sum, old), new) in self.sums.iter_mut().zip(leaving).zip(entering) {
                *sum += new - old;
            }
        }
        let (_, place, column) = best;
        Some((
            place,
            if window.forward {
                shortest + column
            } else {
                longest - column
            },
        ))
    }

    /// Energy that the crossfade at a place would have at the mean level of its surroundings.
    fn level(&self, window: &Window, place: usize) -> f64 {
        let (at, length) = (window.begin + place * BLOCK, window.blocks * BLOCK);
        let (from, to) = (
            at.saturating_sub(self.radius),
            (at + length + self.radius).min(self.low.len()),
        );
        let energy = self
            .energy
            .get(to)
            .zip(self.energy.get(from))
            .map_or(0.0, |(b, a)| b - a);
        // The floor, at -90 dB, makes any jump in silence as good as another.
        (energy / (to - from).max(1) as f64 + 1e-9) * length as f64
    }

    /// Fills `rows`.
    #[inline(always)]
    fn compare(&mut self, window: &Window, n_lags: usize) -> Option<()> {
        let (shortest, longest) = (*window.lags.start(), *window.lags.end());
        let blocks = window.places + window.blocks;
        self.rows.clear();
        self.rows.resize(blocks * n_lags, 0.0);
        for (block, row) in self.rows.chunks_exact_mut(n_lags).enumerate() {
            let start = window.begin + block * BLOCK;
            for (i, x) in self.low.get(start..start + BLOCK)?.iter().enumerate() {
                let first = if window.forward {
                    start + i + shortest
                } else {
                    (start + i).checked_sub(longest)?
                };
                let others = self.low.get(first..first + n_lags)?;
                row.iter_mut()
                    .zip(others)
                    .for_each(|(sum, y)| *sum += (x - y) * (x - y));
            }
        }
        Some(())
    }
}

/// The smallest value, in lanes that a compiler can turn into vectors.
#[inline(always)]
fn smallest(values: &[f32]) -> f32 {
    let less = |a: f32, b: f32| if b < a { b } else { a };
    let (chunks, rest) = values.as_chunks::<8>();
    let mut lanes = [f32::INFINITY; 8];
    for chunk in chunks {
        for (lane, v) in lanes.iter_mut().zip(chunk) {
            *lane = less(*lane, *v);
        }
    }
    lanes.iter().chain(rest).fold(f32::INFINITY, |a, b| less(a, *b))
}
