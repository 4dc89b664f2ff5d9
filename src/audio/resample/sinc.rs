//! Resampling by any ratio: the filter's response from a table, linearly interpolated.
//!
//! J. O. Smith, Digital Audio Resampling Home Page, "Theory of ideal bandlimited interpolation". Slower than
//! FFTs, but its memory does not depend on the ratio.

use super::kaiser::{Filter, half_width};

/// Table entries per sample of the lower rate; interpolation errs by about 1e-7 of the peak.
const STEPS: usize = 2048;

/// A resampler for the reduced ratio `from`:`to`.
#[derive(Debug)]
pub(super) struct Table {
    from: u64,
    to: u64,
    /// Lower rate re input rate.
    lower: f64,
    /// The right half of the response, times `lower`: a unit gain for sums over input samples.
    response: Vec<f32>,
}

impl Table {
    pub fn new(from: u32, to: u32) -> Self {
        let lower = (f64::from(to) / f64::from(from)).min(1.0);
        let filter = Filter::new();
        let entries = (half_width() * STEPS as f64).ceil() as usize + 2;
        let response = (0..entries)
            .map(|i| (filter.at(i as f64 / STEPS as f64) * lower) as f32)
            .collect();
        Self {
            from: u64::from(from),
            to: u64::from(to),
            lower,
            response,
        }
    }

    /// Appends the first `len` samples of the resampled `input` to `out`.
    pub fn process(&self, input: &[f32], len: usize, out: &mut Vec<f32>) {
        let reach = (half_width() / self.lower).ceil() as usize;
        // The time of an output sample, exactly: `whole` samples of the input and `part` / `to` of one.
        let (mut whole, mut part) = (0, 0);
        for _ in 0..len {
            out.push(self.at(input, whole, part as f64 / self.to as f64, reach));
            part += self.from;
            whole += (part / self.to) as usize;
            part %= self.to;
        }
    }

    /// The value at the time `whole` + `part` in samples of the input.
    fn at(&self, input: &[f32], whole: usize, part: f64, reach: usize) -> f32 {
        let first = whole.saturating_sub(reach).min(input.len());
        let middle = (whole + 1).min(input.len());
        let last = (whole + 2 + reach).min(input.len());
        let before = input.get(first..middle).unwrap_or_default();
        let after = input.get(middle..last).unwrap_or_default();
        // Samples beyond the end leave a gap between the time and the nearest sample.
        let left = self.wing(before.iter().rev(), part + (whole + 1 - middle) as f64);
        let right = self.wing(after.iter(), 1.0 - part);
        (left + right) as f32
    }

    /// The part of a sum that lies on one side: `samples` outwards, the first at `distance`.
    fn wing<'a>(&self, samples: impl Iterator<Item = &'a f32>, distance: f64) -> f64 {
        let step = self.lower * STEPS as f64;
        let mut position = distance * step;
        let mut sum = 0.0;
        for x in samples {
            let entry = position as usize;
            let Some(&[a, b]) = self.response.get(entry..).and_then(|rest| rest.first_chunk()) else {
                break;
            };
            let value = a + (b - a) * (position - entry as f64) as f32;
            sum += f64::from(*x) * f64::from(value);
            position += step;
        }
        sum
    }
}
