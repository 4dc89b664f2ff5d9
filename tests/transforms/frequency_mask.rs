//! Frequency mask: the band is gone from the audio, everything else is there, and the picture is told of it.

use augment::audio::take::{MaskAxis, MaskFill, MelMask};

use crate::lab::{done, draw_of, draws, facts, make, take};
use crate::signals::{RATES, amplitude, seconds, sine, white};

/// Frequencies in Hz of the mel filters' edges, by O'Shaughnessy's formula.
fn edges(rate: u32) -> Vec<f64> {
    let top = 2595.0 * (1.0 + f64::from(rate) / 2.0 / 700.0).log10();
    (0..130)
        .map(|k| 700.0 * (10f64.powf(top * f64::from(k) / 129.0 / 2595.0) - 1.0))
        .collect()
}

#[test]
fn tones_in_the_band_go_and_the_others_stay() {
    for rate in RATES {
        let edges = edges(rate);
        let mask = make("frequency-mask", "widths = [15, 20, 25]", rate);
        for copy in 0..6 {
            let n = seconds(rate, 1.0);
            let step = draw_of(mask.as_ref(), "s", copy, &facts(&vec![0.5; n], rate)).unwrap();
            let start = step.parameters()["start"].as_u64().unwrap() as usize;
            let width = step.parameters()["width"].as_u64().unwrap() as usize;
            let (low, high) = (edges[start], edges[start + width + 1]);
            let bin = f64::from(rate) / 1024.0;
            // The window is four bins wide: nearer to an edge a tone is in both worlds.
            let inside = 0.5 * (low + high);
            let outside: Vec<f64> = [
                0.5 * low,
                low - 4.0 * bin,
                high + 4.0 * bin,
                0.5 * (high + f64::from(rate) / 2.0),
            ]
            .into_iter()
            .filter(|hz| {
                (4.0 * bin..f64::from(rate) / 2.0 - 4.0 * bin).contains(hz)
                    && !(low - 3.9 * bin..high + 3.9 * bin).contains(hz)
            })
            .collect();
            let mut source = sine(inside, 0.1, rate, n);
            for &hz in &outside {
                source
                    .iter_mut()
                    .zip(sine(hz, 0.1, rate, n))
                    .for_each(|(sum, x)| *sum += x);
            }
            let mut out = take(&source, rate);
            step.apply(&mut out, &mut Default::default()).unwrap();
            assert_eq!(out.samples.len(), n);
            assert!((out.measured["low_hz"].as_f64().unwrap() - low).abs() < 0.06);
            assert!((out.measured["high_hz"].as_f64().unwrap() - high).abs() < 0.06);
            if high - low > 8.0 * bin {
                let left = 20.0 * (amplitude(&out.samples, inside, rate) / 0.1).log10();
                assert!(left < -45.0, "{rate}, {low}..{high}: {inside} Hz at {left} dB");
            }
            for hz in outside {
                let change = 20.0 * (amplitude(&out.samples, hz, rate) / 0.1).log10();
                assert!(
                    change.abs() < 0.1,
                    "{rate}, {low}..{high}: {hz} Hz by {change} dB"
                );
            }
        }
    }
}

#[test]
fn the_picture_is_of_the_signal_before() {
    for (text, fill, audible, same) in [
        ("", MaskFill::Floor, true, false),
        ("fill = \"zero\"\naudio = \"source\"", MaskFill::Zero, true, true),
        ("audio = \"none\"", MaskFill::Floor, false, true),
    ] {
        let source: Vec<f32> = white("picture", 8000).iter().map(|x| 0.5 * x).collect();
        let mask = make("frequency-mask", &format!("widths = 20\n{text}"), 16_000);
        let out = done(mask.as_ref(), &source, 16_000);
        let picture = out.picture.unwrap();
        let rounded: Vec<i16> = source.iter().map(|x| (x * 32_768.0).round() as i16).collect();
        assert_eq!(picture.source, rounded);
        let step = draw_of(mask.as_ref(), "speaker/one", 0, &facts(&source, 16_000)).unwrap();
        let start = step.parameters()["start"].as_u64().unwrap() as usize;
        let expected = MelMask {
            axis: MaskAxis::Frequency,
            start,
            width: 20,
            fill,
        };
        assert_eq!(picture.masks, [expected]);
        assert_eq!((out.audible, out.samples == source), (audible, same), "{text}");
    }
}

#[test]
fn every_place_is_drawn_once() {
    let mask = make("frequency-mask", "widths = [100, 126, 127]", 16_000);
    let facts = facts(&[0.5; 4000], 16_000);
    assert_eq!(draws(mask.as_ref(), &facts), 29 + 3 + 2);
    let mut all: Vec<(u64, u64)> = (0..34)
        .map(|copy| {
            let values = draw_of(mask.as_ref(), "s", copy, &facts).unwrap().parameters();
            (
                values["width"].as_u64().unwrap(),
                values["start"].as_u64().unwrap(),
            )
        })
        .collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 34);
    assert!(all.iter().all(|(width, start)| width + start <= 128));
}
