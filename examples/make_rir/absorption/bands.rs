//! Seven octave bands that add up to the whole signal.

/// Number of bands.
pub const BANDS: usize = 7;

/// Centres in Hz. The lowest band reaches down to 0, the highest up to the Nyquist frequency.
pub const CENTRES: [f64; BANDS] = [125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0];

/// One value a band.
pub type PerBand = [f64; BANDS];

/// How much of a signal at `hz` belongs to each band: cos² over an octave to either side of a centre, so
/// that the weights of neighbours add up to one.
pub fn weights(hz: f64) -> PerBand {
    let octave = (hz.max(1.0) / CENTRES[0]).log2().clamp(0.0, (BANDS - 1) as f64);
    std::array::from_fn(|band| {
        let away = (octave - band as f64).abs();
        if away < 1.0 {
            (std::f64::consts::FRAC_PI_2 * away).cos().powi(2)
        } else {
            0.0
        }
    })
}
