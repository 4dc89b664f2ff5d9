//! Power to decibels, with a logarithm of our own.
//!
//! `f32::log10` calls the system's mathematical library one value at a time. The polynomial here consists of
//! additions, multiplications and one division, so compilers turn it into vector code, and IEEE arithmetic gives
//! the same bits everywhere.

use std::f32::consts::SQRT_2;

use super::MelSpectrogram;
use crate::audio::wide::wide;

/// The least power that is told from silence, as in torchaudio: -100 dB.
const LEAST_POWER: f32 = 1e-10;

/// dB per octave of power, `10 log10(2)`, and per neper, `10 / ln(10)`.
const PER_OCTAVE: f32 = 3.010_3;
const PER_NEPER: f32 = 4.342_944_6;

/// Levels of a spectrogram in dB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// `highest - top_db`; nothing lies below.
    pub floor: f32,
    /// The least value; above the floor if the signal's range is smaller than `top_db`.
    pub lowest: f32,
    /// The greatest value.
    pub highest: f32,
}

/// `10 log10(max(power, 1e-10))`, within 2e-5 dB up to powers of
/// 1e12. NaN counts as silence, infinity as the largest finite number.
#[must_use]
#[inline(always)]
pub fn decibels(power: f32) -> f32 {
    #[expect(clippy::manual_clamp, reason = "`clamp` would let NaN through")]
    let bits = power.max(LEAST_POWER).min(f32::MAX).to_bits();
    // power = mantissa * 2^exponent with the mantissa in sqrt(1/2) .. sqrt(2).
    let mantissa = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    let high = mantissa > SQRT_2;
    let mantissa = if high { 0.5 * mantissa } else { mantissa };
    let exponent = (bits >> 23) as i32 - 127 + i32::from(high);
    // ln(m) = 2 artanh(s) = 2 (s + s^3/3 + s^5/5 + s^7/7 + ...) with s = (m - 1) / (m + 1) in ±0.172; the
    // terms left out are below 2 * 0.172^9 / 9 = 3e-8, which is 1.3e-7 dB.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let q = s * s;
    let series = s * (2.0 + q * (2.0 / 3.0 + q * (2.0 / 5.0 + q * (2.0 / 7.0))));
    PER_OCTAVE * exponent as f32 + PER_NEPER * series
}

/// Turns powers into dB in place: [`decibels`], then nothing lower than the highest value minus `top_db`
/// (`AmplitudeToDB("power", top_db)`). Silence becomes -100 dB everywhere.
pub fn to_db(mel: &mut MelSpectrogram, top_db: f32) -> Levels {
    wide!({
        for value in &mut mel.data {
            *value = decibels(*value);
        }
    });
    let silence = decibels(0.0);
    let highest = fold(&mel.data, silence, |a, b| if b > a { b } else { a });
    let floor = highest - top_db;
    let lowest = fold(&mel.data, highest, |a, b| if b < a { b } else { a });
    for value in &mut mel.data {
        *value = value.max(floor);
    }
    Levels {
        floor,
        lowest: lowest.max(floor),
        highest,
    }
}

/// `pick` over all values from `start`, eight at a time: one after the other would be a chain of waits.
fn fold(values: &[f32], start: f32, pick: impl Fn(f32, f32) -> f32) -> f32 {
    let (chunks, rest) = values.as_chunks::<8>();
    let mut best = [start; 8];
    for chunk in chunks {
        for (best, &value) in best.iter_mut().zip(chunk) {
            *best = pick(*best, value);
        }
    }
    best.into_iter().chain(rest.iter().copied()).fold(start, pick)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decibels_are_within_2e_5_db() {
        let mut worst = 0.0f64;
        for bits in (1e-10f32.to_bits()..1e12f32.to_bits()).step_by(9973) {
            let power = f32::from_bits(bits);
            worst = worst.max((f64::from(decibels(power)) - 10.0 * f64::from(power).log10()).abs());
        }
        assert!(worst < 2e-5, "{worst}");
        assert_eq!([0.0, -1.0, f32::NAN, 1e-11].map(decibels), [-100.0; 4]);
        assert_eq!(decibels(1.0), 0.0);
        assert_eq!(decibels(f32::INFINITY), decibels(f32::MAX));
    }
}
