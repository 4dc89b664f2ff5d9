//! Speed: the length, the pitch kept or moved, and where things end up.

use crate::lab::{done, make};
use crate::signals::{RATES, impulse, middle, power, ramp, seconds, sine, tone};

fn kept(factor: f64) -> String {
    format!("factors = {factor:?}")
}

fn moved(factor: f64) -> String {
    format!("factors = {factor:?}\npitch = \"moved\"")
}

#[test]
fn the_length_is_the_rounded_quotient() {
    for rate in [8_000, 48_000] {
        for factor in [0.25, 0.333, 0.75, 0.9, 1.125, 1.25, 1.6, 3.999, 4.0] {
            for n in [0, 1, 2, 3, 4, 5, 7, 12, 100, 4001] {
                // Counted in whole numbers: n · 1000 / thousandths, halves up.
                let thousandths = (factor * 1000.0f64).round() as usize;
                let expected = (2000 * n + thousandths) / (2 * thousandths);
                for text in [kept(factor), moved(factor)] {
                    let out = done(make("speed", &text, rate).as_ref(), &vec![0.25; n], rate);
                    assert_eq!(out.samples.len(), expected, "{n} samples, {text}");
                }
            }
        }
    }
}

/// A step tells its length before it is done, by another sum than the resampler's.
#[test]
fn the_length_told_is_the_length_made_for_every_factor() {
    use crate::lab::{draw_of, facts};
    for thousandths in (250..=4000).filter(|&t| t != 1000) {
        let factor = f64::from(thousandths) / 1000.0;
        let speed = make("speed", &moved(factor), 16_000);
        let step = draw_of(speed.as_ref(), "a", 0, &facts(&[0.0], 16_000)).unwrap();
        for n in (0..2000).chain([16_000, 44_100, 480_000, 3_600 * 48_000]) {
            let expected = (2000 * n as u64 + thousandths as u64) / (2 * thousandths as u64);
            assert_eq!(step.frames(n) as u64, expected, "{n} samples, factor {factor}");
        }
    }
}

#[test]
fn a_kept_pitch_is_kept_within_a_cent() {
    for rate in RATES {
        for hz in [130.0, 440.0, 1730.0] {
            let source = sine(hz, 0.5, rate, seconds(rate, 2.0));
            for factor in [0.5, 0.75, 1.25, 2.0] {
                let out = done(make("speed", &kept(factor), rate).as_ref(), &source, rate);
                let (cents, amplitude) = tone(&out.samples, hz, rate);
                assert!(cents.abs() < 1.0, "{hz} Hz at {rate}, {factor}: {cents} cents");
                let change = 20.0 * (amplitude / 0.5).log10();
                assert!(change.abs() < 0.5, "{hz} Hz at {rate}, {factor}: {change} dB");
            }
        }
    }
}

#[test]
fn a_moved_pitch_moves_by_the_factor() {
    for rate in RATES {
        let hz = 440.0;
        let source = sine(hz, 0.5, rate, seconds(rate, 2.0));
        for factor in [0.5, 0.75, 0.933, 1.25, 2.0] {
            let out = done(make("speed", &moved(factor), rate).as_ref(), &source, rate);
            let (cents, amplitude) = tone(&out.samples, hz * factor, rate);
            assert!(cents.abs() < 0.01, "{rate}, {factor}: {cents} cents");
            assert!(
                (amplitude / 0.5 - 1.0).abs() < 1e-4,
                "{rate}, {factor}: {amplitude}"
            );
        }
    }
}

#[test]
fn a_moved_ramp_stays_a_ramp() {
    for factor in [0.75, 1.25] {
        let source = ramp(8000);
        let out = done(make("speed", &moved(factor), 16_000).as_ref(), &source, 16_000);
        let n = out.samples.len();
        for k in n / 4..n * 3 / 4 {
            let expected = k as f64 * factor / 8000.0;
            assert!((f64::from(out.samples[k]) - expected).abs() < 1e-4, "{k}");
        }
    }
}

#[test]
fn an_impulse_lands_at_its_time() {
    for rate in RATES {
        let (n, at) = (seconds(rate, 1.0), seconds(rate, 0.4));
        for factor in [0.75, 1.25] {
            let due = (at as f64 / factor).round() as isize;
            // Pitch moved: to the sample. Kept: within the 10 ms that a jump may be off its due place.
            for (text, reach) in [(moved(factor), 1), (kept(factor), seconds(rate, 0.011) as isize)] {
                let out = done(make("speed", &text, rate).as_ref(), &impulse(n, at), rate).samples;
                let peak = (0..out.len())
                    .max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs()))
                    .unwrap();
                assert!(
                    (peak as isize - due).abs() <= reach,
                    "{rate}, {text}: {peak}, due {due}"
                );
            }
        }
    }
}

#[test]
fn silence_stays_silent_and_a_constant_constant() {
    for text in [kept(0.75), moved(0.75), kept(1.25), moved(1.25)] {
        let speed = make("speed", &text, 16_000);
        let out = done(speed.as_ref(), &[0.0; 5000], 16_000);
        assert!(out.samples.iter().all(|&x| x == 0.0), "{text}");
        let out = done(speed.as_ref(), &[0.5; 5000], 16_000);
        let level = power(middle(&out.samples)).sqrt();
        assert!((level - 0.5).abs() < 1e-4, "{text}: {level}");
    }
}
