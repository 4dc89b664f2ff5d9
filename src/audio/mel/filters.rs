//! The triangular filters of a mel spectrogram, after torchaudio's `melscale_fbanks(norm=None)`.

use std::ops::Range;

use super::LANES;
use super::settings::Scale;

/// Slaney: Hz per mel below, and mels per factor of e above, the break at 1 kHz.
const SLANEY_HZ: f64 = 200.0 / 3.0;
const SLANEY_BREAK: f64 = 1000.0;
/// 27 mels make a factor of 6.4.
const SLANEY_STEPS: f64 = 27.0;

/// One filter: its weights in the bins where they are above 0.
pub(super) struct Filter {
    pub(super) bins: Range<usize>,
    weights: Vec<f32>,
}

impl Filter {
    /// The filter's weighted sum of the powers in `block` (bin by bin), for all lanes.
    #[inline(always)]
    pub(super) fn apply(&self, block: &[[f32; LANES]]) -> [f32; LANES] {
        let mut sums = [0.0; LANES];
        for (weight, powers) in self.weights.iter().zip(block.iter().skip(self.bins.start)) {
            for (sum, power) in sums.iter_mut().zip(powers) {
                *sum += weight * power;
            }
        }
        sums
    }
}

/// The `n_mels + 2` edges in Hz, evenly spaced in mels from 0 Hz to half of `rate`: filter `m` rises from edge
/// `m` to 1 at edge `m + 1` and falls to edge `m + 2`.
pub(super) fn edges(scale: Scale, n_mels: usize, rate: u32) -> Vec<f64> {
    let half = f64::from(rate) / 2.0;
    let steps = (n_mels + 1) as f64;
    // The last edge must not gain weight at half the rate by rounding.
    let hz = |i| {
        if i > n_mels {
            half
        } else {
            scale.hz(scale.mel(half) * i as f64 / steps)
        }
    };
    (0..n_mels + 2).map(hz).collect()
}

/// The filters between `edges` over the bins of an FFT of `n_fft` points.
pub(super) fn bank(edges: &[f64], n_fft: usize, rate: u32) -> Vec<Filter> {
    let hz = |bin: usize| bin as f64 * f64::from(rate) / n_fft as f64;
    let bins = n_fft / 2 + 1;
    edges
        .windows(3)
        .map(|edge| {
            // `windows(3)` gives slices of three.
            let (low, centre, high) = (edge[0], edge[1], edge[2]);
            let weight =
                |bin| ((hz(bin) - low) / (centre - low)).min((high - hz(bin)) / (high - centre)) as f32;
            let start = (low * n_fft as f64 / f64::from(rate)) as usize;
            let start = (start..bins)
                .find(|&bin| hz(bin) > low && weight(bin) > 0.0)
                .unwrap_or(bins);
            let weights: Vec<f32> = (start..bins).map(weight).take_while(|&w| w > 0.0).collect();
            Filter {
                bins: start..start + weights.len(),
                weights,
            }
        })
        .collect()
}

impl Scale {
    fn mel(self, hz: f64) -> f64 {
        match self {
            Scale::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
            Scale::Slaney if hz < SLANEY_BREAK => hz / SLANEY_HZ,
            Scale::Slaney => SLANEY_BREAK / SLANEY_HZ + SLANEY_STEPS * (hz / SLANEY_BREAK).ln() / 6.4f64.ln(),
        }
    }

    fn hz(self, mel: f64) -> f64 {
        let beyond = mel - SLANEY_BREAK / SLANEY_HZ;
        match self {
            Scale::Htk => 700.0 * (10f64.powf(mel / 2595.0) - 1.0),
            Scale::Slaney if beyond < 0.0 => mel * SLANEY_HZ,
            Scale::Slaney => SLANEY_BREAK * (beyond * 6.4f64.ln() / SLANEY_STEPS).exp(),
        }
    }
}
