//! The figures of the table in `noise/README.md`.

use realfft::RealFftPlanner;

use crate::bank::{RATE, Recording};

/// A row: the file, its character, RMS and peak in dB of full scale, spectral centroid in Hz.
pub fn row(recording: &Recording, samples: &[i16]) -> String {
    format!(
        "| `{}.wav` | {} | {:.1} | {:.1} | {:.0} |",
        recording.name,
        recording.character,
        rms_db(samples),
        peak_db(samples),
        centroid_hz(samples),
    )
}

/// Root mean square in dB of full scale (a sine of full scale has -3.0).
fn rms_db(samples: &[i16]) -> f64 {
    let energy: f64 = samples.iter().map(|&s| (f64::from(s) / 32768.0).powi(2)).sum();
    10.0 * (energy / samples.len() as f64).log10()
}

/// The largest magnitude in dB of full scale.
fn peak_db(samples: &[i16]) -> f64 {
    let peak = samples.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0);
    20.0 * (f64::from(peak) / 32768.0).log10()
}

/// The centroid of the power spectrum over the whole recording, in Hz.
fn centroid_hz(samples: &[i16]) -> f64 {
    let fft = RealFftPlanner::<f64>::new().plan_fft_forward(samples.len());
    let mut signal: Vec<f64> = samples.iter().map(|&s| f64::from(s)).collect();
    let mut spectrum = fft.make_output_vec();
    if fft.process(&mut signal, &mut spectrum).is_err() {
        return f64::NAN; // cannot be: both buffers have the plan's lengths
    }
    let width = f64::from(RATE) / samples.len() as f64;
    let (mut weighted, mut total) = (0.0, 0.0);
    for (bin, value) in spectrum.iter().enumerate() {
        weighted += bin as f64 * width * value.norm_sqr();
        total += value.norm_sqr();
    }
    weighted / total
}
