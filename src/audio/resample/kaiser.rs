//! The low-pass filter of all ratios: a sinc under a Kaiser window.
//!
//! J. F. Kaiser's design rules, as in Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.6.
//! Frequencies are in units of the lower Nyquist frequency, times in samples of the lower rate.

use std::f64::consts::PI;

/// Depth of the stop band in dB.
const ATTENUATION: f64 = 125.0;

/// End of the pass band; the stop band begins at 1.
const PASS: f64 = 0.945;

/// Half the length of the filter: it is zero from here on.
pub(super) fn half_width() -> f64 {
    (ATTENUATION - 8.0) / (2.285 * PI * (1.0 - PASS)) / 2.0
}

/// The filter's impulse response; its integral is 1.
pub(super) struct Filter {
    beta: f64,
    half_width: f64,
    at_centre: f64,
}

impl Filter {
    pub fn new() -> Self {
        let beta = 0.1102 * (ATTENUATION - 8.7);
        Self {
            beta,
            half_width: half_width(),
            at_centre: bessel(beta),
        }
    }

    /// The response at the time `x` from the centre.
    pub fn at(&self, x: f64) -> f64 {
        let r = x / self.half_width;
        if r.abs() >= 1.0 {
            return 0.0;
        }
        let cutoff = 0.5 * (1.0 + PASS);
        let sinc = if x == 0.0 {
            cutoff
        } else {
            (PI * cutoff * x).sin() / (PI * x)
        };
        sinc * bessel(self.beta * (1.0 - r * r).sqrt()) / self.at_centre
    }
}

/// The modified Bessel function I0, by its power series.
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bessel_agrees_with_tables() {
        // Abramowitz and Stegun, table 9.8.
        for (x, expected) in [(0.0, 1.0), (1.0, 1.266_065_877_752), (5.0, 27.239_871_823_604)] {
            assert!((bessel(x) / expected - 1.0f64).abs() < 1e-12, "{x}");
        }
    }

    #[test]
    fn the_response_is_even_and_sums_to_one() {
        let filter = Filter::new();
        let sum: f64 = (-200..=200).map(|i| filter.at(f64::from(i))).sum();
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
        assert_eq!(filter.at(7.3), filter.at(-7.3));
        assert_eq!(filter.at(half_width() + 0.01), 0.0);
    }
}
