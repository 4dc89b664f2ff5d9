//! Removing a band of frequencies from a signal: the sound of a frequency-masked spectrogram.
//!
//! The band's bins are set to 0 in every frame of an STFT (1024 points every 256 samples, periodic Hann window at
//! analysis and synthesis), which keeps length and position of the signal and has no delay.

use std::ops::Range;

use realfft::num_complex::Complex;

use super::spectrum::{Stft, audible};

/// FFT size.
const N_FFT: usize = 1024;
/// Samples from frame to frame: a quarter of the window, so that squared windows sum to a constant.
const HOP: usize = 256;

/// Removes bands. Keep one per thread: it owns its plans and memory.
pub struct BandStop {
    stft: Stft,
}

impl Default for BandStop {
    fn default() -> Self {
        BandStop::new()
    }
}

impl BandStop {
    /// Makes the plans.
    #[must_use]
    pub fn new() -> Self {
        BandStop {
            stft: Stft::plan(N_FFT, HOP),
        }
    }

    /// Bins strictly between two frequencies, for signals of `rate` Hz: the outer edges of mel filters, where
    /// their weight is 0, stay. Empty if no bin lies between.
    #[must_use]
    pub fn bins_between(hz: &Range<f64>, rate: u32) -> Range<usize> {
        let bin = |hz: f64| (hz / f64::from(rate) * N_FFT as f64).clamp(-1.0, N_FFT as f64);
        // Conversions saturate, and NaN gives 0.
        let start = (bin(hz.start).floor() + 1.0) as usize;
        let end = (bin(hz.end).ceil() as usize).min(N_FFT / 2 + 1);
        start.min(end)..end
    }

    /// `samples` without the STFT bins `bins` (of 513; bin `k` lies at `k * rate / 1024` Hz), into `out`. Bins
    /// that do not exist are ignored; with no bin to remove the samples are copied. What is not finite counts as 0.
    pub fn remove(&mut self, samples: &[f32], bins: Range<usize>, out: &mut Vec<f32>) {
        let bins = bins.start..bins.end.min(self.stft.bins());
        if bins.is_empty() {
            out.clear();
            out.extend(samples.iter().copied().map(audible));
            return;
        }
        self.stft.edit(samples, out, |spectrum| {
            if let Some(band) = spectrum.get_mut(bins.clone()) {
                band.fill(Complex::default());
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    fn tone(bin: f64, n: usize) -> Vec<f32> {
        (0..n)
            .map(|i| (0.5 * (TAU * bin * i as f64 / 1024.0).sin()) as f32)
            .collect()
    }

    fn noise(n: usize) -> Vec<f32> {
        let mut state = 1u32;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect()
    }

    fn removed(samples: &[f32], bins: Range<usize>) -> Vec<f32> {
        let mut out = Vec::new();
        BandStop::new().remove(samples, bins, &mut out);
        assert_eq!(out.len(), samples.len());
        out
    }

    fn energy(samples: impl IntoIterator<Item = f32>) -> f64 {
        samples.into_iter().map(|x| f64::from(x).powi(2)).sum()
    }

    /// Energy in `bins`, measured with a transform of another size, of the middle of the signal.
    fn band_energy(samples: &[f32], bins: Range<usize>) -> f64 {
        let mut sum = 0.0;
        Stft::new(4096, 1024).unwrap().power(samples, |_, power| {
            sum += power[4 * bins.start..4 * bins.end]
                .iter()
                .map(|&p| f64::from(p))
                .sum::<f64>();
        });
        sum
    }

    #[test]
    fn noise_in_the_band_goes_and_the_rest_stays() {
        let samples = noise(40_000);
        let out = removed(&samples, 100..140);
        let fall = 10.0 * (band_energy(&out, 110..130) / band_energy(&samples, 110..130)).log10();
        assert!(fall < -80.0, "{fall} dB");
        for outside in [20..90, 150..400] {
            let change = 10.0 * (band_energy(&out, outside.clone()) / band_energy(&samples, outside)).log10();
            assert!(change.abs() < 0.001, "{change} dB");
        }
    }

    #[test]
    fn a_band_of_five_bins_is_deep_in_its_middle() {
        let samples = tone(50.0, 20_000);
        let out = removed(&samples, 48..53);
        let fall =
            10.0 * (energy(out[2000..18_000].to_vec()) / energy(samples[2000..18_000].to_vec())).log10();
        assert!(fall < -40.0, "{fall} dB");
    }

    #[test]
    fn a_tone_outside_does_not_change() {
        for bin in [40.3, 79.5, 170.0, 300.7] {
            let samples = tone(bin, 20_000);
            let out = removed(&samples, 100..140);
            let changes = out
                .iter()
                .zip(&samples)
                .skip(600)
                .take(18_800)
                .map(|(a, b)| a - b);
            let change = 10.0 * (energy(changes) / energy(samples[600..19_400].to_vec())).log10();
            assert!(change < -80.0, "bin {bin}: {change} dB");
        }
    }

    #[test]
    fn an_impulse_stays_in_place() {
        for at in [0, 1, 255, 3000, 7998, 7999] {
            let mut samples = vec![0.0f32; 8000];
            samples[at] = 1.0;
            let out = removed(&samples, 100..115);
            let peak = (0..8000)
                .max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs()))
                .unwrap();
            assert_eq!(peak, at);
            assert!((0.9..1.0).contains(&out[at]), "{}", out[at]);
        }
    }

    #[test]
    fn nothing_or_everything_can_be_removed() {
        let samples = noise(3000);
        assert_eq!(removed(&samples, 7..7), samples);
        assert_eq!(removed(&samples, 600..700), samples);
        assert_eq!(removed(&samples, 0..usize::MAX), vec![0.0; 3000]);
    }

    #[test]
    fn bins_lie_strictly_between_the_frequencies() {
        assert_eq!(BandStop::bins_between(&(1000.0..2000.0), 16_000), 65..128);
        assert_eq!(BandStop::bins_between(&(990.0..2010.0), 16_000), 64..129);
        assert_eq!(BandStop::bins_between(&(0.0..8000.0), 16_000), 1..512);
        assert_eq!(BandStop::bins_between(&(7000.0..1e12), 16_000), 449..513);
        assert!(BandStop::bins_between(&(1001.0..1002.0), 16_000).is_empty());
        assert!(BandStop::bins_between(&(f64::NAN..f64::NAN), 0).is_empty());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn any_signal_keeps_its_length_and_stays_finite(
            bits in prop::collection::vec(any::<u32>(), 0..2000), start in 0usize..600, width in 1usize..600,
        ) {
            let samples: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
            let out = removed(&samples, start..start + width);
            prop_assert!(out.iter().all(|x| x.is_finite()));
        }
    }
}
