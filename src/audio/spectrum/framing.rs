//! Windows and frames: how a signal is cut up.

use std::f64::consts::TAU;

/// Magnitudes up to here keep every power and every sum of powers finite at all FFT sizes:
/// `n_fft * (3 / 8 n_fft) * 1e14^2` is 1.6e37 at `MAX_N_FFT`, and f32 ends at 3.4e38.
pub(super) const LOUDEST: f32 = 1e14;

/// The periodic Hann window of `n` points, `0.5 - 0.5 cos(2 pi i / n)`, as `torch.hann_window(n)`.
#[must_use]
pub fn hann(n: usize) -> Vec<f32> {
    (0..n)
        .map(|i| (0.5 - 0.5 * (TAU * i as f64 / n as f64).cos()) as f32)
        .collect()
}

/// Number of centred frames of `samples` samples: `1 + samples / hop`.
#[must_use]
pub fn frame_count(samples: usize, hop: usize) -> usize {
    1 + samples / hop.max(1)
}

/// The sample itself; 0 for what is not finite or so large that powers would overflow.
#[inline(always)]
pub fn audible(sample: f32) -> f32 {
    if sample.abs() <= LOUDEST { sample } else { 0.0 }
}

/// Position `i` folded into `0..length` by reflection about the first and the last sample, which are not
/// repeated (numpy's "reflect", any number of times). `length` of 0 or 1 gives 0.
pub(super) fn reflect(i: isize, length: usize) -> usize {
    let last = length.saturating_sub(1);
    if last == 0 {
        return 0;
    }
    let folded = i.rem_euclid(2 * last as isize) as usize;
    folded.min(2 * last - folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_is_periodic_hann() {
        let window = hann(8);
        let golden = [
            0.0,
            0.146_446_6,
            0.5,
            0.853_553_4,
            1.0,
            0.853_553_4,
            0.5,
            0.146_446_6,
        ];
        for (w, g) in window.iter().zip(golden) {
            assert!((w - g).abs() < 1e-7, "{w} {g}");
        }
    }

    #[test]
    fn reflection_repeats_no_edge() {
        let folded: Vec<usize> = (-7..10).map(|i| reflect(i, 4)).collect();
        assert_eq!(folded, [1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3]);
        assert_eq!([reflect(-5, 1), reflect(5, 1), reflect(3, 0)], [0, 0, 0]);
    }
}
