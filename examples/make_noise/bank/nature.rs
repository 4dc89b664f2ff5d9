//! Outdoors: rain, wind, birds.

use augment::draw::Draw;

use super::event::{between, burst, ring_out, wait, whistle};
use super::filter::{Sweep, bandpass, highpass, lowpass};
use super::ring::Ring;

/// A hiss that breathes slowly, and drops that can be told apart.
pub fn rain(draw: &mut Draw) -> Ring {
    let breath = Ring::drift(draw, 0.1, 0.8);
    let hiss = Ring::white(draw)
        .through(highpass(1200.0, 0.5))
        .through(lowpass(6500.0, 0.6));
    let mut rain = hiss.at_rms(0.75).shaped(&breath, |b| 1.0 + 0.1 * b);
    rain.add(&Ring::white(draw).through(bandpass(350.0, 0.6)).at_rms(0.18));
    let mut time = wait(draw, 90.0);
    while time < 10.0 {
        // Many faint drops, few loud ones; a drop on a leaf bursts, one on a puddle rings.
        let loudness = 0.35 * (1.0 - draw.unit()).powf(-0.45).min(7.0);
        if draw.below(3) == 0 {
            let bubble = ring_out(between(draw, 1400.0, 4200.0), between(draw, 0.004, 0.012));
            rain.strike(time, loudness, bubble);
        } else {
            let leaf = bandpass(between(draw, 900.0, 3000.0), 1.0);
            rain.strike(time, 1.5 * loudness, burst(draw, leaf, 0.003));
        }
        time += wait(draw, 90.0);
    }
    rain
}

/// A low roar in gusts; the stronger a gust, the higher and louder its howl.
pub fn wind(draw: &mut Draw) -> Ring {
    let slow = Ring::drift(draw, 0.1, 0.5);
    let quick = Ring::drift(draw, 0.8, 2.5);
    let gust = slow.map({
        let mut flutter = quick.iter().collect::<Vec<_>>().into_iter();
        move |s| (0.35 * s + 0.2 * flutter.next().unwrap_or(0.0)).exp()
    });
    let roar = Ring::white(draw)
        .through(lowpass(160.0, 0.6))
        .through(lowpass(500.0, 0.6));
    let mut wind = roar.at_rms(1.0).shaped(&gust, |g| 0.3 + g);
    let air: Vec<f64> = Ring::white(draw).iter().collect();
    for (centre, q, level) in [(330.0, 9.0, 1.6), (610.0, 12.0, 0.8)] {
        let mut howl = Sweep::default();
        let mut lap = || {
            let moved = gust.iter().zip(&air);
            moved
                .map(|(g, x)| howl.next(*x, centre * (0.75 + 0.25 * g), q))
                .collect::<Vec<_>>()
        };
        lap(); // sets the filter's memory, so that the second lap has no seam
        let mut howled = lap().into_iter();
        let lap = Ring::of(|_| howled.next().unwrap_or(0.0));
        wind.add(&lap.shaped(&gust, |g| level * g));
    }
    wind
}

/// Three birds with songs of their own, over leaves.
pub fn birds(draw: &mut Draw) -> Ring {
    let stir = Ring::drift(draw, 0.1, 0.6);
    let leaves = Ring::white(draw).through(bandpass(2500.0, 0.5));
    let mut wood = leaves.at_rms(0.07).shaped(&stir, |s| 1.0 + 0.4 * s);
    wood.add(&Ring::white(draw).through(lowpass(250.0, 0.6)).at_rms(0.06));
    // A trill of quick falling notes.
    for turn in 0..5 {
        let at = 2.0 * f64::from(turn) + between(draw, 0.0, 1.0);
        let top = between(draw, 4600.0, 5200.0);
        for note in 0..8 + draw.below(6) {
            let gain = 0.5 + 0.04 * note as f64;
            wood.strike(
                at + 0.075 * note as f64,
                gain,
                whistle(0.055, |x| top - 1500.0 * x),
            );
        }
    }
    // Two clear notes, the second lower.
    for turn in 0..6 {
        let at = 1.66 * f64::from(turn) + between(draw, 0.0, 0.9);
        let high = between(draw, 3500.0, 3800.0);
        wood.strike(at, 0.9, whistle(0.28, |x| high + 60.0 * x));
        wood.strike(at + 0.33, 0.8, whistle(0.4, |x| 0.82 * high - 80.0 * x));
    }
    // A warble, up and down without rest.
    for turn in 0..4 {
        let at = 0.8 + 2.5 * f64::from(turn) + between(draw, 0.0, 1.0);
        let centre = between(draw, 2300.0, 2900.0);
        let turns = between(draw, 5.0, 9.0);
        let seconds = between(draw, 0.6, 1.0);
        let song = whistle(seconds, |x| {
            centre + 450.0 * (std::f64::consts::TAU * turns * x).sin()
        });
        wood.strike(at, 0.6, song);
    }
    wood.in_room(draw, 0.8, 0.15)
}
