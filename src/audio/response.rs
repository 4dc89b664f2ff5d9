//! Preparing a room response: its constant offset taken out, its direct path found and brought to unit energy.

use super::convolve::Kernel;
use super::level;

/// A response ready for convolution.
#[derive(Debug, Clone)]
pub struct Response {
    /// Its samples; the direct sound has unit energy.
    pub kernel: Kernel,
    /// Index of the direct path: the first sample of at least half the maximum.
    pub direct: usize,
    /// Energy of the direct sound over that of all that comes after it, in dB (`None` if nothing does).
    pub direct_to_reverberant_db: Option<f64>,
}

/// Half the width in seconds of what counts as direct sound, as in the usual direct-to-reverberant ratio.
const DIRECT_SECONDS: f64 = 0.0025;

/// Prepares a response of `rate` Hz.
///
/// A recording's constant offset would turn into an offset of the speech (or, multiplied by the length of the
/// response, into a boost of its lowest frequencies); the mean of the last fifth, where the room has decayed, tells
/// it; where the direct sound itself lies there, the mean of what comes before it does. Scaling by the direct sound's energy, not by peak or minimum, leaves the loudness of close speech as it was.
///
/// # Errors
/// In words: an empty, silent or non-finite response.
pub fn prepare(samples: &[f32], rate: u32) -> Result<Response, String> {
    if samples.is_empty() {
        return Err("the response holds no samples".to_owned());
    }
    if !samples.iter().all(|sample| sample.is_finite()) {
        return Err("the response is not finite".to_owned());
    }
    let reach = (DIRECT_SECONDS * f64::from(rate)).round() as usize;
    let tail = samples.len() - samples.len().div_ceil(5);
    // A response without a tail (a few samples) has no place where its offset could be read.
    let offset = match direct_path(samples) {
        _ if samples.len() < 100 => 0.0,
        late if late + reach >= tail => mean(&samples[..late.saturating_sub(reach)]),
        _ => mean(&samples[tail..]),
    };
    let mut centred: Vec<f32> = samples.iter().map(|&s| (f64::from(s) - offset) as f32).collect();
    let peak = level::peak(&centred);
    if !(peak > 0.0 && peak.is_finite()) {
        return Err("the response is silent".to_owned());
    }
    let direct = direct_path(&centred);
    let end = (direct + reach + 1).min(centred.len());
    let direct_energy = energy(&centred[direct.saturating_sub(reach)..end]);
    let late_energy = energy(&centred[end..]);
    let gain = 1.0 / direct_energy.sqrt();
    for sample in &mut centred {
        *sample = (f64::from(*sample) * gain) as f32;
    }
    let ratio = (late_energy > 0.0).then(|| 10.0 * (direct_energy / late_energy).log10());
    Ok(Response {
        kernel: Kernel::new(centred),
        direct,
        direct_to_reverberant_db: ratio,
    })
}

/// The first sample of at least half the maximum.
fn direct_path(samples: &[f32]) -> usize {
    let half = 0.5 * level::peak(samples);
    samples.iter().position(|s| s.abs() >= half).unwrap_or(0)
}

fn mean(samples: &[f32]) -> f64 {
    samples.iter().map(|&s| f64::from(s)).sum::<f64>() / samples.len().max(1) as f64
}

fn energy(samples: &[f32]) -> f64 {
    samples.iter().map(|&s| f64::from(s).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decaying(offset: f32) -> Vec<f32> {
        let mut response = vec![offset; 4000];
        for (n, slot) in response.iter_mut().enumerate().skip(37) {
            let t = (n - 37) as f32 / 16000.0;
            *slot += if n == 37 {
                0.5
            } else {
                0.02 * (n as f32 * 2.3).sin() * (-t * 60.0).exp()
            };
        }
        response
    }

    #[test]
    fn finds_the_direct_path_and_gives_it_unit_energy() {
        let response = prepare(&decaying(0.0), 16000).unwrap();
        assert_eq!(response.direct, 37);
        let near = energy(&response.kernel.samples()[..37 + 41]);
        assert!((near - 1.0).abs() < 1e-6, "{near}");
        assert!(response.direct_to_reverberant_db.unwrap() > 0.0);
    }

    #[test]
    fn an_offset_of_the_recording_makes_no_difference() {
        let (clean, offset) = (
            prepare(&decaying(0.0), 16000).unwrap(),
            prepare(&decaying(0.05), 16000).unwrap(),
        );
        let gain_at_zero: f32 =
            offset.kernel.samples().iter().sum::<f32>() - clean.kernel.samples().iter().sum::<f32>();
        assert!(gain_at_zero.abs() < 1e-2, "{gain_at_zero}");
        assert_eq!(offset.direct, 37);
    }

    #[test]
    fn a_single_pulse_stays_one() {
        let response = prepare(&[0.0, -0.25], 16000).unwrap();
        assert_eq!(
            (response.kernel.samples(), response.direct),
            (&[0.0, -1.0][..], 1)
        );
    }

    /// The offset is read from the last fifth, unless the direct sound is in it.
    #[test]
    fn a_pulse_near_the_end_is_no_offset() {
        for (length, at) in [(200, 190), (4000, 3900), (4000, 3190)] {
            for offset in [0.0, 0.05] {
                let mut response = vec![offset; length];
                response[at] += 1.0;
                let response = prepare(&response, 16000).unwrap();
                assert_eq!(response.direct, at);
                let samples = response.kernel.samples();
                let rest = energy(samples) - energy(&samples[at..=at]);
                assert!(rest < 1e-9, "{length} {at} {offset}: {rest}");
            }
        }
    }

    #[test]
    fn silence_and_nothing_are_refused() {
        assert!(prepare(&[], 16000).is_err());
        assert!(prepare(&[0.1; 500], 16000).is_err());
        assert!(prepare(&[f32::NAN; 3], 16000).is_err());
        assert!(prepare(&[1.0, f32::NAN], 16000).is_err());
        assert!(prepare(&[1.0, f32::INFINITY, 0.0], 16000).is_err());
    }
}
