//! Draws: never the same twice, the same for the same key, and moved as little as can be.

use std::collections::BTreeSet;
use std::sync::Arc;

use augment::audio::transform::{DrawKey, Transform, Values};
use augment::plan::item_id;

use crate::lab::{chain, draw_of, draws, facts, make, make_with, named};

const RATE: u32 = 16_000;

fn parameters(transform: &dyn Transform, source: &str, copy: u64) -> Values {
    draw_of(transform, source, copy, &facts(&vec![0.01; 30_000], RATE))
        .unwrap()
        .parameters()
}

fn finite() -> Vec<Box<dyn Transform>> {
    let bank = named(&["a.wav", "b.wav", "deep/c.wav", "deep/d.wav", "e.wav"]);
    vec![
        make("speed", "factors = [0.75, 0.9, 1.1, 1.25]", RATE),
        make("speed", "factors = { min = 0.8, max = 1.2, step = 0.001 }", RATE),
        make_with("room", "", RATE, &bank),
        make("pitch", "", RATE),
        make("pitch", "semitones = { min = -4, max = 4, step = 0.05 }", RATE),
        make("frequency-mask", "", RATE),
        make("time-mask", "", RATE),
        make("gain", "gain_db = [-12, -3]", RATE),
        chain(
            &[("speed", ""), ("room", ""), ("gain", "gain_db = [-3, -2.5]")],
            RATE,
            &bank,
        ),
    ]
}

#[test]
fn copies_never_repeat() {
    for transform in finite() {
        let n = draws(transform.as_ref(), &facts(&vec![0.01; 30_000], RATE));
        for source in ["one", "two"] {
            let all: BTreeSet<String> = (0..n)
                .map(|copy| serde_json::to_string(&parameters(transform.as_ref(), source, copy)).unwrap())
                .collect();
            assert_eq!(all.len() as u64, n, "{}", transform.kind());
        }
    }
}

#[test]
fn sources_get_draws_of_their_own() {
    for transform in finite() {
        let first: BTreeSet<String> = (0..60)
            .map(|k| serde_json::to_string(&parameters(transform.as_ref(), &format!("s{k}"), 0)).unwrap())
            .collect();
        let n = draws(transform.as_ref(), &facts(&vec![0.01; 30_000], RATE));
        assert!(
            first.len() as u64 >= n.min(25),
            "{}: {}",
            transform.kind(),
            first.len()
        );
    }
}

#[test]
fn the_same_key_gives_the_same_draw() {
    let bank = named(&["a", "b", "c"]);
    let mut all = finite();
    all.push(make_with("noise", "count = 2", RATE, &bank));
    all.push(chain(&[("noise", ""), ("speed", "")], RATE, &bank));
    for transform in all {
        for copy in 0..2 {
            assert_eq!(
                parameters(transform.as_ref(), "s", copy),
                parameters(transform.as_ref(), "s", copy)
            );
        }
    }
}

#[test]
fn seed_source_name_and_purpose_all_count() {
    let stream = |seed, source: &str, name: &str, copy, purpose: &str| {
        let item = item_id(source, name, copy);
        let key = DrawKey::new(seed, source, name, &item);
        (key.stream(purpose).bits(), key.permuted(purpose, 1 << 40, 0))
    };
    let base = stream(1, "a", "speed", 0, "p");
    for (other, shares_family) in [
        (stream(2, "a", "speed", 0, "p"), false),
        (stream(1, "b", "speed", 0, "p"), false),
        (stream(1, "a", "room", 0, "p"), false),
        (stream(1, "a", "speed", 0, "q"), false),
        // Copies of one source share the order from which each takes its own element.
        (stream(1, "a", "speed", 1, "p"), true),
    ] {
        assert_ne!(base.0, other.0);
        assert_eq!(base.1 == other.1, shares_family);
    }
    let item = item_id("a", "c", 0);
    let key = DrawKey::new(1, "a", "c", &item);
    let bits: BTreeSet<u64> = [
        key.clone(),
        key.step(0),
        key.step(1),
        key.step(0).step(1),
        key.step(1).step(0),
    ]
    .iter()
    .map(|key| key.stream("p").bits())
    .collect();
    assert_eq!(bits.len(), 5);
}

#[test]
fn another_option_moves_only_what_it_takes() {
    type Build = fn(&[&str]) -> Box<dyn Transform>;
    let speed: Build = |options| make("speed", &format!("factors = [{}]", options.join(", ")), RATE);
    let pitch: Build = |options| make("pitch", &format!("semitones = [{}]", options.join(", ")), RATE);
    let room: Build = |options| make_with("room", "", RATE, &named(options));
    for (build, options, key) in [
        (speed, ["0.8", "0.9", "1.1", "1.2", "1.3"], "factor"),
        (pitch, ["-3.0", "-2.0", "2.0", "3.0", "4.0"], "semitones"),
        (room, ["1.wav", "2.wav", "3.wav", "4.wav", "5.wav"], "response"),
    ] {
        let (few, more) = (build(&options[..4]), build(&options));
        let mut moved = 0;
        for k in 0..1000 {
            let source = format!("speaker/{k}");
            let (before, after) = (
                parameters(few.as_ref(), &source, 0)[key].clone(),
                parameters(more.as_ref(), &source, 0)[key].clone(),
            );
            if before != after {
                let new = options[4].parse::<f64>().map_or(options[4].into(), |x| {
                    // Whole numbers are written without a point.
                    if x.fract() == 0.0 {
                        (x as i64).into()
                    } else {
                        serde_json::Value::from(x)
                    }
                });
                assert_eq!(after, new);
                moved += 1;
            }
        }
        // A fifth, within five standard deviations.
        assert!((137..=263).contains(&moved), "{key}: {moved} of 1000");
    }
}

#[test]
fn another_recording_moves_only_what_it_takes() {
    let names = ["1.wav", "2.wav", "3.wav", "4.wav", "5.wav"];
    let noise = |n: usize| make_with("noise", "", RATE, &named(&names[..n]));
    let (few, more) = (noise(4), noise(5));
    let mut moved = 0;
    for k in 0..1000 {
        let source = format!("speaker/{k}");
        let (mut before, mut after) = (
            parameters(few.as_ref(), &source, 0),
            parameters(more.as_ref(), &source, 0),
        );
        if before.remove("recordings") != after.remove("recordings") {
            moved += 1;
        }
        assert_eq!(before, after, "ratio and offset stay");
    }
    assert!((137..=263).contains(&moved), "{moved} of 1000");
}

/// The order of a list in a recipe is no reason to make a dataset again.
#[test]
fn the_order_of_options_makes_no_difference() {
    let (one, other) = (
        make("speed", "factors = [0.8, 1.2, 0.9]", RATE),
        make("speed", "factors = [1.2, 0.9, 0.8]", RATE),
    );
    for k in 0..50 {
        for copy in 0..3 {
            let source = format!("s{k}");
            assert_eq!(
                parameters(one.as_ref(), &source, copy),
                parameters(other.as_ref(), &source, copy)
            );
        }
    }
}

#[test]
fn a_transform_without_its_bank_refuses() {
    let facts = facts(&[0.5; 1000], RATE);
    for kind in ["room", "noise"] {
        let transform = make(kind, "", RATE);
        assert_eq!(transform.wants().len(), 1);
        assert!(draw_of(transform.as_ref(), "s", 0, &facts).is_err());
    }
    let empty: Arc<_> = named(&[]);
    let room = make_with("room", "", RATE, &empty);
    assert_eq!(draws(room.as_ref(), &facts), 0);
    assert!(draw_of(room.as_ref(), "s", 0, &facts).is_err());
}
