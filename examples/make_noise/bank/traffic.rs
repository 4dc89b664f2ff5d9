//! On the road and on rails: cars passing, a diesel idling, a train.

use std::f64::consts::TAU;

use augment::draw::Draw;

use super::event::{between, burst, normal, ring_out};
use super::filter::{Filter, bandpass, highpass, lowpass};
use super::ring::Ring;

/// The rumble of distant traffic and six cars that pass at different speeds.
pub fn road(draw: &mut Draw) -> Ring {
    let far = Ring::white(draw)
        .through(lowpass(180.0, 0.6))
        .through(lowpass(700.0, 0.6));
    let mut road = far.at_rms(0.35);
    for car in 0..6 {
        let middle = (10.0 * f64::from(car) / 6.0 + between(draw, 0.0, 1.2)).min(9.99);
        let near = between(draw, 0.3, 0.6); // seconds within which the car is at its loudest
        let loudness = between(draw, 0.6, 1.3);
        let tyres = Ring::white(draw)
            .through(bandpass(between(draw, 750.0, 1100.0), 0.6))
            .at_rms(1.0);
        let body = Ring::white(draw).through(lowpass(220.0, 0.6)).at_rms(0.7);
        let f0 = between(draw, 75.0, 115.0);
        // The way from the listener follows 1 / (1 + (t / near)²) in power; pitch falls as the car passes.
        let away = Ring::of(|t| (t - middle + 5.0).rem_euclid(10.0) - 5.0);
        let power = |t: f64| loudness / (1.0 + (t / near).powi(2));
        road.add(&tyres.shaped(&away, power));
        road.add(&body.shaped(&away, |t| power(0.7 * t)));
        let mut phase = 0.0;
        let engine = away.clone().map(|t| {
            phase += TAU * f0 * (1.0 - 0.045 * (t / near).tanh()) / 16_000.0;
            (1..=5).map(|h| (f64::from(h) * phase).sin() / f64::from(h)).sum()
        });
        // Five seconds away the engine is below -60 dB: its phase may jump there.
        road.add(&engine.shaped(&away, |t| 0.2 * power(t) * (-(t / 1.5).powi(2)).exp()));
    }
    road
}

/// Four cylinders at 780 turns a minute: 26 unequal explosions a second in a rattling body.
pub fn engine(draw: &mut Draw) -> Ring {
    let mut explosions = Ring::silence();
    let mut clatter = Ring::silence();
    let cylinders: [f64; 4] = std::array::from_fn(|_| between(draw, 0.8, 1.2));
    for (shot, strength) in (0..260).zip(cylinders.iter().cycle()) {
        let at = (f64::from(shot) / 26.0 + 0.0008 * normal(draw)).max(0.0);
        let strength = strength * (1.0 + 0.1 * normal(draw));
        explosions.strike(at, strength, ring_out(72.0, 0.012));
        clatter.strike(at + 0.004, strength, burst(draw, bandpass(1700.0, 0.8), 0.007));
        clatter.strike(
            at + 0.019,
            0.4 * strength,
            burst(draw, bandpass(2600.0, 1.0), 0.004),
        );
    }
    let mut engine = explosions.clone().at_rms(0.8);
    for (hz, level) in [(130.0, 0.45), (310.0, 0.3), (560.0, 0.16)] {
        engine.add(&explosions.clone().through(bandpass(hz, 4.0)).at_rms(level));
    }
    engine.add(&clatter.at_rms(0.2));
    engine.add(&Ring::white(draw).through(lowpass(900.0, 0.6)).at_rms(0.1));
    engine
}

/// Rolling noise, two axles over a joint sixteen times in ten seconds, a faint squeal.
pub fn train(draw: &mut Draw) -> Ring {
    let sway = Ring::drift(draw, 0.3, 1.2);
    let rolling = Ring::white(draw)
        .through(lowpass(260.0, 0.7))
        .through(highpass(45.0, 0.7));
    let mut train = rolling.at_rms(0.55).shaped(&sway, |s| 1.0 + 0.15 * s);
    train.add(&Ring::white(draw).through(bandpass(900.0, 0.5)).at_rms(0.16));
    for joint in 0..16 {
        for (axle, force) in [(0.0, 1.0), (0.12, 0.8)] {
            let at = 0.15 + 0.625 * f64::from(joint) + axle + 0.002 * normal(draw);
            let force = force * (1.0 + 0.1 * normal(draw));
            train.strike(at, 2.2 * force, ring_out(between(draw, 85.0, 95.0), 0.03));
            train.strike(at, 1.2 * force, ring_out(between(draw, 410.0, 440.0), 0.018));
            let steel: Filter = bandpass(between(draw, 1800.0, 2400.0), 1.5);
            train.strike(at, 1.6 * force, burst(draw, steel, 0.012));
        }
    }
    let grip = Ring::drift(draw, 0.2, 0.7);
    let squeal = Ring::white(draw).through(bandpass(2730.0, 60.0)).at_rms(0.06);
    train.add(&squeal.shaped(&grip, |g| (1.0 + g).max(0.0)));
    train
}
