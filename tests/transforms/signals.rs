//! Signals of known content, and how to measure one.

use std::f64::consts::TAU;

use augment::draw::Draw;

/// The sample rates that everything is tried at.
pub const RATES: [u32; 4] = [8_000, 16_000, 44_100, 48_000];

pub fn seconds(rate: u32, seconds: f64) -> usize {
    (f64::from(rate) * seconds).round() as usize
}

pub fn sine(hz: f64, amplitude: f64, rate: u32, n: usize) -> Vec<f32> {
    (0..n)
        .map(|i| (amplitude * (TAU * hz * i as f64 / f64::from(rate)).sin()) as f32)
        .collect()
}

/// Uniform white noise in −1..1; its power is 1/3.
pub fn white(name: &str, n: usize) -> Vec<f32> {
    let mut draw = Draw::new(7, name, "white");
    (0..n).map(|_| (2.0 * draw.unit() - 1.0) as f32).collect()
}

pub fn impulse(n: usize, at: usize) -> Vec<f32> {
    let mut signal = vec![0.0; n];
    if let Some(sample) = signal.get_mut(at) {
        *sample = 1.0;
    }
    signal
}

pub fn ramp(n: usize) -> Vec<f32> {
    (0..n).map(|i| i as f32 / n as f32).collect()
}

/// A square wave at full scale.
pub fn full_scale(n: usize) -> Vec<f32> {
    (0..n).map(|i| if i / 40 % 2 == 0 { 1.0 } else { -1.0 }).collect()
}

pub fn power(signal: &[f32]) -> f64 {
    signal.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / signal.len().max(1) as f64
}

pub fn db(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// Power of `a − b` re the power of `b`, in dB.
pub fn difference_db(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    db(power(&difference) / power(b))
}

/// The second to the third quarter.
pub fn middle(signal: &[f32]) -> &[f32] {
    &signal[signal.len() / 4..signal.len() * 3 / 4]
}

/// A tone near `hz` in the middle of a signal: its distance from `hz` in cents, and its amplitude.
///
/// The distance is the phase that the tone gains on `hz` from the first to the second half under Hann windows.
/// It is read modulo one turn, so the amplitude has to be right as well.
pub fn tone(signal: &[f32], hz: f64, rate: u32) -> (f64, f64) {
    let signal = middle(signal);
    let half = signal.len() / 2;
    let first = projection(&signal[..half], 0, hz, rate);
    let second = projection(&signal[half..2 * half], half, hz, rate);
    let (re, im) = (
        first.0 * second.0 + first.1 * second.1,
        first.0 * second.1 - first.1 * second.0,
    );
    let gained = im.atan2(re) / TAU * f64::from(rate) / half as f64;
    let cents = 1200.0 * ((hz + gained) / hz).log2();
    (cents, 0.5 * (first.0.hypot(first.1) + second.0.hypot(second.1)))
}

/// Amplitude of a tone in the whole of a signal.
pub fn amplitude(signal: &[f32], hz: f64, rate: u32) -> f64 {
    let (re, im) = projection(signal, 0, hz, rate);
    re.hypot(im)
}

fn projection(signal: &[f32], from: usize, hz: f64, rate: u32) -> (f64, f64) {
    let n = signal.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, &x) in signal.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / n).cos();
        let (sin, cos) = (TAU * hz / f64::from(rate) * (from + i) as f64).sin_cos();
        re += window * cos * f64::from(x);
        im -= window * sin * f64::from(x);
    }
    (4.0 / n * re, 4.0 / n * im)
}
