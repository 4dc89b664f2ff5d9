//! Pitch: the length stays, every partial moves by the ratio, formants move or stay.

use crate::lab::{done, make};
use crate::signals::{RATES, impulse, seconds, sine, tone};

const SHIFTS: [f64; 6] = [-12.0, -4.0, -2.0, 2.0, 4.0, 12.0];

#[test]
fn a_tone_moves_by_the_semitones_within_a_cent() {
    for rate in RATES {
        for hz in [210.0, 440.0, 1500.0] {
            let source = sine(hz, 0.5, rate, seconds(rate, 2.0));
            for semitones in SHIFTS {
                let pitch = make("pitch", &format!("semitones = {semitones:?}"), rate);
                let out = done(pitch.as_ref(), &source, rate);
                assert_eq!(out.samples.len(), source.len());
                let (cents, amplitude) = tone(&out.samples, hz * f64::exp2(semitones / 12.0), rate);
                assert!(cents.abs() < 1.0, "{hz} Hz at {rate}, {semitones}: {cents} cents");
                let change = 20.0 * (amplitude / 0.5).log10();
                assert!(change.abs() < 0.5, "{hz} Hz at {rate}, {semitones}: {change} dB");
            }
        }
    }
}

/// A voice of equal harmonics has a flat envelope: kept, it is flat again at the new fundamental.
#[test]
fn kept_formants_leave_a_flat_envelope_flat() {
    for rate in RATES {
        let n = seconds(rate, 2.0);
        let mut source = vec![0.0f32; n];
        for harmonic in 1..=15 {
            let partial = sine(200.0 * f64::from(harmonic), 0.04, rate, n);
            source.iter_mut().zip(partial).for_each(|(sum, x)| *sum += x);
        }
        for semitones in [-4.0, -2.0, 2.0, 4.0] {
            let text = format!("semitones = {semitones:?}\nformants = \"kept\"");
            let out = done(make("pitch", &text, rate).as_ref(), &source, rate);
            assert_eq!(out.samples.len(), n);
            for harmonic in 2..=10 {
                let hz = 200.0 * f64::from(harmonic) * f64::exp2(semitones / 12.0);
                let (cents, amplitude) = tone(&out.samples, hz, rate);
                assert!(cents.abs() < 1.5, "{rate}, {semitones}, {hz} Hz: {cents} cents");
                let change = 20.0 * (amplitude / 0.04).log10();
                assert!(change.abs() < 3.0, "{rate}, {semitones}, {hz} Hz: {change} dB");
            }
        }
    }
}

#[test]
fn an_impulse_stays_in_its_place() {
    for rate in RATES {
        let (n, at) = (seconds(rate, 1.0), seconds(rate, 0.6));
        for semitones in [-4.0, 4.0] {
            for formants in ["moved", "kept"] {
                let text = format!("semitones = {semitones:?}\nformants = {formants:?}");
                let out = done(make("pitch", &text, rate).as_ref(), &impulse(n, at), rate).samples;
                let peak = (0..n)
                    .max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs()))
                    .unwrap();
                let off = (peak as f64 - at as f64).abs() / f64::from(rate);
                assert!(off < 0.011, "{rate}, {text}: {off} s off");
            }
        }
    }
}

#[test]
fn silence_stays_silent() {
    for formants in ["moved", "kept"] {
        let text = format!("semitones = 3.5\nformants = {formants:?}");
        let out = done(make("pitch", &text, 16_000).as_ref(), &[0.0; 9000], 16_000);
        assert!(out.samples.iter().all(|&x| x == 0.0));
    }
}
