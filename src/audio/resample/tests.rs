use std::f64::consts::{PI, TAU};

use super::*;

/// All through FFTs but the last three, which go through rubato.
const RATIOS: [(u32, u32); 13] = [
    (3, 4),
    (5, 4),
    (8000, 16_000),
    (16_000, 8000),
    (44_100, 16_000),
    (48_000, 16_000),
    (16_000, 44_100),
    (22_050, 16_000),
    (9137, 10_000),
    (44_099, 16_000),
    (96_001, 16_000),
    (160_003, 80_000),
    (80_000, 160_003),
];

fn resample(from: u32, to: u32, input: &[f32]) -> Vec<f32> {
    let mut out = vec![9.0; 3];
    Resampler::new(from, to)
        .unwrap()
        .process(input, &mut out)
        .unwrap();
    out
}

/// A tone of `frequency` re the Nyquist frequency of its rate.
fn tone(n: usize, frequency: f64, amplitude: f64) -> Vec<f32> {
    (0..n)
        .map(|i| (amplitude * (PI * frequency * i as f64).sin()) as f32)
        .collect()
}

/// Fits a·sin + b·cos of `frequency` (re Nyquist) to the middle half of `signal` under a Blackman window: the
/// amplitude in dB, the phase in radians, and all else in dB re a unit tone.
fn fit(signal: &[f32], frequency: f64) -> (f64, f64, f64) {
    let (start, end) = (signal.len() / 4, signal.len() * 3 / 4);
    let n = (end - start) as f64;
    let basis = |i: usize| {
        let u = TAU * (i - start) as f64 / (n - 1.0);
        let w = 0.42 - 0.5 * u.cos() + 0.08 * (2.0 * u).cos();
        let (sin, cos) = (PI * frequency * i as f64).sin_cos();
        (w, w * sin, w * cos)
    };
    let (mut ss, mut sc, mut cc, mut sy, mut cy) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let middle = || {
        signal
            .iter()
            .map(|&y| f64::from(y))
            .enumerate()
            .take(end)
            .skip(start)
    };
    for (i, y) in middle() {
        let (w, s, c) = basis(i);
        (ss, sc, cc, sy, cy) = (ss + s * s, sc + s * c, cc + c * c, sy + s * w * y, cy + c * w * y);
    }
    let determinant = ss * cc - sc * sc;
    let (a, b) = (
        (sy * cc - cy * sc) / determinant,
        (cy * ss - sy * sc) / determinant,
    );
    let (mut rest, mut weight) = (0.0, 0.0);
    for (i, y) in middle() {
        let (w, s, c) = basis(i);
        rest += (w * y - a * s - b * c).powi(2);
        weight += w * w;
    }
    (
        20.0 * a.hypot(b).log10(),
        b.atan2(a),
        10.0 * (2.0 * rest / weight + 1e-24).log10(),
    )
}

#[test]
fn lengths_are_rounded_and_silence_stays_silent() {
    for (from, to) in RATIOS {
        for n in [0, 1, 2, 7, 1000, 4097] {
            let out = resample(from, to, &vec![0.0; n]);
            let expected = (n as f64 * f64::from(to) / f64::from(from)).round() as usize;
            assert_eq!(out.len(), expected, "{from}:{to} {n}");
            assert!(out.iter().all(|&x| x == 0.0));
        }
    }
}

#[test]
fn tones_keep_amplitude_and_phase() {
    for (from, to) in RATIOS {
        let lower = (f64::from(to) / f64::from(from)).min(1.0);
        let n = (3000.0 / lower) as usize;
        for part in [0.1, 0.5, 0.9] {
            let frequency = part * lower;
            let out = resample(from, to, &tone(n, frequency, 0.5));
            let (gain, phase, rest) = fit(&out, frequency * f64::from(from) / f64::from(to));
            assert!((gain + 6.0206).abs() < 0.001, "{from}:{to} {part}: gain {gain}");
            assert!(phase.abs() < 1e-5, "{from}:{to} {part}: phase {phase}");
            assert!(
                rest < -116.0,
                "{from}:{to} {part}: images or aliases at {rest} dB"
            );
        }
    }
}

#[test]
fn nothing_comes_through_from_above_the_band() {
    for (from, to) in RATIOS.into_iter().filter(|(from, to)| to < from) {
        let lower = f64::from(to) / f64::from(from);
        for part in [1.005, 1.1, 1.9] {
            if part * lower >= 1.0 {
                continue;
            }
            let out = resample(from, to, &tone((3000.0 / lower) as usize, part * lower, 1.0));
            let worst = peak_of(&out[out.len() / 4..out.len() * 3 / 4]);
            assert!(worst < 1e-5, "{from}:{to} {part}: {worst}");
        }
    }
}

fn peak_of(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, x| peak.max(x.abs()))
}

#[test]
fn an_impulse_stays_where_it_is() {
    for (from, to) in RATIOS {
        // At a whole number of periods of both rates.
        let divisor = gcd(from, to);
        let (p, q) = ((from / divisor) as usize, (to / divisor) as usize);
        let periods = 1000usize.div_ceil(p.min(q));
        let mut input = vec![0.0; 2 * periods * p];
        input[periods * p] = 1.0;
        let out = resample(from, to, &input);
        let centre = periods * q;
        assert_eq!(peak_of(&out), out[centre], "{from}:{to}");
        for i in 1..500.min(centre) {
            assert!(
                (out[centre - i] - out[centre + i]).abs() < 1e-6,
                "{from}:{to} {i}"
            );
        }
    }
}

