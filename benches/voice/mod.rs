//! The utterance that is timed.

use std::f32::consts::TAU;

/// Sample rate in Hz.
pub const RATE: u32 = 16_000;
/// Length of the utterance.
const SECONDS: f32 = 4.4;

/// White noise within ±1.
pub fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as i32 as f32 / 2f32.powi(31)
    };
    (0..n).map(|_| next()).collect()
}

/// Something like speech: a gliding pulse train of 20 harmonics in syllables, half a second of silence around it,
/// a little noise.
pub fn speech(rate: u32) -> Vec<f32> {
    let n = (SECONDS * rate as f32) as usize;
    let mut phase = 0.0;
    let mut samples = noise(n, 1);
    for (i, sample) in samples.iter_mut().enumerate() {
        let t = i as f32 / rate as f32;
        phase = (phase + (120.0 + 30.0 * (TAU * 0.6 * t).sin()) / rate as f32).fract();
        let harmonics: f32 = (1..=20).map(|k| (TAU * k as f32 * phase).sin() / k as f32).sum();
        let spoken = (0.5..SECONDS - 0.5).contains(&t);
        let syllables = if spoken {
            (TAU * 2.0 * t).sin().max(0.0)
        } else {
            0.0
        };
        *sample = 0.2 * syllables * harmonics + 0.001 * *sample;
    }
    samples
}
