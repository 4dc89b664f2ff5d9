use super::*;
use proptest::prelude::*;
use std::f64::consts::TAU;

const RATE: u32 = 16_000;

fn stretch(input: &[f32], rate: u32, factor: f64) -> Vec<f32> {
    let mut out = Vec::new();
    Stretcher::new(rate).stretch(input, factor, &mut out);
    out
}

fn pitch(input: &[f32], rate: u32, semitones: f64, formants: Formants) -> Vec<f32> {
    let mut out = Vec::new();
    Stretcher::new(rate).pitch(input, semitones, formants, &mut out);
    out
}

fn sine(frequency: f64, rate: u32, seconds: f64) -> Vec<f32> {
    let n = (f64::from(rate) * seconds) as usize;
    (0..n)
        .map(|i| (0.5 * (TAU * frequency / f64::from(rate) * i as f64).sin()) as f32)
        .collect()
}

/// White noise in [-1, 1), by a linear congruential generator.
fn noise(n: usize) -> Vec<f32> {
    let mut state = 1u64;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// Clicks of 0.9 about every quarter of a second over noise at -60 dB, as phase vocoders leave a click in
/// digital silence alone; and where they are.
fn clicks() -> (Vec<f32>, Vec<usize>) {
    let mut signal: Vec<f32> = noise(3 * RATE as usize).iter().map(|v| v * 1.7e-3).collect();
    let places: Vec<usize> = (1..11).map(|k| 4_037 * k).collect();
    for &at in &places {
        signal[at] += 0.9;
    }
    (signal, places)
}

fn middle(signal: &[f32]) -> &[f32] {
    &signal[signal.len() / 4..signal.len() * 3 / 4]
}

fn level_db(signal: &[f32]) -> f64 {
    10.0 * (signal.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>() / signal.len() as f64).log10()
}

/// Projection of `signal`, under a Hann window, on a complex tone; the magnitude is the tone's amplitude.
fn tone(signal: &[f32], frequency: f64, rate: u32) -> f64 {
    let n = signal.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, v) in signal.iter().enumerate() {
        let window = 0.5 - 0.5 * (TAU * (i as f64 + 0.5) / n).cos();
        let (sin, cos) = (TAU * frequency / f64::from(rate) * i as f64).sin_cos();
        re += window * cos * f64::from(*v);
        im += window * sin * f64::from(*v);
    }
    4.0 / n * re.hypot(im)
}

/// Deviation in cents of the strongest tone within 30 cents of `expected`, and its level in dB re 0.5.
fn tone_error(signal: &[f32], expected: f64, rate: u32) -> (f64, f64) {
    let signal = middle(signal);
    let at = |cents: f64| tone(signal, expected * (cents / 1200.0).exp2(), rate);
    let (mut low, mut high) = (-30.0, 30.0);
    // The main lobe has one maximum: halve towards it.
    for _ in 0..40 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if at(a) < at(b) { low = a } else { high = b }
    }
    (low, 20.0 * (at(low) / 0.5).log10())
}

/// Median over the clicks of: the width in ms around the centroid that holds 90 % of the energy within 100 ms,
/// the distance in ms of the centroid from its due place, the share of energy 5 ms before the centroid.
fn smear(signal: &[f32], places: &[usize], factor: f64) -> [f64; 3] {
    let half = 1_600;
    let mut found: [Vec<f64>; 3] = Default::default();
    for &at in &places[2..places.len() - 2] {
        let centre = (at as f64 / factor).round() as usize;
        let energy: Vec<f64> = signal[centre - half..centre + half]
            .iter()
            .map(|v| f64::from(*v).powi(2))
            .collect();
        let total: f64 = energy.iter().sum();
        let centroid = energy.iter().enumerate().map(|(i, e)| i as f64 * e).sum::<f64>() / total;
        let mut by_distance: Vec<(f64, f64)> = energy
            .iter()
            .enumerate()
            .map(|(i, e)| ((i as f64 - centroid).abs(), *e))
            .collect();
        by_distance.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut sum = 0.0;
        let radius = by_distance.iter().find(|(_, e)| {
            sum += e;
            sum >= 0.9 * total
        });
        let before = (centroid as usize).saturating_sub(80);
        found[0].push(2.0 * radius.unwrap().0 / 16.0);
        found[1].push((centroid - half as f64).abs() / 16.0);
        found[2].push(energy[..before].iter().sum::<f64>() / total);
    }
    found.map(|mut values| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    })
}

