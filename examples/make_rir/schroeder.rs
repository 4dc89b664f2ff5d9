//! Reverberation time by backward integration (M. Schroeder, "New method of measuring reverberation time",
//! 1965; ISO 3382-1).

use crate::RATE;

/// RT60 in seconds: the line through the decay curve between -5 dB and `down_to` dB, continued to -60 dB.
/// `None` if the curve has not two samples there or does not fall.
pub fn rt60(response: &[f64], down_to: f64) -> Option<f64> {
    let total: f64 = response.iter().map(|x| x * x).sum();
    let mut left = total;
    let (mut count, mut sum_t, mut sum_d, mut sum_tt, mut sum_td) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (n, x) in response.iter().enumerate() {
        let decibels = 10.0 * (left / total).log10();
        if decibels <= -5.0 && decibels >= down_to {
            let t = n as f64 / f64::from(RATE);
            count += 1.0;
            sum_t += t;
            sum_d += decibels;
            sum_tt += t * t;
            sum_td += t * decibels;
        }
        left -= x * x;
    }
    let slope = (count * sum_td - sum_t * sum_d) / (count * sum_tt - sum_t * sum_t);
    (count >= 2.0 && slope < 0.0).then(|| -60.0 / slope)
}

/// Energy up to 2.5 ms after the direct path over the energy of the rest, in dB.
pub fn direct_to_reverberant_db(samples: &[i16], direct: usize) -> f64 {
    let energy = |part: &[i16]| part.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>();
    let (near, rest) = samples.split_at((direct + RATE as usize / 400).min(samples.len()));
    10.0 * (energy(near) / energy(rest)).log10()
}
