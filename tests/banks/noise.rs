//! The recordings of `noise/`.

use crate::bank::{LENGTH, RECORDINGS};
use crate::{assert_close, mean, noise_table, project, samples, stems};

fn recording(name: &str) -> Vec<i16> {
    samples(&project("noise").join(format!("{name}.wav")))
}

#[test]
fn files_are_those_of_the_generator() {
    let names: Vec<&str> = RECORDINGS.iter().map(|r| r.name).collect();
    assert_eq!(stems("noise", "wav"), names);
    for made in &RECORDINGS {
        assert_close(made.name, &recording(made.name), &made.samples(), 1);
    }
}

#[test]
fn levels_are_even_without_offset_or_clipping() {
    for name in stems("noise", "wav") {
        let samples = recording(&name);
        assert_eq!(samples.len(), LENGTH, "{name}");
        let power = samples
            .iter()
            .map(|&s| (f64::from(s) / 32768.0).powi(2))
            .sum::<f64>();
        let rms_db = 10.0 * (power / samples.len() as f64).log10();
        assert!((-26.5..=-19.5).contains(&rms_db), "{name}: {rms_db:.1} dBFS");
        assert!(mean(&samples).abs() < 1e-5, "{name}: offset {}", mean(&samples));
        assert!(
            samples.iter().all(|s| s.unsigned_abs() < 32_000),
            "{name}: clipped"
        );
    }
}

/// They are looped: the step from the last sample to the first is one that occurs within.
#[test]
fn ends_join_without_a_click() {
    for name in stems("noise", "wav") {
        let samples = recording(&name);
        let mut steps: Vec<u16> = samples.windows(2).map(|pair| pair[0].abs_diff(pair[1])).collect();
        steps.sort_unstable();
        let usual = steps[steps.len() * 99 / 100];
        let seam = samples[0].abs_diff(samples[samples.len() - 1]);
        assert!(
            seam <= usual,
            "{name}: a step of {seam} at the seam, 99 of 100 are below {usual}"
        );
    }
}

/// No two recordings share the shape of their spectrum and the movement of their level.
#[test]
fn recordings_differ_in_character() {
    let characters: Vec<(String, [f64; 7], f64)> = stems("noise", "wav")
        .into_iter()
        .map(|name| {
            let samples = recording(&name);
            let (bands, movement) = (octaves_db(&samples), movement(&samples));
            (name, bands, movement)
        })
        .collect();
    for (n, (a, bands_a, movement_a)) in characters.iter().enumerate() {
        for (b, bands_b, movement_b) in &characters[n + 1..] {
            let octaves = bands_a
                .iter()
                .zip(bands_b)
                .map(|(x, y)| (x - y).powi(2))
                .sum::<f64>()
                / bands_a.len() as f64;
            // A movement of 0.1 more counts as 1 dB.
            let distance = octaves.sqrt().hypot(10.0 * (movement_a - movement_b));
            assert!(distance > 3.0, "{a} and {b} are {distance:.1} dB apart");
        }
    }
}

#[test]
fn readme_states_the_figures() {
    let readme = std::fs::read_to_string(project("noise/README.md")).expect("a readme");
    for made in &RECORDINGS {
        let row = noise_table::row(made, &recording(made.name));
        assert!(readme.contains(&row), "noise/README.md lacks this row:\n{row}");
    }
}

/// Level in seven octaves from 62.5 Hz to 8 kHz relative to the whole, by halving the rate: the difference of
/// neighbouring samples' halves is the upper octave.
fn octaves_db(samples: &[i16]) -> [f64; 7] {
    let mut signal: Vec<f64> = samples.iter().map(|&s| f64::from(s)).collect();
    let mut bands = [0.0; 7];
    for band in bands.iter_mut().rev() {
        let pairs: Vec<(f64, f64)> = signal
            .chunks_exact(2)
            .map(|p| ((p[0] + p[1]) / 2.0, (p[0] - p[1]) / 2.0))
            .collect();
        *band = pairs.iter().map(|p| p.1 * p.1).sum::<f64>() / pairs.len() as f64;
        signal = pairs.iter().map(|p| p.0).collect();
    }
    let total: f64 = bands.iter().sum();
    bands.map(|power| 10.0 * (power / total).log10())
}

/// Deviation of the level of 20 ms frames, relative to its mean.
fn movement(samples: &[i16]) -> f64 {
    let rms = |frame: &[i16]| {
        (frame.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / frame.len() as f64).sqrt()
    };
    let levels: Vec<f64> = samples.chunks_exact(320).map(rms).collect();
    let mean = levels.iter().sum::<f64>() / levels.len() as f64;
    let variance = levels.iter().map(|l| (l - mean).powi(2)).sum::<f64>() / levels.len() as f64;
    variance.sqrt() / mean
}