#[test]
fn lengths_are_exact() {
    for rate in [8_000, 16_000, 22_050, 44_100, 48_000] {
        let mut stretcher = Stretcher::new(rate);
        let mut out = Vec::new();
        for n in [0, 1, 2, 3, 10, 100, 1_000, 7_919] {
            let signal = noise(n);
            for factor in [0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 4.0] {
                stretcher.stretch(&signal, factor, &mut out);
                assert_eq!(
                    out.len(),
                    (n as f64 / factor).round() as usize,
                    "{rate} {n} {factor}"
                );
            }
            for semitones in [-24.0, -4.0, -0.5, 0.0, 2.0, 4.0, 24.0] {
                for formants in [Formants::Moved, Formants::Kept] {
                    stretcher.pitch(&signal, semitones, formants, &mut out);
                    assert_eq!(out.len(), n, "{rate} {semitones} {formants:?}");
                }
            }
        }
    }
}

#[test]
fn stretching_keeps_a_tone() {
    for (rate, frequency) in [
        (8_000, 210.0),
        (16_000, 440.0),
        (16_000, 1_730.0),
        (48_000, 440.0),
    ] {
        for factor in [0.5, 0.75, 0.9, 1.1, 1.25, 2.0] {
            let (cents, gain) = tone_error(
                &stretch(&sine(frequency, rate, 2.0), rate, factor),
                frequency,
                rate,
            );
            assert!(
                cents.abs() < 0.5,
                "{frequency} Hz at {rate}, {factor}: {cents} cents"
            );
            assert!(gain.abs() < 0.5, "{frequency} Hz at {rate}, {factor}: {gain} dB");
        }
    }
}

#[test]
fn shifting_moves_a_tone() {
    for (rate, frequency) in [
        (8_000, 210.0),
        (16_000, 440.0),
        (16_000, 1_730.0),
        (48_000, 440.0),
    ] {
        for semitones in [-12.0, -4.0, -2.0, -0.3, 0.3, 2.0, 4.0, 12.0] {
            let out = pitch(&sine(frequency, rate, 2.0), rate, semitones, Formants::Moved);
            let (cents, gain) = tone_error(&out, frequency * f64::exp2(semitones / 12.0), rate);
            assert!(
                cents.abs() < 0.5,
                "{frequency} Hz at {rate}, {semitones}: {cents} cents"
            );
            assert!(
                gain.abs() < 0.5,
                "{frequency} Hz at {rate}, {semitones}: {gain} dB"
            );
        }
    }
}

#[test]
fn noise_keeps_its_level() {
    let signal = noise(3 * RATE as usize);
    for factor in [0.75, 1.25] {
        let change = level_db(&stretch(&signal, RATE, factor)) - level_db(&signal);
        assert!(change.abs() < 0.5, "{factor}: {change} dB");
    }
    for semitones in [-4.0f64, -2.0, 2.0, 4.0] {
        // Upwards, what passes the Nyquist frequency is lost.
        let expected = -10.0 * (semitones / 12.0).exp2().max(1.0).log10();
        let change = level_db(&pitch(&signal, RATE, semitones, Formants::Moved)) - level_db(&signal);
        assert!(
            (change - expected).abs() < 0.5,
            "{semitones}: {change} dB, expected {expected}"
        );
    }
}

#[test]
fn clicks_stay_sharp_and_in_place() {
    let (signal, places) = clicks();
    for factor in [0.75, 1.25] {
        let [width, offset, before] = smear(&stretch(&signal, RATE, factor), &places, factor);
        assert!(
            width <= 1.0 && before <= 0.01 && offset < 10.5,
            "{factor}: {width} ms, {offset} ms, {before}"
        );
    }
    for semitones in [-4.0, -2.0, 2.0, 4.0] {
        let [width, offset, before] = smear(&pitch(&signal, RATE, semitones, Formants::Moved), &places, 1.0);
        assert!(
            width <= 1.0 && before <= 0.01 && offset < 10.5,
            "{semitones}: {width} ms, {offset} ms, {before}"
        );
    }
}

