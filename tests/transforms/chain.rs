//! Chain: the steps in their order, each with draws of its own.

use augment::audio::transform::chain::Chain;

use crate::lab::{bank, chain, done, draw_of, draws, facts, make, named, try_done};
use crate::signals::{amplitude, db, difference_db, impulse, power, seconds, sine, tone, white};

const RATE: u32 = 16_000;

#[test]
fn steps_are_done_in_their_order() {
    // Noise after a gain has its ratio to the changed signal; before it, both are changed.
    let source = sine(300.0, 0.5, RATE, seconds(RATE, 1.024));
    let hiss = bank(&[("hiss", &white("hiss", 90_000)[..])]);
    let (gain, noise) = (
        ("gain", "gain_db = -20"),
        ("noise", "snr_db = 10\nsnr_over = \"all\""),
    );
    let quiet: Vec<f32> = source.iter().map(|x| 0.1 * x).collect();
    for steps in [[gain, noise], [noise, gain]] {
        let out = done(chain(&steps, RATE, &hiss).as_ref(), &source, RATE).samples;
        let added: Vec<f32> = out.iter().zip(&quiet).map(|(a, b)| a - b).collect();
        assert!((db(power(&quiet) / power(&added)) - 10.0).abs() < 0.05);
    }
    // An echo that is made before the speed changes comes sooner.
    let mut response = vec![0.0; 8000];
    (response[0], response[4000]) = (1.0, 0.5);
    let echo = bank(&[("echo", &response[..])]);
    let (speed, room) = (("speed", "factors = 2\npitch = \"moved\""), ("room", ""));
    for (steps, at) in [([speed, room], 4000), ([room, speed], 2000)] {
        let out = done(chain(&steps, RATE, &echo).as_ref(), &impulse(16_000, 100), RATE).samples;
        assert_eq!(out.len(), 8000);
        let second = (500..8000).max_by(|&a, &b| out[a].total_cmp(&out[b])).unwrap();
        assert_eq!(second, 50 + at);
    }
}

#[test]
fn every_step_has_its_effect() {
    let source = sine(400.0, 0.5, RATE, seconds(RATE, 3.0));
    let steps = [
        ("speed", "factors = 1.5"),
        ("pitch", "semitones = 12"),
        ("gain", "gain_db = -6"),
    ];
    let out = done(chain(&steps, RATE, &named(&[])).as_ref(), &source, RATE).samples;
    assert_eq!(out.len(), 32_000);
    let (cents, level) = tone(&out, 800.0, RATE);
    assert!(
        cents.abs() < 1.0 && (20.0 * (level / 0.5).log10() + 6.0).abs() < 0.5,
        "{cents} {level}"
    );
}

#[test]
fn masks_come_last_and_show_the_signal_before_the_first() {
    let source: Vec<f32> = white("masks", 32_000).iter().map(|x| 0.4 * x).collect();
    let steps = [
        ("gain", "gain_db = -6"),
        ("frequency-mask", "widths = 20"),
        ("time-mask", "widths = 5"),
    ];
    let masked = chain(&steps, RATE, &named(&[]));
    assert!(masked.masks());
    let out = done(masked.as_ref(), &source, RATE);
    let picture = out.picture.unwrap();
    assert_eq!(picture.masks.len(), 2);
    let half = 10f32.powf(-0.3);
    for (shown, x) in picture.source.iter().zip(&source) {
        assert!((f32::from(*shown) - x * half * 32_768.0).abs() <= 0.51);
    }
}

