//! Active speech level, peaks and decibels.
//!
//! The level of speech is the mean square over the frames in which somebody speaks, so that pauses around or
//! between the words do not change it: frames of 32 ms that lie within 30 dB of the loudest one.

use super::wide::wide;

/// Length of a frame in seconds.
const FRAME_SECONDS: f64 = 0.032;

/// Power of the quietest active frame re the loudest: -30 dB.
const ACTIVE: f64 = 1e-3;

/// The mean square over the active frames: 32 ms long, one after another, within 30 dB of the loudest. Full
/// scale is 1.0, so a full-scale sine gives 0.5. The last frame may be shorter: it is judged as if silence
/// followed. 0.0 for silence and for no samples.
#[must_use]
pub fn active_power(samples: &[f32], rate: u32) -> f64 {
    let frame = ((FRAME_SECONDS * f64::from(rate)).round() as usize).max(1);
    // 31 numbers for a second of sound.
    let mut energies = Vec::with_capacity(samples.len().div_ceil(frame));
    wide!({
        for chunk in samples.chunks(frame) {
            energies.push(sum_of_squares(chunk));
        }
    });
    let loudest = energies.iter().copied().fold(0.0, f64::max);
    if loudest <= 0.0 {
        return 0.0;
    }
    let mut active = (0.0, 0usize);
    for (chunk, &energy) in samples.chunks(frame).zip(&energies) {
        if energy >= loudest * ACTIVE {
            active = (active.0 + energy, active.1 + chunk.len());
        }
    }
    active.0 / active.1.max(1) as f64
}

/// [`active_power`] in dB re full scale (a full-scale square wave is 0 dBFS, a full-scale sine -3.01); `None`
/// for silence, for no samples, and where samples are not finite.
#[must_use]
pub fn active_level_dbfs(samples: &[f32], rate: u32) -> Option<f64> {
    let level = 10.0 * active_power(samples, rate).log10();
    level.is_finite().then_some(level)
}

/// The mean square over all samples; 0.0 for none.
#[must_use]
pub fn plain_power(samples: &[f32]) -> f64 {
    energy(samples) / samples.len().max(1) as f64
}

/// The largest magnitude, NaN aside; 0.0 for no samples.
#[must_use]
pub fn peak(samples: &[f32]) -> f32 {
    wide!({
        // Lanes of their own, so that a step need not wait for the one before.
        let mut peaks = [0.0f32; 16];
        let (chunks, rest) = samples.as_chunks::<16>();
        for chunk in chunks {
            for (peak, x) in peaks.iter_mut().zip(chunk) {
                *peak = greater(*peak, x.abs());
            }
        }
        peaks
            .iter()
            .chain(rest)
            .fold(0.0, |peak, x| greater(peak, x.abs()))
    })
}

/// The largest finite magnitude; 0.0 for no samples.
#[must_use]
pub fn peak_of_finite(samples: &[f32]) -> f32 {
    wide!({
        let finite = |x: f32| if x.abs() <= f32::MAX { x.abs() } else { 0.0 };
        let mut peaks = [0.0f32; 16];
        let (chunks, rest) = samples.as_chunks::<16>();
        for chunk in chunks {
            for (peak, &x) in peaks.iter_mut().zip(chunk) {
                *peak = greater(*peak, finite(x));
            }
        }
        peaks
            .iter()
            .chain(rest)
            .fold(0.0, |peak, &x| greater(peak, finite(x)))
    })
}

/// Whether all samples are finite.
#[must_use]
pub fn is_finite(samples: &[f32]) -> bool {
    // Nothing is left early: a loop that may end at any sample takes them one by one.
    wide!(samples.iter().fold(true, |all, x| all & (x.abs() <= f32::MAX)))
}

/// `b` where it is greater, so never NaN.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

/// The sum of squares.
pub(super) fn energy(samples: &[f32]) -> f64 {
    wide!(sum_of_squares(samples))
}

/// The sum of squares, in f64: eight sums side by side, added up in a fixed order.
#[inline(always)]
pub(super) fn sum_of_squares(samples: &[f32]) -> f64 {
    let (chunks, rest) = samples.as_chunks::<8>();
    let mut sums = [0.0f64; 8];
    for chunk in chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(x) * f64::from(x);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    const RATES: [u32; 4] = [8000, 16_000, 44_100, 48_000];

    /// A full-scale sine of a whole number of periods per frame of 32 ms.
    fn sine(rate: u32, seconds: f64) -> Vec<f32> {
        let n = (seconds * f64::from(rate)).round() as usize;
        (0..n)
            .map(|i| (TAU * 500.0 * i as f64 / f64::from(rate)).sin() as f32)
            .collect()
    }

    #[test]
    fn a_full_scale_sine_is_3_db_below_full_scale() {
        for rate in RATES {
            let level = active_level_dbfs(&sine(rate, 0.96), rate).unwrap();
            assert!((level + 3.0103).abs() < 0.01, "{rate}: {level}");
        }
        assert_eq!(active_level_dbfs(&[1.0, -1.0, 1.0], 16_000), Some(0.0));
    }

    #[test]
    fn silence_around_speech_changes_nothing() {
        for rate in RATES {
            let frame = (0.032 * f64::from(rate)).round() as usize;
            let tone = &sine(rate, 0.96)[..frame * 20];
            let alone = active_power(tone, rate);
            let padded = [&vec![0.0; frame * 30], tone, &vec![0.0; frame * 50 + 17]].concat();
            assert!((active_power(&padded, rate) / alone - 1.0).abs() < 1e-12);
            assert!(plain_power(&padded) < 0.21 * alone);
        }
    }

    #[test]
    fn frames_more_than_30_db_down_do_not_count() {
        let loud = vec![0.5f32; 512 * 4];
        for (db, counts) in [(-29.5f32, true), (-30.5, false)] {
            let soft = vec![0.5 * 10f32.powf(db / 20.0); 512 * 4];
            let power = active_power(&[&loud[..], &soft].concat(), 16_000);
            assert_eq!((power - 0.25).abs() > 1e-6, counts, "{db}: {power}");
        }
    }

    #[test]
    fn a_short_last_frame_can_not_be_the_loudest() {
        // One sample of the last frame at ten times the level: 20 dB up if it were judged alone.
        let mut samples = vec![0.05f32; 512 * 4];
        samples.push(0.5);
        let power = active_power(&samples, 16_000);
        assert!((power - 0.0025).abs() < 2e-4, "{power}");
    }

    #[test]
    fn silence_and_nonsense_have_no_level() {
        for samples in [&[][..], &[0.0; 1000], &[f32::NAN; 1000], &[f32::INFINITY, 0.0]] {
            assert_eq!(active_level_dbfs(samples, 16_000), None);
        }
        assert_eq!(
            (active_power(&[], 16_000), plain_power(&[]), peak(&[])),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(active_power(&[0.5], 0), 0.25);
    }

    #[test]
    fn peak_and_power_of_known_signals() {
        let ramp: Vec<f32> = (0..=1000).map(|i| i as f32 / 1000.0).collect();
        assert_eq!(peak(&ramp), 1.0);
        assert_eq!(peak(&[0.25, -0.75]), 0.75);
        // Sum of squares of 0..n: n(n+1)(2n+1)/6.
        assert!((plain_power(&ramp) - 1000.0 * 2001.0 / 6e6).abs() < 1e-7);
        let mut impulse = vec![0.0; 37];
        impulse[11] = 1.0;
        assert!((plain_power(&impulse) - 1.0 / 37.0).abs() < 1e-15);
    }
}
