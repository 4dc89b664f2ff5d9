//! Second-order filters.
//!
//! Formulas: R. Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients"; the resonator
//! that can be swept is the trapezoidal state-variable filter (V. Zavalishin, "The Art of VA Filter Design").

use std::f64::consts::{PI, TAU};

use super::RATE;

/// A biquad in transposed direct form II.
#[derive(Clone)]
pub struct Filter {
    b: [f64; 3],
    a: [f64; 2],
    memory: [f64; 2],
}

impl Filter {
    pub fn next(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.memory[0];
        self.memory[0] = self.b[1] * x - self.a[0] * y + self.memory[1];
        self.memory[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}

/// 12 dB per octave above `hz`.
pub fn lowpass(hz: f64, q: f64) -> Filter {
    biquad(hz, q, |cos, _| [(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0])
}

/// 12 dB per octave below `hz`.
pub fn highpass(hz: f64, q: f64) -> Filter {
    biquad(hz, q, |cos, _| {
        [(1.0 + cos) / 2.0, -(1.0 + cos), (1.0 + cos) / 2.0]
    })
}

/// A resonance of 0 dB at `hz`, `hz / q` wide.
pub fn bandpass(hz: f64, q: f64) -> Filter {
    biquad(hz, q, |_, alpha| [alpha, 0.0, -alpha])
}

fn biquad(hz: f64, q: f64, b: impl Fn(f64, f64) -> [f64; 3]) -> Filter {
    let (sin, cos) = (TAU * hz / f64::from(RATE)).sin_cos();
    let alpha = sin / (2.0 * q);
    let a0 = 1.0 + alpha;
    Filter {
        b: b(cos, alpha).map(|b| b / a0),
        a: [-2.0 * cos / a0, (1.0 - alpha) / a0],
        memory: [0.0; 2],
    }
}

/// A resonance whose centre may move at every sample.
#[derive(Clone, Default)]
pub struct Sweep {
    band: f64,
    low: f64,
}

impl Sweep {
    /// The next sample of a band-pass at `hz` with 0 dB at its centre.
    pub fn next(&mut self, x: f64, hz: f64, q: f64) -> f64 {
        let g = (PI * hz / f64::from(RATE)).tan();
        let k = 1.0 / q;
        let band = (self.band + g * (x - self.low)) / (1.0 + g * (g + k));
        let low = self.low + g * band;
        (self.band, self.low) = (2.0 * band - self.band, 2.0 * low - self.low);
        k * band
    }
}