/// A vowel whose fundamental rises from 0.75 to 1.3 of `f0` in 2 s, so that its harmonics sweep over the formants.
fn vowel(f0: f64, formants: &[f64]) -> Vec<f32> {
    let n = 2 * RATE as usize;
    let rate = f64::from(RATE);
    let mut signal = vec![0.0f64; n];
    let mut phase = 0.0;
    for (i, v) in signal.iter_mut().enumerate() {
        phase += f0 * (0.75 + 0.55 * i as f64 / n as f64) / rate;
        // All harmonics in equal strength, band-limited.
        *v = (1..(6_500.0 / f0 / 1.3) as usize)
            .map(|h| (TAU * phase * h as f64).cos())
            .sum();
    }
    for formant in formants {
        let radius = (-std::f64::consts::PI * 100.0 / rate).exp();
        let (a, b) = (2.0 * radius * (TAU * formant / rate).cos(), -radius * radius);
        let (mut y1, mut y2) = (0.0, 0.0);
        for v in &mut signal {
            *v += a * y1 + b * y2;
            (y1, y2) = (*v, y1);
        }
    }
    let peak = signal.iter().fold(0.0f64, |a, v| a.max(v.abs()));
    signal.iter().map(|v| (0.5 * v / peak) as f32).collect()
}

/// Where the spectrum, smoothed over `width` Hz, is highest within 15 % of `near`.
fn formant(signal: &[f32], near: f64, width: f64) -> f64 {
    let size = 16_384;
    let mut planner = realfft::RealFftPlanner::<f64>::new();
    let forward = planner.plan_fft_forward(size);
    let mut power = vec![0.0; size / 2 + 1];
    // Windows of 128 ms, half overlapping, zero-padded.
    for frame in signal.windows(2_048).step_by(512) {
        let mut padded: Vec<f64> = frame
            .iter()
            .enumerate()
            .map(|(i, v)| (0.5 - 0.5 * (TAU * i as f64 / 2_048.0).cos()) * f64::from(*v))
            .collect();
        padded.resize(size, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut padded, &mut spectrum).unwrap();
        power
            .iter_mut()
            .zip(&spectrum)
            .for_each(|(sum, v)| *sum += v.norm_sqr());
    }
    let bin_hz = f64::from(RATE) / size as f64;
    let smooth = |at: f64| -> f64 {
        let (from, to) = (
            ((at - width) / bin_hz).max(0.0) as usize,
            ((at + width) / bin_hz) as usize,
        );
        (from..=to)
            .map(|k| power[k] * (1.0 + (std::f64::consts::PI * (k as f64 * bin_hz - at) / width).cos()))
            .sum()
    };
    let places: Vec<f64> = (0..=300).map(|i| near * (0.85 + 0.001 * f64::from(i))).collect();
    let level: Vec<f64> = places.iter().map(|at| smooth(*at)).collect();
    let top = level.iter().copied().fold(0.0, f64::max);
    // The centroid of the uppermost decibel.
    let (weights, sum) = places
        .iter()
        .zip(&level)
        .filter(|(_, l)| **l > 0.8 * top)
        .fold((0.0, 0.0), |(w, s), (at, l)| (w + l, s + l * at));
    sum / weights
}

#[test]
fn kept_formants_stay_in_place() {
    for f0 in [100.0, 130.0, 160.0, 200.0, 250.0] {
        let formants = [700.0, 1_400.0, 2_500.0];
        let signal = vowel(f0, &formants);
        for semitones in [-4.0, 4.0] {
            let target = f0 * f64::exp2(semitones / 12.0);
            let same_vowel = vowel(target, &formants);
            let kept = pitch(&signal, RATE, semitones, Formants::Kept);
            let moved = pitch(&signal, RATE, semitones, Formants::Moved);
            for near in formants {
                let expected = formant(&same_vowel, near, 0.8 * target);
                let error = formant(&kept, near, 0.8 * target) / expected - 1.0;
                // The spacing of the harmonics limits how well the envelope of a high voice is known.
                let bound = if near > 6.0 * f0 { 0.03 } else { 0.035 };
                assert!(
                    error.abs() < bound,
                    "{near} Hz moved by {error}, f0 {f0}, {semitones} semitones"
                );
            }
            let error = formant(&moved, formants[2], 0.8 * target) / formants[2] - 1.0;
            assert!(error.abs() > 0.1, "the moved formant is at {error}");
        }
    }
}

