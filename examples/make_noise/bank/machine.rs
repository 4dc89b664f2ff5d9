//! Machines indoors: a fan, mains hum, a keyboard.

use std::f64::consts::TAU;

use augment::draw::Draw;

use super::event::{between, burst, normal, ring_out};
use super::filter::{bandpass, highpass, lowpass};
use super::ring::Ring;

/// Air noise, five blades at 23 turns a second and the slight limp of a bearing.
pub fn fan(draw: &mut Draw) -> Ring {
    let mut fan = Ring::white(draw).through(lowpass(600.0, 0.6)).at_rms(0.7);
    fan.add(&Ring::white(draw).through(bandpass(3600.0, 0.6)).at_rms(0.5));
    let turns = 23.0;
    for harmonic in 1..=6 {
        let hz = 5.0 * turns * f64::from(harmonic);
        let tone = Ring::tone(hz, between(draw, 0.0, TAU));
        fan.add(&tone.map(|x| 0.9 * x / f64::from(harmonic).powf(1.3)));
    }
    fan.shaped(&Ring::tone(turns, 0.0), |limp| 1.0 + 0.18 * limp)
}

/// Twice the mains frequency and its harmonics; the upper ones beat slowly.
pub fn hum(draw: &mut Draw) -> Ring {
    let mut hum = Ring::tone(50.0, 0.0).map(|x| 0.3 * x);
    for harmonic in 1..=18 {
        let level = 1.0 / f64::from(harmonic).powf(0.9) * between(draw, 0.5, 1.2);
        let tone = Ring::tone(100.0 * f64::from(harmonic), between(draw, 0.0, TAU));
        let beat = Ring::tone(between(draw, 0.2, 0.9), between(draw, 0.0, TAU));
        let depth = 0.04 * f64::from(harmonic).min(8.0);
        hum.add(&tone.shaped(&beat, |b| level * (1.0 + depth * b)));
    }
    hum.add(&Ring::white(draw).through(bandpass(1200.0, 0.5)).at_rms(0.03));
    hum
}

/// Words of two to nine keys, each pressed and let go, over a quiet room.
pub fn keyboard(draw: &mut Draw) -> Ring {
    let mut desk = Ring::silence();
    let mut time = 0.1;
    while time < 9.6 {
        for _ in 0..2 + draw.below(8) {
            key(draw, &mut desk, time, 1.0, 1.0);
            time += 0.115 + 0.02 * normal(draw);
        }
        key(draw, &mut desk, time, 1.2, 0.6); // the space bar: larger, deeper
        time += between(draw, 0.15, 0.5);
    }
    desk.add(&Ring::white(draw).through(lowpass(700.0, 0.6)).at_rms(0.012));
    desk
}

/// A key's way down and, a tenth of a second later, up.
fn key(draw: &mut Draw, desk: &mut Ring, at: f64, size: f64, pitch: f64) {
    let held = between(draw, 0.06, 0.11);
    for (at, force) in [
        (at, between(draw, 0.7, 1.0)),
        (at + held, between(draw, 0.2, 0.35)),
    ] {
        let force = force * size;
        let cap = bandpass(pitch * between(draw, 2400.0, 3600.0), 1.0);
        desk.strike(at, force, burst(draw, cap, 0.006));
        let switch = highpass(4000.0, 0.7);
        desk.strike(at, 0.25 * force, burst(draw, switch, 0.0015));
        desk.strike(
            at,
            0.45 * force,
            ring_out(pitch * between(draw, 280.0, 380.0), 0.014),
        );
    }
}
