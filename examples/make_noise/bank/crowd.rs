//! Crowds: people talking, a café, applause.

use augment::draw::Draw;

use super::event::{between, burst, normal, ring_out};
use super::filter::{bandpass, highpass, lowpass};
use super::ring::Ring;
use super::talker::talk;

/// Twenty talkers at different distances in a hall.
pub fn babble(draw: &mut Draw) -> Ring {
    let mut crowd = talkers(draw, 20, 10.0).in_room(draw, 0.7, 0.4);
    crowd.add(&Ring::white(draw).through(lowpass(400.0, 0.7)).at_rms(0.02));
    crowd
}

/// Seven talkers, cups and plates, a steam wand once, the murmur of the room.
pub fn cafe(draw: &mut Draw) -> Ring {
    let mut cafe = talkers(draw, 7, 8.0).at_rms(0.8);
    for _ in 0..16 {
        let at = between(draw, 0.0, 10.0);
        // Crockery touches two or three times in quick succession, each piece with its own partials.
        let partials = [1.0, 1.52, 2.31].map(|ratio| ratio * between(draw, 1900.0, 2900.0));
        let loudness = between(draw, 0.5, 1.6);
        for touch in 0..=1 + draw.below(2) {
            let at = at + touch as f64 * between(draw, 0.05, 0.11);
            for hz in partials {
                cafe.strike(at, loudness, ring_out(hz, between(draw, 0.015, 0.05)));
            }
        }
    }
    let steam = Ring::white(draw).through(bandpass(5200.0, 1.0)).at_rms(0.55);
    cafe.add(&steam.shaped(&Ring::of(|t| t), |t| swell(t, 6.2, 8.4)));
    let murmur = Ring::white(draw)
        .through(lowpass(500.0, 0.7))
        .through(highpass(80.0, 0.7));
    cafe.add(&murmur.at_rms(0.25));
    cafe.in_room(draw, 0.5, 0.3)
}

/// Forty people who clap, each in a rhythm of their own.
pub fn applause(draw: &mut Draw) -> Ring {
    let mut hall = Ring::silence();
    for _ in 0..40 {
        let period = between(draw, 0.19, 0.32);
        let pitch = between(draw, 700.0, 2200.0);
        let distance = between(draw, 0.25, 1.0);
        // A whole number of claps in the ten seconds; the first may come at any time.
        let claps = (10.0 / period).round();
        let start = between(draw, 0.0, period);
        for clap in 0..claps as usize {
            let at = (start + clap as f64 * 10.0 / claps + 0.012 * normal(draw)).max(0.0);
            let hands = bandpass(pitch * (1.0 + 0.08 * normal(draw)), 1.6);
            let gain = distance * between(draw, 0.6, 1.0);
            let decay = between(draw, 0.004, 0.009);
            hall.strike(at, gain, burst(draw, hands, decay));
        }
    }
    let swell = Ring::drift(draw, 0.1, 0.4);
    hall.shaped(&swell, |s| 1.0 + 0.15 * s).in_room(draw, 1.1, 0.35)
}

/// So many talkers of levels within `range_db`, each turned to a different place on the ring.
fn talkers(draw: &mut Draw, count: usize, range_db: f64) -> Ring {
    let mut crowd = Ring::silence();
    for _ in 0..count {
        let lap = talk(draw);
        let power = lap.iter().map(|x| x * x).sum::<f64>() / lap.len() as f64;
        let level = 10f64.powf(between(draw, -range_db, 0.0) / 20.0);
        crowd.strike(between(draw, 0.0, 10.0), level / power.max(1e-12).sqrt(), lap);
    }
    crowd.at_rms(1.0)
}

/// 0 outside `from..to` seconds, 1 inside, with ramps of 0.3 s.
fn swell(t: f64, from: f64, to: f64) -> f64 {
    ((t - from).min(to - t) / 0.3).clamp(0.0, 1.0)
}
