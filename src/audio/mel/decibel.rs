//! Power to decibels, with a logarithm of our own.
//!
//! `f32::log10` calls the system's mathematical library one value at a time. The polynomial here consists of
//! additions, multiplications and one division, so compilers turn it into vector code, and IEEE arithmetic gives
//! the same bits everywhere.

use std::f32::consts::SQRT_2;

use super::MelSpectrogram;

/// The least power that is told from silence, as in torchaudio: -100 dB.
const LEAST_POWER: f32 = 1e-10;

/// dB per octave of power, `10 log10(2)`, and per neper, `10 / ln(10)`.
const PER_OCTAVE: f32 = 3.010_299_956_6;
const PER_NEPER: f32 = 4.342_944_819;

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
pub fn decibels(power: f32) -> f32 {
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
    let mut highest = decibels(0.0);
    for value in &mut mel.data {
        *value = decibels(*value);
        highest = highest.max(*value);
    }
    let floor = highest - top_db;
    let mut lowest = highest;
    for value in &mut mel.data {
        *value = value.max(floor);
        lowest = lowest.min(*value);
    }
    Levels {
        floor,
        lowest,
        highest,
    }
}