#[test]
fn what_makes_no_chain_is_refused() {
    let make = |kinds: &[&str]| {
        let steps = kinds
            .iter()
            .map(|kind| match *kind {
                "chain" => chain(&[("gain", ""), ("speed", "")], RATE, &named(&[])),
                kind => make(kind, "", RATE),
            })
            .collect();
        Chain::new(steps, 512).map(drop).map_err(|error| {
            assert_eq!(error.key, "steps");
            error.message
        })
    };
    assert_eq!(
        make(&[]),
        Err("found 0 step(s); a chain has at least two".to_owned())
    );
    assert_eq!(
        make(&["gain"]),
        Err("found 1 step(s); a chain has at least two".to_owned())
    );
    assert!(
        make(&["gain", "chain"])
            .unwrap_err()
            .contains("can't hold another chain")
    );
    for kinds in [
        ["frequency-mask", "gain"],
        ["time-mask", "noise"],
        ["time-mask", "speed"],
    ] {
        assert!(
            make(&kinds).unwrap_err().contains("comes after a mask"),
            "{kinds:?}"
        );
    }
    assert_eq!(make(&["frequency-mask", "time-mask"]), Ok(()));
    assert_eq!(make(&["room", "noise", "time-mask"]), Ok(()));
}

#[test]
fn an_error_names_its_step() {
    let noisy = chain(
        &[("gain", "gain_db = -6"), ("noise", "")],
        RATE,
        &bank(&[("a", &[0.5][..])]),
    );
    let error = try_done(noisy.as_ref(), &[0.0; 1000], RATE)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "step 2 (noise): the signal is silent: no noise has a ratio to it"
    );
    let loud = chain(&[("gain", "gain_db = 6"), ("speed", "")], RATE, &named(&[]));
    let error = try_done(loud.as_ref(), &[1.0; 1000], RATE)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("step 1 (gain): a gain of +6.00 dB would exceed"),
        "{error}"
    );
    let short = chain(
        &[("speed", "factors = 4"), ("time-mask", "widths = 5")],
        RATE,
        &named(&[]),
    );
    let error = try_done(short.as_ref(), &[0.5; 16_000], RATE)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("step 2 (time-mask): "), "{error}");
}

#[test]
fn no_two_copies_are_alike() {
    let source = vec![0.01f32; 40_000];
    let facts = facts(&source, RATE);
    let bank = named(&["a", "b", "c"]);
    for steps in [
        &[
            ("speed", "factors = [0.8, 1.2]"),
            ("pitch", "semitones = [-2, 2, 3]"),
        ][..],
        &[
            ("room", ""),
            ("speed", "factors = [0.8, 1.2]"),
            ("gain", "gain_db = [-1, -0.9]"),
        ],
        &[("pitch", ""), ("frequency-mask", "widths = 120")],
        &[
            ("speed", "factors = [0.8, 1.2, 1.5]"),
            ("time-mask", "widths = 5"),
        ],
    ] {
        let chain = chain(steps, RATE, &bank);
        let n = draws(chain.as_ref(), &facts);
        assert!(n > 1 && n < 1000);
        let mut all: Vec<String> = (0..n)
            .filter_map(|copy| draw_of(chain.as_ref(), "s", copy, &facts).ok())
            .map(|step| serde_json::to_string(&step.parameters()).unwrap())
            .collect();
        all.sort();
        all.dedup();
        assert_eq!(all.len() as u64, n, "{steps:?}");
    }
}

#[test]
fn the_same_kind_twice_draws_twice() {
    let twice = chain(&[("pitch", ""), ("pitch", "")], RATE, &named(&[]));
    let facts = facts(&[0.1; 4000], RATE);
    assert_eq!(draws(twice.as_ref(), &facts), 16);
    let different = (0..16)
        .filter(|&copy| {
            let values = draw_of(twice.as_ref(), "s", copy, &facts).unwrap().parameters();
            values["steps"][0]["semitones"] != values["steps"][1]["semitones"]
        })
        .count();
    assert_eq!(different, 12);
}

#[test]
fn a_chain_of_one_way_and_back_is_near_the_source() {
    let source = sine(500.0, 0.5, RATE, 16_000);
    let steps = [
        ("speed", "factors = 0.5\npitch = \"moved\""),
        ("speed", "factors = 2\npitch = \"moved\""),
    ];
    let out = done(chain(&steps, RATE, &named(&[])).as_ref(), &source, RATE).samples;
    assert!(difference_db(&out[2000..14_000], &source[2000..14_000]) < -80.0);
    assert!((amplitude(&out, 500.0, RATE) - 0.5).abs() < 1e-3);
}
