//! Decibels and back.

/// `20 log10(amplitude)`; −∞ for 0.
#[must_use]
pub fn of_amplitude(amplitude: f64) -> f64 {
    20.0 * amplitude.log10()
}

/// The factor on amplitudes that a number of dB stands for.
#[must_use]
pub fn to_amplitude(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// The factor on powers that a number of dB stands for.
#[must_use]
pub fn to_power(db: f64) -> f64 {
    10f64.powf(db / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values_and_back() {
        assert_eq!((of_amplitude(1.0), of_amplitude(0.1)), (0.0, -20.0));
        assert_eq!((to_amplitude(-20.0), to_power(20.0)), (0.1, 100.0));
        assert_eq!(of_amplitude(0.0), f64::NEG_INFINITY);
        assert!((of_amplitude(to_amplitude(-3.7)) + 3.7).abs() < 1e-12);
    }
}
