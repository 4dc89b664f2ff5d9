//! The colours of a matrix's cells.

use embedded_graphics::pixelcolor::Rgb888;
use embedded_graphics::prelude::*;

/// White to deep blue in eight equal steps of lightness, red, green, blue: Oklab lightness 1 to 0.31 at hue
/// 258°, chroma 0.135 · sin(0.78 π t).
const ANCHORS: [[u8; 3]; 9] = [
    [0xff, 0xff, 0xff],
    [0xd2, 0xe4, 0xfe],
    [0xa8, 0xc9, 0xf9],
    [0x80, 0xad, 0xef],
    [0x5e, 0x91, 0xdd],
    [0x41, 0x76, 0xc5],
    [0x2a, 0x5d, 0xa6],
    [0x1a, 0x45, 0x82],
    [0x11, 0x2f, 0x5b],
];

/// Colour of a share, 0 to 1.
pub(super) fn colour(share: f64) -> Rgb888 {
    let place = share.clamp(0.0, 1.0) * (ANCHORS.len() - 1) as f64;
    let from = (place.floor() as usize).min(ANCHORS.len() - 2);
    // `from` is at most the last place but one.
    let (low, high) = (ANCHORS[from], ANCHORS[from + 1]);
    let part = place - from as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round() as u8;
    Rgb888::new(mix(low[0], high[0]), mix(low[1], high[1]), mix(low[2], high[2]))
}

/// Black or white, whichever is easier to read on a colour.
pub(super) fn ink(ground: Rgb888) -> Rgb888 {
    // Contrast is (light + 0.05) / (dark + 0.05); both are equal at √(1.05 · 0.05) - 0.05.
    if luminance(ground) > 0.179 {
        Rgb888::BLACK
    } else {
        Rgb888::WHITE
    }
}

/// Relative luminance, 0 to 1 (WCAG 2.2).
fn luminance(colour: Rgb888) -> f64 {
    let linear = |channel: u8| {
        let value = f64::from(channel) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_share_is_darker_in_even_steps() {
        // CIE 1976 lightness, 0 to 100.
        let lightness = |share| 116.0 * luminance(colour(share)).cbrt() - 16.0;
        for i in 0..200 {
            let step = lightness(f64::from(i) / 200.0) - lightness(f64::from(i + 1) / 200.0);
            assert!((0.1..0.7).contains(&step), "{i}: {step}");
        }
        assert_eq!(colour(0.0), Rgb888::WHITE);
        assert_eq!((colour(-1.0), colour(2.0)), (colour(0.0), colour(1.0)));
    }

    #[test]
    fn numbers_are_readable_on_every_colour() {
        for i in 0..=1000 {
            let ground = colour(f64::from(i) / 1000.0);
            let (a, b) = (luminance(ground), luminance(ink(ground)));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{i}: {contrast}");
        }
    }
}
