//! Short sounds that are struck onto a ring, and the draws that place them.

use std::f64::consts::TAU;

use augment::draw::Draw;

use super::RATE;
use super::filter::Filter;

/// A fraction in `low..high`.
pub fn between(draw: &mut Draw, low: f64, high: f64) -> f64 {
    low + (high - low) * draw.unit()
}

/// About normal, of unit variance, within ±3.5 (the sum of four uniform draws).
pub fn normal(draw: &mut Draw) -> f64 {
    (0..4).map(|_| between(draw, -1.0, 1.0)).sum::<f64>() * (3f64 / 4.0).sqrt()
}

/// Seconds to the next of events that come `rate` times a second without regard to each other.
pub fn wait(draw: &mut Draw, rate: f64) -> f64 {
    -(1.0 - draw.unit()).ln() / rate
}

/// Samples in so many seconds.
fn samples(seconds: f64) -> usize {
    (seconds * f64::from(RATE)).round() as usize
}

/// A sine at `hz` that falls to 1/e every `decay` seconds; over after seven of them (-61 dB).
pub fn ring_out(hz: f64, decay: f64) -> impl Iterator<Item = f64> {
    (0..samples(7.0 * decay)).map(move |n| {
        let t = n as f64 / f64::from(RATE);
        (TAU * hz * t).sin() * (-t / decay).exp()
    })
}

/// Filtered noise with the same decay.
pub fn burst(draw: &mut Draw, mut filter: Filter, decay: f64) -> impl Iterator<Item = f64> {
    (0..samples(7.0 * decay)).map(move |n| {
        let t = n as f64 / f64::from(RATE);
        filter.next(between(draw, -1.7, 1.7)) * (-t / decay).exp()
    })
}

/// A whistle of `seconds` that glides through `contour` (fraction of the whistle → Hz) under a bell envelope.
pub fn whistle(seconds: f64, contour: impl Fn(f64) -> f64) -> impl Iterator<Item = f64> {
    let count = samples(seconds);
    let mut phase = 0.0;
    (0..count).map(move |n| {
        let at = n as f64 / count as f64;
        phase += TAU * contour(at) / f64::from(RATE);
        let bell = (std::f64::consts::PI * at).sin();
        bell * bell * phase.sin()
    })
}
