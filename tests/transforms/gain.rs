//! Gain: exactly the factor, never beyond full scale, never nothing.

use crate::lab::{done, draw_of, draws, facts, make, try_done};
use crate::signals::{RATES, full_scale, impulse, sine, white};

#[test]
fn every_sample_is_multiplied() {
    for rate in RATES {
        for (db, factor) in [
            (-6.0, 0.501_187_2_f32),
            (-20.0, 0.1),
            (-60.0, 0.001),
            (12.0, 3.981_071_7),
        ] {
            let gain = make("gain", &format!("gain_db = {db:?}"), rate);
            for source in [
                impulse(50, 7),
                sine(440.0, 1.0, rate, 900),
                white("g", 900),
                vec![0.0; 9],
                vec![1.0],
            ] {
                let source: Vec<f32> = source.iter().map(|x| x * 0.25).collect();
                let out = done(gain.as_ref(), &source, rate);
                for (a, b) in out.samples.iter().zip(&source) {
                    assert!((a - b * factor).abs() <= 1e-6 * b.abs(), "{db}: {a} of {b}");
                }
            }
        }
    }
}

#[test]
fn a_gain_beyond_full_scale_is_refused_in_the_plan() {
    let gain = make("gain", "gain_db = 6", 16_000);
    for (peak, fits) in [(0.5, true), (0.501, true), (0.502, false), (1.0, false)] {
        assert_eq!(
            draw_of(gain.as_ref(), "s", 0, &facts(&[peak], 16_000)).is_ok(),
            fits,
            "{peak}"
        );
    }
    let error = draw_of(gain.as_ref(), "s", 0, &facts(&[1.0], 16_000))
        .err()
        .unwrap()
        .0;
    assert_eq!(
        error,
        "a gain of +6.00 dB would exceed full scale: the peak is at 0.00 dBFS"
    );
    let out = done(
        make("gain", "gain_db = -0.01", 16_000).as_ref(),
        &full_scale(400),
        16_000,
    );
    assert!(out.samples.iter().all(|x| (0.9988..0.9989).contains(&x.abs())));
}

#[test]
fn a_range_leaves_no_gain_out_and_refuses_none_at_all() {
    let gain = make("gain", "gain_db = [-0.5, 0.5]", 16_000);
    let facts = facts(&[0.01], 16_000);
    assert_eq!(draws(gain.as_ref(), &facts), 101);
    let mut drawn: Vec<i64> = Vec::new();
    let mut refused = 0;
    for copy in 0..101 {
        match draw_of(gain.as_ref(), "s", copy, &facts) {
            Ok(step) => drawn.push((step.parameters()["gain_db"].as_f64().unwrap() * 100.0).round() as i64),
            Err(reason) => {
                assert_eq!(reason.0, "a gain of 0 dB changes nothing");
                refused += 1;
            }
        }
    }
    drawn.sort_unstable();
    assert_eq!(refused, 1);
    assert_eq!(drawn, (-50..=50).filter(|&x| x != 0).collect::<Vec<_>>());
}

#[test]
fn a_chain_that_overflows_is_refused() {
    let loud = crate::lab::chain(
        &[("gain", "gain_db = -1"), ("gain", "gain_db = 60")],
        16_000,
        &crate::lab::named(&[]),
    );
    let error = try_done(loud.as_ref(), &[1.0, 3e38], 16_000);
    assert!(error.is_err());
    let most = try_done(loud.as_ref(), &[1.0, 0.5], 16_000).unwrap();
    assert!((most.samples[0] - 891.25).abs() < 0.01);
}
