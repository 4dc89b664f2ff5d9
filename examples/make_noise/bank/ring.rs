//! A signal without ends: the last sample is followed by the first.
//!
//! All parts of a recording are made on a ring, so that it can be looped at any cross-fade, even at none.
//! Noise is one lap of draws, slow curves have whole numbers of periods, filters run a lap ahead, and an
//! event that starts near the end goes on at the beginning.

use std::f64::consts::TAU;

use augment::draw::Draw;
use realfft::RealFftPlanner;

use super::event::between;
use super::filter::Filter;
use super::{LENGTH, RATE};

/// One lap: `LENGTH` samples.
#[derive(Clone)]
pub struct Ring(Vec<f64>);

impl Ring {
    pub fn silence() -> Ring {
        Ring(vec![0.0; LENGTH])
    }

    /// The lap of a signal given by its time in seconds; `make` is called in order.
    pub fn of(mut make: impl FnMut(f64) -> f64) -> Ring {
        Ring((0..LENGTH).map(|n| make(n as f64 / f64::from(RATE))).collect())
    }

    /// White noise, uniform, of unit variance.
    pub fn white(draw: &mut Draw) -> Ring {
        let bound = 3f64.sqrt();
        Ring((0..LENGTH).map(|_| between(draw, -bound, bound)).collect())
    }

    /// A random curve of unit variance with equal power from `low` to `high` Hz: cosines with whole numbers
    /// of periods in a lap.
    pub fn drift(draw: &mut Draw, low: f64, high: f64) -> Ring {
        let lap = LENGTH as f64 / f64::from(RATE);
        let first = (low * lap).ceil().max(1.0) as u64;
        let last = ((high * lap).floor() as u64).max(first);
        let mut curve = vec![0.0; LENGTH];
        let gain = (2.0 / (last - first + 1) as f64).sqrt();
        for periods in first..=last {
            let (turn_im, turn_re) = (TAU * periods as f64 / LENGTH as f64).sin_cos();
            let (mut im, mut re) = between(draw, 0.0, TAU).sin_cos();
            for value in &mut curve {
                *value += gain * re;
                (re, im) = (re * turn_re - im * turn_im, re * turn_im + im * turn_re);
            }
        }
        Ring(curve)
    }

    /// A tone of the whole number of periods that is nearest to `hz`, of unit amplitude.
    pub fn tone(hz: f64, phase: f64) -> Ring {
        let lap = LENGTH as f64 / f64::from(RATE);
        let hz = (hz * lap).round() / lap;
        Ring::of(|t| (TAU * hz * t + phase).sin())
    }

    pub fn iter(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().copied()
    }

    pub fn map(mut self, mut f: impl FnMut(f64) -> f64) -> Ring {
        self.0.iter_mut().for_each(|x| *x = f(*x));
        self
    }

    /// Multiplied by `gain` of the other ring's value, sample by sample.
    pub fn shaped(mut self, by: &Ring, gain: impl Fn(f64) -> f64) -> Ring {
        self.0.iter_mut().zip(by.iter()).for_each(|(x, y)| *x *= gain(y));
        self
    }

    /// Filtered; a first lap sets the filter's memory, the second is kept.
    pub fn through(mut self, mut filter: Filter) -> Ring {
        self.0.iter().for_each(|&x| _ = filter.next(x));
        self.0.iter_mut().for_each(|x| *x = filter.next(*x));
        self
    }

    /// Scaled to this root mean square, without its mean.
    pub fn at_rms(self, rms: f64) -> Ring {
        let mean = self.iter().sum::<f64>() / LENGTH as f64;
        let power = self.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / LENGTH as f64;
        let gain = if power > 0.0 { rms / power.sqrt() } else { 0.0 };
        self.map(|x| (x - mean) * gain)
    }

    pub fn add(&mut self, other: &Ring) {
        self.0.iter_mut().zip(other.iter()).for_each(|(x, y)| *x += y);
    }

    /// Adds an event that starts `at` seconds; what runs over the end goes on at the beginning.
    pub fn strike(&mut self, at: f64, gain: f64, event: impl IntoIterator<Item = f64>) {
        let start = (at * f64::from(RATE)).round() as usize;
        for (n, y) in event.into_iter().enumerate() {
            if let Some(x) = self.0.get_mut((start + n) % LENGTH) {
                *x += gain * y;
            }
        }
    }

    /// Heard in a diffuse room: a part `wet` of the power has run through noise that decays by 60 dB in `rt60`
    /// seconds.
    pub fn in_room(mut self, draw: &mut Draw, rt60: f64, wet: f64) -> Ring {
        let rms = (self.iter().map(|x| x * x).sum::<f64>() / LENGTH as f64).sqrt();
        let decay = 1000f64.ln() / (rt60 * f64::from(RATE));
        let tail = (0..LENGTH).map(|n| between(draw, -1.0, 1.0) * (-decay * n as f64).exp());
        let wet_part = convolved(&self.0, &tail.collect::<Vec<_>>()).at_rms(rms * wet.sqrt());
        let dry = (1.0 - wet).sqrt();
        self.0.iter_mut().for_each(|x| *x *= dry);
        self.add(&wet_part);
        self
    }
}

/// The circular convolution of two laps.
#[expect(
    clippy::expect_used,
    reason = "the plans are called with the buffers they made themselves"
)]
fn convolved(a: &[f64], b: &[f64]) -> Ring {
    let mut planner = RealFftPlanner::<f64>::new();
    let forward = planner.plan_fft_forward(LENGTH);
    let spectrum = |lap: &[f64]| {
        let mut out = forward.make_output_vec();
        forward
            .process(&mut lap.to_vec(), &mut out)
            .expect("lengths of the plan");
        out
    };
    let mut product = spectrum(a);
    product.iter_mut().zip(spectrum(b)).for_each(|(x, y)| *x *= y);
    for edge in [0, product.len() - 1] {
        product[edge].im = 0.0;
    }
    let mut lap = vec![0.0; LENGTH];
    planner
        .plan_fft_inverse(LENGTH)
        .process(&mut product, &mut lap)
        .expect("lengths of the plan");
    Ring(lap)
}
