//! Resampling by a ratio of small numbers: the spectrum of a block, filtered, with its ends cut or zeros added.

use std::fmt;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::kaiser::{Filter, half_width};

/// Blocks are of about this many samples of the lower rate, if the ratio allows it.
const BLOCK: usize = 2048;

/// Ratios that need longer blocks than this are not done here: a plan takes up to 16 MB.
const LONGEST: usize = 300_000;

/// An overlap-save resampler: a block is `from`·k samples of the input and `to`·k of the output.
pub(super) struct Blocks {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// Samples at both ends of an input block that its neighbours give, a multiple of `from`.
    margin_in: usize,
    /// The same time in samples of the output.
    margin_out: usize,
    /// The filter's spectrum up to the lower Nyquist frequency; real, as its response is even.
    filter: Vec<f32>,
    block_in: Vec<f32>,
    block_out: Vec<f32>,
    spectrum_in: Vec<Complex<f32>>,
    spectrum_out: Vec<Complex<f32>>,
    scratch_in: Vec<Complex<f32>>,
    scratch_out: Vec<Complex<f32>>,
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blocks({} to {})", self.block_in.len(), self.block_out.len())
    }
}

impl Blocks {
    /// Plans for the reduced ratio `from`:`to`; `None` if its numbers are too large.
    pub fn new(from: u32, to: u32) -> Option<Self> {
        let (from, to) = (from as usize, to as usize);
        // Lower rate re input rate.
        let lower = (to as f64 / from as f64).min(1.0);
        let reach = (half_width() / lower).ceil() as usize;
        let margin = reach.div_ceil(from);
        let periods = smooth((BLOCK.div_ceil(from.min(to))).max(6 * margin));
        if from.max(to).checked_mul(periods)? > LONGEST {
            return None;
        }

        let (len_in, len_out) = (from * periods, to * periods);
        let filter = spectrum(len_in, reach, lower, len_in.min(len_out) / 2 + 1);
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (
            planner.plan_fft_forward(len_in),
            planner.plan_fft_inverse(len_out),
        );
        Some(Self {
            margin_in: margin * from,
            margin_out: margin * to,
            filter,
            block_in: forward.make_input_vec(),
            block_out: inverse.make_output_vec(),
            spectrum_in: forward.make_output_vec(),
            spectrum_out: inverse.make_input_vec(),
            scratch_in: forward.make_scratch_vec(),
            scratch_out: inverse.make_scratch_vec(),
            forward,
            inverse,
        })
    }

    /// Appends the first `len` samples of the resampled `input` to `out`.
    pub fn process(&mut self, input: &[f32], len: usize, out: &mut Vec<f32>) {
        let step = self.block_in.len() - 2 * self.margin_in;
        let keep = self.margin_out..self.block_out.len() - self.margin_out;
        let mut left = len;
        let mut start = 0;
        while left > 0 {
            self.load(input, start);
            self.transform();
            let kept = self.block_out.get(keep.clone()).unwrap_or_default();
            let take = kept.len().min(left);
            out.extend(kept.iter().take(take));
            left -= take;
            start += step;
        }
    }

    /// Fills the input block so that the sample `start` comes right behind the margin.
    fn load(&mut self, input: &[f32], start: usize) {
        let before = self.margin_in.saturating_sub(start);
        let first = start.saturating_sub(self.margin_in).min(input.len());
        let there = input.get(first..).unwrap_or_default();
        let (zeros, rest) = self.block_in.split_at_mut(before);
        let count = there.len().min(rest.len());
        let (samples, after) = rest.split_at_mut(count);
        zeros.fill(0.0);
        samples.copy_from_slice(there.get(..count).unwrap_or_default());
        after.fill(0.0);
    }

    /// Makes the output block from the input block.
    #[expect(clippy::expect_used, reason = "all buffers were made by the plans themselves")]
    fn transform(&mut self) {
        self.forward
            .process_with_scratch(&mut self.block_in, &mut self.spectrum_in, &mut self.scratch_in)
            .expect("buffers fit");
        let (band, above) = self.spectrum_out.split_at_mut(self.filter.len());
        for ((out, bin), gain) in band.iter_mut().zip(&self.spectrum_in).zip(&self.filter) {
            *out = bin * gain;
        }
        above.fill(Complex::ZERO);
        // The last bin of a real signal's spectrum is real; here it lies in the stop band.
        if let Some(last) = self.spectrum_out.last_mut() {
            last.im = 0.0;
        }
        self.inverse
            .process_with_scratch(&mut self.spectrum_out, &mut self.block_out, &mut self.scratch_out)
            .expect("buffers fit");
    }
}

/// The first `bins` of the filter's spectrum over `len` samples of the input, with the FFTs' gain taken out.
fn spectrum(len: usize, reach: usize, lower: f64, bins: usize) -> Vec<f32> {
    let filter = Filter::new();
    // Centred on sample 0 and wrapped around: no delay, a real spectrum.
    let mut response: Vec<f64> = (0..len)
        .map(|i| i.min(len - i))
        .map(|distance| {
            if distance <= reach {
                filter.at(distance as f64 * lower)
            } else {
                0.0
            }
        })
        .collect();
    let gain = 1.0 / (response.iter().sum::<f64>() * len as f64);
    let forward = RealFftPlanner::<f64>::new().plan_fft_forward(len);
    let mut spectrum = forward.make_output_vec();
    #[expect(
        clippy::expect_used,
        reason = "the buffers have the lengths that the plan asks for"
    )]
    forward
        .process(&mut response, &mut spectrum)
        .expect("buffers fit");
    spectrum
        .iter()
        .take(bins)
        .map(|bin| (bin.re * gain) as f32)
        .collect()
}

/// The next even number without prime factors above 5: FFTs of such lengths are fast.
fn smooth(at_least: usize) -> usize {
    let is_smooth = |n: &usize| {
        let mut n = *n;
        for p in [2, 3, 5] {
            while n.is_multiple_of(p) {
                n /= p;
            }
        }
        n == 1
    };
    (at_least.next_multiple_of(2)..)
        .step_by(2)
        .find(is_smooth)
        .unwrap_or(at_least)
}