#[test]
fn silence_stays_silent() {
    assert!(stretch(&[0.0; 10_000], RATE, 0.8).iter().all(|v| *v == 0.0));
    assert!(
        pitch(&[0.0; 10_000], RATE, 3.0, Formants::Moved)
            .iter()
            .all(|v| *v == 0.0)
    );
    assert!(
        pitch(&[0.0; 10_000], RATE, -3.0, Formants::Kept)
            .iter()
            .all(|v| *v == 0.0)
    );
}

#[test]
fn no_change_is_exact() {
    let signal = noise(5_000);
    assert_eq!(stretch(&signal, RATE, 1.0), signal);
    assert_eq!(pitch(&signal, RATE, 0.0, Formants::Moved), signal);
    assert_eq!(pitch(&signal, RATE, 0.0, Formants::Kept), signal);
}

#[test]
fn the_slightest_change_works_on_long_signals() {
    // Drifts so slowly that one search spans more places than are searched at once.
    let signal = sine(200.0, 8_000, 12.0);
    let out = stretch(&signal, 8_000, 1.002);
    assert_eq!(out.len(), (96_000.0f64 / 1.002).round() as usize);
    let (cents, gain) = tone_error(&out, 200.0, 8_000);
    assert!(cents.abs() < 0.1 && gain.abs() < 0.1, "{cents} cents, {gain} dB");
}

#[test]
fn a_result_does_not_depend_on_earlier_calls() {
    let signal = sine(150.0, RATE, 0.5);
    let mut stretcher = Stretcher::new(RATE);
    let mut out = Vec::new();
    stretcher.pitch(&noise(30_000), 7.0, Formants::Kept, &mut out);
    stretcher.stretch(&noise(12_345), 1.7, &mut out);
    stretcher.stretch(&signal, 0.8, &mut out);
    assert_eq!(out, stretch(&signal, RATE, 0.8));
    stretcher.pitch(&signal, -2.0, Formants::Kept, &mut out);
    assert_eq!(out, pitch(&signal, RATE, -2.0, Formants::Kept));
}

#[test]
fn parameters_out_of_range_are_clamped() {
    let signal = noise(4_000);
    assert_eq!(stretch(&signal, RATE, 0.0).len(), 16_000);
    assert_eq!(stretch(&signal, RATE, f64::INFINITY).len(), 1_000);
    assert_eq!(stretch(&signal, RATE, f64::NAN).len(), 4_000);
    assert_eq!(
        pitch(&signal, RATE, f64::NAN, Formants::Moved),
        pitch(&signal, RATE, 0.0, Formants::Moved)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_input_gives_finite_samples_of_the_right_number(
        n in 0usize..6_000, rate in 1u32..100_000, factor in 0.25f64..4.0, semitones in -24.0f64..24.0,
        exponent in -44i32..39, kept: bool, period in 1usize..400,
    ) {
        let peak = 10f64.powi(exponent).min(f64::from(f32::MAX)) as f32;
        // Noise, with silent stretches and full-scale pulses.
        let signal: Vec<f32> = noise(n).iter().enumerate().map(|(i, v)| {
            if i % period == 0 { peak } else if i / 1_000 % 2 == 0 { v * peak } else { 0.0 }
        }).collect();
        let out = stretch(&signal, rate, factor);
        prop_assert_eq!(out.len(), (n as f64 / factor).round() as usize);
        prop_assert!(out.iter().all(|v| v.is_finite()));
        let out = pitch(&signal, rate, semitones, if kept { Formants::Kept } else { Formants::Moved });
        prop_assert_eq!(out.len(), n);
        prop_assert!(out.iter().all(|v| v.is_finite()));
    }
}
