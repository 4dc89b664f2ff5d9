//! The absorption of air at 20 °C, 50 % relative humidity and one atmosphere.

use super::bands::{CENTRES, PerBand};

/// Speed of sound in m/s.
pub const SOUND: f64 = 343.2;

const KELVIN: f64 = 293.15;
const HUMIDITY_PERCENT: f64 = 50.0;

/// What stands for the top band, which sampling at 16 kHz cuts off at 8 kHz: its geometric middle.
const TOP: f64 = 6700.0;

/// Nepers per metre (of amplitude) at the bands' centres: ISO 9613-1:1993, equations 3 to 5 and B.1 to B.3.
pub fn nepers_per_metre() -> PerBand {
    CENTRES.map(|centre| absorption(centre.min(TOP)))
}

/// At the reference pressure and temperature the formula's ratios p/p0 and T/T0 are one.
fn absorption(hz: f64) -> f64 {
    let saturation = 10f64.powf(-6.8346 * (273.16_f64 / KELVIN).powf(1.261) + 4.6151);
    let vapour = HUMIDITY_PERCENT * saturation;
    let oxygen = 24.0 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour);
    let nitrogen = 9.0 + 280.0 * vapour;
    let relaxation = 0.012_75 * (-2239.1 / KELVIN).exp() / (oxygen + hz * hz / oxygen)
        + 0.1068 * (-3352.0 / KELVIN).exp() / (nitrogen + hz * hz / nitrogen);
    hz * hz * (1.84e-11 + relaxation)
}