#[test]
fn a_ramp_stays_a_ramp() {
    for (from, to) in RATIOS {
        let lower = (f64::from(to) / f64::from(from)).min(1.0);
        let n = (3000.0 / lower) as usize;
        let input: Vec<f32> = (0..n).map(|i| i as f32 / n as f32).collect();
        let out = resample(from, to, &input);
        for (k, &x) in out.iter().enumerate().take(out.len() * 3 / 4).skip(out.len() / 4) {
            let expected = k as f64 * f64::from(from) / f64::from(to) / n as f64;
            assert!(
                (f64::from(x) - expected).abs() < 2e-6,
                "{from}:{to} {k}: {x} {expected}"
            );
        }
    }
}

/// Up to where both filters are flat: they close in different shapes.
#[test]
fn both_engines_agree() {
    for (from, to) in [(3, 4), (5, 4), (441, 160), (2, 1)] {
        let lower = (f64::from(to) / f64::from(from)).min(1.0);
        let n = (5000.0 / lower) as usize;
        let mut input = vec![0.0; n];
        for part in 1..=46 {
            let part = f64::from(part) / 50.0;
            let phase = 1000.0 * part * part;
            for (i, x) in input.iter_mut().enumerate() {
                *x += (0.02 * (PI * part * lower * i as f64 + phase).sin()) as f32;
            }
        }
        let by_fft = resample(from, to, &input);
        let mut by_rubato = Vec::new();
        Sinc::new(from, to)
            .unwrap()
            .process(&input, by_fft.len(), &mut by_rubato);
        let pairs = by_fft.iter().zip(&by_rubato).enumerate();
        for (k, (a, b)) in pairs.take(by_fft.len() * 3 / 4).skip(by_fft.len() / 4) {
            assert!((a - b).abs() < 2e-6, "{from}:{to} {k}: {a} {b}");
        }
    }
}

/// The same samples come out wherever the signal lies: its ends are silence, and time does not drift.
#[test]
fn silence_around_a_signal_changes_nothing() {
    let input: Vec<f32> = (0..1500)
        .map(|i| ((i * 7919 % 1000) as f32 / 1000.0) - 0.5)
        .collect();
    for (from, to) in RATIOS {
        let divisor = gcd(from, to);
        let (p, q) = ((from / divisor) as usize, (to / divisor) as usize);
        let periods = 2000usize.div_ceil(p.min(q));
        let padded = [&vec![0.0; periods * p][..], &input, &vec![0.0; p]].concat();
        let (plain, late) = (resample(from, to, &input), resample(from, to, &padded));
        for (k, (a, b)) in plain.iter().zip(&late[periods * q..]).enumerate() {
            assert!((a - b).abs() < 1e-6, "{from}:{to} {k}: {a} {b}");
        }
    }
}

#[test]
fn every_short_signal_is_resampled() {
    for (from, to) in [
        (44_099, 16_000),
        (80_000, 160_003),
        (1024, 1),
        (1000, 768_000 - 1),
    ] {
        let mut resampler = Resampler::new(from, to).unwrap();
        let mut out = Vec::new();
        for n in (0..10).chain([223, 224, 225, 448, 449, 1234]) {
            let input = vec![1.0; n];
            resampler.process(&input, &mut out).unwrap();
            assert_eq!(out.len(), resampler.output_len(n), "{from}:{to} {n}");
            assert!(out.iter().all(|x| x.abs() < 2.0), "{from}:{to} {n}");
        }
    }
}

#[test]
fn nothing_is_carried_over() {
    for (from, to) in RATIOS {
        let mut resampler = Resampler::new(from, to).unwrap();
        let (a, b) = (tone(3000, 0.01, 0.5), tone(5000, 0.02, 1.0));
        let (mut first, mut other, mut again) = (Vec::new(), Vec::new(), Vec::new());
        resampler.process(&a, &mut first).unwrap();
        resampler.process(&b, &mut other).unwrap();
        resampler.process(&a, &mut again).unwrap();
        assert_eq!(first, again, "{from}:{to}");
    }
}

#[test]
fn equal_rates_change_nothing() {
    let input = tone(1000, 0.3, 0.7);
    assert_eq!(resample(16_000, 16_000, &input), input);
}

#[test]
fn impossible_ratios_are_refused() {
    for (from, to) in [(0, 1), (1, 0), (0, 0), (1025, 1), (1, 1025), (u32::MAX, 1)] {
        assert_eq!(
            Resampler::new(from, to).unwrap_err(),
            ResampleError::Ratio { from, to }
        );
    }
    for (from, to) in [(1024, 1), (u32::MAX, u32::MAX - 1), (1, 1024)] {
        assert_eq!(
            resample(from, to, &[0.0; 10]).len(),
            (10.0 * f64::from(to) / f64::from(from)).round() as usize
        );
    }
}

#[test]
fn samples_that_are_no_numbers_are_refused() {
    let mut resampler = Resampler::new(3, 4).unwrap();
    let mut out = Vec::new();
    for bad in [f32::NAN, f32::INFINITY, -1e31] {
        let mut input = vec![0.1; 100];
        input[42] = bad;
        let error = resampler.process(&input, &mut out).unwrap_err();
        assert!(matches!(error, ResampleError::Sample { at: 42, .. }), "{error}");
    }
    resampler.process(&[1e30; 5000], &mut out).unwrap();
    assert!(out.iter().all(|x| x.is_finite()));
}
