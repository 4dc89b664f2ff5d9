//! A voice that moves as voices do goes through the transforms: its fundamental, its spectrum and its level come out
//! as they should. The bounds are those that the best tools for speech reach on real sentences.

use std::f64::consts::TAU;

use augment::audio::mel::{Mel, MelSettings, MelSpectrogram};

use crate::lab::{done, make};
use crate::signals::{db, power};

const RATE: u32 = 16_000;
const SECONDS: f64 = 4.0;
/// Samples from one frame of the measures to the next.
const HOP: usize = 128;

/// The fundamental in Hz: phrases that rise and fall by up to a fifth, with some vibrato.
fn melody(t: f64, around: f64) -> f64 {
    around
        * (0.25 * (TAU * 0.45 * t).sin() + 0.05 * (TAU * 1.7 * t).sin() + 0.004 * (TAU * 5.0 * t).sin()).exp()
}

/// Vowels that go over into each other, in syllables that swell and fade but never end.
fn voice(around: f64) -> Vec<f32> {
    let formants = |t: f64| {
        let place = 0.5 + 0.5 * (TAU * 0.6 * t).sin();
        let between = |a: f64, b: f64| a + (b - a) * place;
        [
            (between(300.0, 750.0), 80.0),
            (between(2_200.0, 1_150.0), 110.0),
            (between(2_900.0, 2_450.0), 150.0),
        ]
    };
    let mut phase = 0.0;
    (0..(SECONDS * f64::from(RATE)) as usize)
        .map(|n| {
            let t = n as f64 / f64::from(RATE);
            let f0 = melody(t, around);
            phase += TAU * f0 / f64::from(RATE);
            let resonances = formants(t);
            let gain = |hz: f64| -> f64 {
                resonances
                    .iter()
                    .map(|(centre, width)| 1.0 / (1.0 + ((hz - centre) / width).powi(2)).sqrt())
                    .sum()
            };
            let harmonics = (1..=(7_000.0 / f0) as usize).map(|k| {
                let k = k as f64;
                gain(k * f0) / k.sqrt() * (k * phase).cos()
            });
            let syllable = 0.55 + 0.45 * (TAU * 3.0 * t).sin();
            (0.06 * syllable * harmonics.sum::<f64>()) as f32
        })
        .collect()
}

/// The fundamental in Hz at places given as (sample, expected Hz), after "YIN" (de Cheveigné and Kawahara 2002): the
/// first dip of the normalised difference function below 0.15, else the deepest, refined by a parabola. What is
/// compared is centred on the place; the expectation serves that alone.
fn fundamentals(signal: &[f32], places: &[(f64, f64)]) -> Vec<f64> {
    const WINDOW: usize = 512;
    const LAGS: std::ops::Range<usize> = 21..267;
    let rate = f64::from(RATE);
    let fundamental = |&(centre, expected): &(f64, f64)| {
        let start = (centre - 0.5 * (WINDOW as f64 + rate / expected)).round() as usize;
        let part = &signal[start..start + WINDOW + LAGS.end];
        let mut sum = 0.0;
        let normalised: Vec<f64> = (0..LAGS.end)
            .map(|lag| {
                let difference: f32 = (0..WINDOW).map(|n| (part[n] - part[n + lag]).powi(2)).sum();
                sum += f64::from(difference);
                f64::from(difference) * lag as f64 / sum.max(1e-12)
            })
            .collect();
        let is_dip = |&lag: &usize| {
            let next = normalised.get(lag + 1).copied().unwrap_or(f64::MIN);
            normalised[lag] <= normalised[lag - 1] && normalised[lag] < next
        };
        let dips: Vec<usize> = LAGS.filter(is_dip).collect();
        let first = dips.iter().copied().find(|&lag| normalised[lag] < 0.15);
        let deepest = dips
            .iter()
            .copied()
            .min_by(|&a, &b| normalised[a].total_cmp(&normalised[b]));
        let lag = first.or(deepest).unwrap();
        let (before, at, after) = (normalised[lag - 1], normalised[lag], normalised[lag + 1]);
        let shift = 0.5 * (before - after) / (before + after - 2.0 * at).max(1e-12);
        rate / (lag as f64 + shift)
    };
    places.iter().map(fundamental).collect()
}

