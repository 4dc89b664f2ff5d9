//! From impulse trains by octave band to the samples of a response.

use std::f64::consts::{PI, SQRT_2, TAU};

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

use crate::RATE;
use crate::absorption::bands::{BANDS, weights};
use crate::image_source::Trains;

/// The sample at which the direct path arrives: 2.5 ms, for what a filter puts before it.
pub const DIRECT: usize = 40;
/// Corner of the high-pass in Hz; images of one sign alone would add up to a large offset.
const CORNER: f64 = 40.0;
/// Magnitude of the largest sample.
const PEAK: f64 = 0.9;

/// The response in each band, filtered without delay; their sum is the response.
#[expect(
    clippy::expect_used,
    reason = "the plans are called with the buffers they made themselves"
)]
pub fn by_band(trains: &Trains) -> [Vec<f64>; BANDS] {
    // Twice the length, so that what a filter puts before the first sample does not come round to the end.
    let length = (2 * trains.len()).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    std::array::from_fn(|band| {
        let mut signal = forward.make_input_vec();
        signal.iter_mut().zip(trains).for_each(|(x, row)| *x = row[band]);
        let mut spectrum: Vec<Complex<f64>> = forward.make_output_vec();
        forward
            .process(&mut signal, &mut spectrum)
            .expect("lengths of the plan");
        for (bin, value) in spectrum.iter_mut().enumerate() {
            let hz = bin as f64 * f64::from(RATE) / length as f64;
            *value *= weights(hz)[band] / length as f64;
        }
        inverse
            .process(&mut spectrum, &mut signal)
            .expect("lengths of the plan");
        signal.truncate(trains.len());
        signal
    })
}

/// The sum of the bands, without what lies below the corner, faded out over the last twentieth.
pub fn broadband(bands: &[Vec<f64>; BANDS]) -> Vec<f64> {
    let mut response = vec![0.0; bands[0].len()];
    for band in bands {
        response.iter_mut().zip(band).for_each(|(sum, x)| *sum += x);
    }
    high_pass(&mut response);
    let fade = response.len() / 20;
    for (n, x) in response.iter_mut().rev().take(fade).enumerate() {
        *x *= 0.5 - 0.5 * (PI * n as f64 / fade as f64).cos();
    }
    response
}

/// Second-order Butterworth (R. Bristow-Johnson's cookbook).
fn high_pass(signal: &mut [f64]) {
    let (sin, cos) = (TAU * CORNER / f64::from(RATE)).sin_cos();
    let alpha = sin / SQRT_2;
    let a0 = 1.0 + alpha;
    let (b0, a1, a2) = ((1.0 + cos) / 2.0 / a0, -2.0 * cos / a0, (1.0 - alpha) / a0);
    let (mut z1, mut z2) = (0.0, 0.0);
    for x in signal {
        let y = b0 * *x + z1;
        z1 = -2.0 * b0 * *x - a1 * y + z2;
        z2 = b0 * *x - a2 * y;
        *x = y;
    }
}

/// Scaled to the peak and rounded to 16 bits. What is left of the sum of all samples after the cut is taken
/// off in proportion to the decay, and each rounding error is passed on to the next sample, so that the
/// samples add up to zero: a response with an offset puts one into the speech.
pub fn quantised(response: &[f64], rt60: f64) -> Vec<i16> {
    let peak = response.iter().fold(0.0_f64, |peak, x| peak.max(x.abs()));
    let decay = |n: usize| {
        let after = n.saturating_sub(DIRECT + 1) as f64 / f64::from(RATE);
        if n <= DIRECT {
            0.0
        } else {
            (-1000f64.ln() * after / rt60).exp()
        }
    };
    let share = response.iter().sum::<f64>() / (0..response.len()).map(decay).sum::<f64>();
    let mut carried = 0.0;
    let round = |(n, x): (usize, &f64)| {
        let wanted = (x - share * decay(n)) * PEAK / peak * 32768.0 + carried;
        carried = wanted - wanted.round();
        wanted.round() as i16
    };
    response.iter().enumerate().map(round).collect()
}
