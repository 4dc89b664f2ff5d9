//! Noise: the ratio that was drawn is the ratio that is there.

use crate::lab::{bank, done, draw_of, facts, make_with, try_done};
use crate::signals::{RATES, db, power, seconds, sine, white};

fn added(out: &[f32], source: &[f32]) -> Vec<f32> {
    out.iter().zip(source).map(|(a, b)| a - b).collect()
}

/// Half a second of a tone, half a second of nothing, again and again, in whole frames of 32 ms.
fn talk(rate: u32) -> Vec<f32> {
    let part = 15 * seconds(rate, 0.032);
    let tone = sine(250.0, 0.3, rate, part);
    [&tone[..], &vec![0.0; part], &tone, &vec![0.0; part]].concat()
}

#[test]
fn the_ratio_holds_over_active_speech_and_over_all() {
    for rate in RATES {
        let source = talk(rate);
        let tone = power(&source[..seconds(rate, 0.032)]);
        let recording = white("hiss", seconds(rate, 5.0));
        for snr in [-10.0, 0.0, 12.34, 40.0] {
            for (over, speech) in [("active", tone), ("all", power(&source))] {
                let text = format!("snr_db = {snr:?}\nsnr_over = {over:?}");
                let noise = make_with("noise", &text, rate, &bank(&[("hiss.wav", &recording[..])]));
                let out = done(noise.as_ref(), &source, rate);
                let found = db(speech / power(&added(&out.samples, &source)));
                assert!((found - snr).abs() < 0.05, "{rate}, {text}: {found} dB");
                let told = out.measured["snr_db"].as_f64().unwrap();
                assert!((told - snr).abs() < 0.05, "{rate}, {text}: {told} dB");
            }
        }
    }
}

#[test]
fn short_recordings_are_looped_and_several_are_mixed() {
    for rate in RATES {
        let source = sine(300.0, 0.3, rate, seconds(rate, 2.016));
        let (short, tiny, hum) = (
            white("short", seconds(rate, 0.3)),
            white("tiny", 3),
            // 60 dB louder than the others: all are to be heard alike.
            sine(100.0, 300.0, rate, seconds(rate, 0.9)),
        );
        for (count, recordings) in [
            (1, vec![("short", &short[..])]),
            (1, vec![("tiny", &tiny[..])]),
            (1, vec![("one", &[0.25][..])]),
            (3, vec![("short", &short[..]), ("tiny", &tiny), ("hum", &hum)]),
            (8, vec![("short", &short[..]), ("hum", &hum)]),
        ] {
            let text = format!("snr_db = 10\nsnr_over = \"all\"\ncount = {count}");
            let noise = make_with("noise", &text, rate, &bank(&recordings));
            let out = done(noise.as_ref(), &source, rate);
            let layers = added(&out.samples, &source);
            let found = db(power(&source) / power(&layers));
            assert!((found - 10.0).abs() < 0.05, "{rate}, {count}: {found} dB");
        }
        // Of two recordings 60 dB apart each has half of the power.
        let text = "snr_db = 0\nsnr_over = \"all\"\ncount = 2";
        let noise = make_with(
            "noise",
            text,
            rate,
            &bank(&[("short", &short[..]), ("hum", &hum)]),
        );
        let layers = added(&done(noise.as_ref(), &source, rate).samples, &source);
        let hum = crate::signals::amplitude(&layers, 100.0, rate).powi(2) / 2.0;
        assert!((hum / power(&source) - 0.5).abs() < 0.02, "{rate}: {hum}");
    }
}

#[test]
fn a_ratio_is_drawn_from_the_whole_range_on_hundredths() {
    let noise = make_with(
        "noise",
        "snr_db = [5, 20]",
        16_000,
        &crate::lab::named(&["a", "b"]),
    );
    let facts = facts(&[0.5; 100], 16_000);
    let drawn: Vec<f64> = (0..2000)
        .map(|copy| {
            let step = draw_of(noise.as_ref(), "s", copy, &facts).unwrap();
            step.parameters()["snr_db"].as_f64().unwrap()
        })
        .collect();
    let (least, most) = drawn
        .iter()
        .fold((99.0f64, 0.0f64), |(a, b), &x| (a.min(x), b.max(x)));
    assert!(
        (5.0..5.1).contains(&least) && (19.9..=20.0).contains(&most),
        "{least} {most}"
    );
    let mean = drawn.iter().sum::<f64>() / 2000.0;
    // Four standard errors of a uniform draw.
    assert!(
        (mean - 12.5).abs() < 4.0 * 15.0 / 12f64.sqrt() / 2000f64.sqrt(),
        "{mean}"
    );
    assert!(
        drawn
            .iter()
            .all(|x| ((x * 100.0).round() / 100.0 - x).abs() < 1e-12)
    );
}

#[test]
fn silence_is_refused_on_either_side() {
    let hiss = white("hiss", 9000);
    let noise = make_with("noise", "snr_db = 10", 16_000, &bank(&[("hiss.wav", &hiss[..])]));
    for silent in [vec![], vec![0.0; 4000], vec![0.0; 1], vec![-0.0; 7]] {
        let error = try_done(noise.as_ref(), &silent, 16_000).unwrap_err().to_string();
        assert!(error.contains("silent"), "{error}");
    }
    for recording in [vec![], vec![0.0; 9000]] {
        let noise = make_with(
            "noise",
            "snr_db = 10",
            16_000,
            &bank(&[("dead.wav", &recording[..])]),
        );
        let error = try_done(noise.as_ref(), &[0.5; 4000], 16_000)
            .unwrap_err()
            .to_string();
        assert!(error.contains("dead.wav is silent"), "{error}");
    }
    let mirror: Vec<f32> = hiss.iter().map(|x| -x).collect();
    let both = bank(&[("a", &hiss[..100]), ("b", &mirror[..100])]);
    let noise = make_with("noise", "snr_db = 10\ncount = 2", 16_000, &both);
    let error = try_done(noise.as_ref(), &[0.5; 100], 16_000)
        .unwrap_err()
        .to_string();
    assert!(error.contains("cancel each other"), "{error}");
}

#[test]
fn a_longer_recording_moves_no_other_draw() {
    let (short, long) = (white("s", 1000), white("s", 90_000));
    let facts = facts(&[0.5; 100], 16_000);
    let parameters = |first: &[f32]| {
        let noise = make_with(
            "noise",
            "count = 2",
            16_000,
            &bank(&[("a", first), ("b", &short)]),
        );
        draw_of(noise.as_ref(), "s", 0, &facts).unwrap().parameters()
    };
    assert_eq!(parameters(&short), parameters(&long));
}
