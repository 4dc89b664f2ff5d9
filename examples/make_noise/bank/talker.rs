//! One talker of a crowd: meaningless syllables from a glottal source and four formants.
//!
//! Source: flow pulses of A. Rosenberg (1971), differenced. Formants: cascaded resonators of D. Klatt (1980),
//! their centres the means for men of Peterson and Barney (1952), scaled per talker.

use std::f64::consts::{FRAC_PI_2, PI, TAU};

use augment::draw::Draw;

use super::event::{between, normal};
use super::filter::{Filter, bandpass};
use super::{LENGTH, RATE};

/// F1, F2, F3 in Hz of ten vowels.
const VOWELS: [[f64; 3]; 10] = [
    [270.0, 2290.0, 3010.0],
    [390.0, 1990.0, 2550.0],
    [530.0, 1840.0, 2480.0],
    [660.0, 1720.0, 2410.0],
    [640.0, 1190.0, 2390.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [440.0, 1020.0, 2240.0],
    [300.0, 870.0, 2240.0],
    [490.0, 1350.0, 1690.0],
];
/// Bandwidths of the four formants in Hz.
const WIDTHS: [f64; 4] = [80.0, 100.0, 150.0, 250.0];
/// Seconds within which formants and amplitudes come near their targets.
const GLIDE: f64 = 0.018;

/// What the articulators aim at from one moment on.
struct Target {
    seconds: f64,
    voicing: f64,
    hiss: f64,
    f0: f64,
    formants: [f64; 3],
}

/// A lap of speech-like sound that begins and ends in silence, so that it can be turned on a ring.
pub fn talk(draw: &mut Draw) -> Vec<f64> {
    let high_voice = draw.below(2) == 1;
    let f0 = if high_voice {
        between(draw, 165.0, 240.0)
    } else {
        between(draw, 85.0, 140.0)
    };
    let scale = if high_voice {
        between(draw, 1.10, 1.20)
    } else {
        between(draw, 0.95, 1.05)
    };
    let targets = score(draw, f0, scale);
    let mut voice = Voice::new(draw, scale);
    let mut lap: Vec<f64> = Vec::with_capacity(LENGTH);
    for target in &targets {
        let count = (target.seconds * f64::from(RATE)) as usize;
        lap.extend((0..count).map(|_| voice.next(draw, target)));
    }
    lap.resize(LENGTH, 0.0);
    lap
}

/// Phrases of four to nine syllables between pauses; the last ends half a second before the lap does.
fn score(draw: &mut Draw, f0: f64, scale: f64) -> Vec<Target> {
    let end = LENGTH as f64 / f64::from(RATE) - 0.5;
    let pace = between(draw, 0.85, 1.2);
    let mut targets: Vec<Target> = Vec::new();
    let mut time = 0.0;
    let mut formants = VOWELS[4].map(|f| f * scale);
    while time < end - 2.5 {
        let syllables = 4 + draw.below(6);
        for syllable in 0..syllables {
            // The pitch falls over the phrase (declination) and varies from syllable to syllable.
            let fall = 1.12 - 0.24 * syllable as f64 / syllables as f64;
            let f0 = f0 * fall * (1.0 + 0.06 * normal(draw));
            let vowel = VOWELS[draw.below(VOWELS.len() as u64) as usize].map(|f| f * scale);
            let (voicing, hiss) = match draw.below(4) {
                0 => (0.0, between(draw, 0.25, 0.6)), // a fricative
                1 => (0.0, 0.02),                     // the closure of a stop
                _ => (between(draw, 0.1, 0.35), 0.0), // a nasal or an approximant
            };
            let onset = pace * between(draw, 0.04, 0.09);
            targets.push(Target {
                seconds: onset,
                voicing,
                hiss,
                f0,
                formants,
            });
            formants = vowel;
            let nucleus = pace * between(draw, 0.08, 0.19);
            let loud = between(draw, 0.5, 1.0);
            targets.push(Target {
                seconds: nucleus,
                voicing: loud,
                hiss: 0.0,
                f0,
                formants,
            });
            time += onset + nucleus;
        }
        let pause = between(draw, 0.15, 0.7);
        targets.push(Target {
            seconds: pause,
            voicing: 0.0,
            hiss: 0.0,
            f0,
            formants,
        });
        time += pause;
    }
    targets
}

/// The state of one vocal tract.
struct Voice {
    phase: f64,
    flow: f64,
    voicing: f64,
    hiss: f64,
    formants: [f64; 4],
    memory: [[f64; 2]; 4],
    friction: Filter,
}

impl Voice {
    fn new(draw: &mut Draw, scale: f64) -> Voice {
        Voice {
            phase: 0.0,
            flow: 0.0,
            voicing: 0.0,
            hiss: 0.0,
            formants: [500.0, 1500.0, 2500.0, 3500.0].map(|f| f * scale),
            memory: [[0.0; 2]; 4],
            friction: bandpass(between(draw, 3500.0, 5500.0), 1.2),
        }
    }

    fn next(&mut self, draw: &mut Draw, target: &Target) -> f64 {
        let glide = 1.0 / (GLIDE * f64::from(RATE));
        self.voicing += glide * (target.voicing - self.voicing);
        self.hiss += glide * (target.hiss - self.hiss);
        for (now, aim) in self.formants.iter_mut().zip(target.formants) {
            *now += glide * (aim - *now);
        }
        self.phase = (self.phase + target.f0 / f64::from(RATE)).fract();
        let flow = glottal_flow(self.phase);
        let mut x = self.voicing * (flow - self.flow);
        self.flow = flow;
        for ((hz, width), memory) in self.formants.iter().zip(WIDTHS).zip(&mut self.memory) {
            let radius = (-PI * width / f64::from(RATE)).exp();
            let (b, c) = (
                2.0 * radius * (TAU * hz / f64::from(RATE)).cos(),
                -radius * radius,
            );
            x = (1.0 - b - c) * x + b * memory[0] + c * memory[1];
            *memory = [x, memory[0]];
        }
        x + 0.12 * self.hiss * self.friction.next(between(draw, -1.0, 1.0))
    }
}

/// The opening phase takes 40 % of a period, the closing 16 %.
fn glottal_flow(phase: f64) -> f64 {
    const OPEN: f64 = 0.40;
    const CLOSE: f64 = 0.16;
    if phase < OPEN {
        0.5 * (1.0 - (PI * phase / OPEN).cos())
    } else if phase < OPEN + CLOSE {
        (FRAC_PI_2 * (phase - OPEN) / CLOSE).cos()
    } else {
        0.0
    }
}