/// Median and half the interquartile range, in cents, of how far the fundamental of `out`, which is `source` played at
/// `speed`, is from `ratio` times that of `source`.
fn deviation(source: &[f32], out: &[f32], around: f64, ratio: f64, speed: f64) -> (f64, f64) {
    let places: Vec<(f64, f64)> = (10..)
        .map(|frame| (frame * HOP) as f64)
        .take_while(|place| place + 1_280.0 < source.len() as f64)
        .map(|place| (place, melody(place / f64::from(RATE), around)))
        .filter(|(place, _)| place / speed > 640.0 && place / speed + 640.0 < out.len() as f64)
        .collect();
    let moved: Vec<(f64, f64)> = places.iter().map(|(at, hz)| (at / speed, hz * ratio)).collect();
    let mut cents: Vec<f64> = fundamentals(source, &places)
        .iter()
        .zip(fundamentals(out, &moved))
        .map(|(before, after)| 1200.0 * (after / before / ratio).log2())
        .collect();
    cents.sort_by(f64::total_cmp);
    let at = |share: f64| cents[(share * (cents.len() - 1) as f64).round() as usize];
    (at(0.5), 0.5 * (at(0.75) - at(0.25)))
}

fn spectrogram(signal: &[f32]) -> Vec<Vec<f64>> {
    let settings = MelSettings {
        n_mels: 64,
        hop_length: HOP,
        ..MelSettings::default()
    };
    let mut mel = MelSpectrogram::default();
    Mel::new(&settings, RATE).unwrap().power(signal, &mut mel);
    (0..mel.frames)
        .map(|t| {
            (0..64)
                .map(|m| db(f64::from(mel.data[m * mel.frames + t]) + 1e-10))
                .collect()
        })
        .collect()
}

/// Log-spectral distance in dB of `b` played at `speed` from `a`, after the best lag within 100 ms and the best level:
/// 64 mel bands below 5 kHz, what lies within 50 dB of the highest.
fn distance(a: &[f32], b: &[f32], speed: f64) -> f64 {
    let (a, b) = (spectrogram(a), spectrogram(b));
    // Of 64 filters up to 8 kHz the first 50 end below 5 kHz.
    let bands = 50;
    let top = a.iter().flatten().copied().fold(f64::MIN, f64::max);
    let at = |lag: i32| {
        let mut differences = Vec::new();
        for (t, frame) in a.iter().enumerate() {
            let place = (t as f64 / speed + f64::from(lag)).clamp(0.0, (b.len() - 1) as f64);
            let (first, rest) = (place as usize, place.fract());
            let second = (first + 1).min(b.len() - 1);
            for (m, level) in frame
                .iter()
                .enumerate()
                .take(bands)
                .filter(|(_, level)| **level > top - 50.0)
            {
                differences.push((1.0 - rest) * b[first][m] + rest * b[second][m] - level);
            }
        }
        differences.sort_by(f64::total_cmp);
        let median = differences[differences.len() / 2];
        let squares: f64 = differences.iter().map(|d| (d - median).powi(2)).sum();
        (squares / differences.len() as f64).sqrt()
    };
    (-12..=12).map(at).fold(f64::MAX, f64::min)
}

#[test]
fn a_shifted_voice_keeps_its_melody_its_spectrum_and_its_level() {
    for around in [110.0, 190.0] {
        let source = voice(around);
        for semitones in [-4.0, -2.0, 2.0, 4.0] {
            let shift = |samples: &[f32], by: f64| {
                done(
                    make("pitch", &format!("semitones = {by:?}"), RATE).as_ref(),
                    samples,
                    RATE,
                )
                .samples
            };
            let out = shift(&source, semitones);
            let about = format!("{around} Hz, {semitones} semitones");
            let (error, spread) = deviation(&source, &out, around, f64::exp2(semitones / 12.0), 1.0);
            assert!(error.abs() <= 0.5, "{about}: f0 is {error} cents off");
            assert!(spread <= 1.5, "{about}: f0 spreads by {spread} cents");
            let level = db(power(&out) / power(&source));
            assert!(level.abs() <= 0.3, "{about}: the level changes by {level} dB");
            let there_and_back = distance(&source, &shift(&out, -semitones), 1.0);
            assert!(
                there_and_back <= 2.2,
                "{about}: {there_and_back} dB after the way back"
            );
        }
    }
}

#[test]
fn a_stretched_voice_keeps_its_melody_and_its_spectrum() {
    for around in [110.0, 190.0] {
        let source = voice(around);
        for factor in [0.75, 1.25] {
            let out = done(
                make("speed", &format!("factors = {factor:?}"), RATE).as_ref(),
                &source,
                RATE,
            )
            .samples;
            let about = format!("{around} Hz, {factor}");
            let (error, spread) = deviation(&source, &out, around, 1.0, factor);
            assert!(error.abs() <= 0.5, "{about}: f0 is {error} cents off");
            assert!(spread <= 1.5, "{about}: f0 spreads by {spread} cents");
            let warped = distance(&source, &out, factor);
            assert!(warped <= 2.4, "{about}: {warped} dB from the source at its times");
        }
    }
}
