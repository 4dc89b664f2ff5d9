//! Whatever the signal and the settings: no panic, nothing that is not finite, the length that was told.

use std::sync::Arc;

use augment::audio::bank::Bank;
use augment::audio::bench::Bench;
use augment::audio::transform::Transform;
use proptest::prelude::*;
use proptest::sample::select;

use crate::lab::{bank, chain, context, draw_of, draws, facts, make_with, take, try_done, try_make};
use crate::signals::{RATES, full_scale, impulse, ramp, sine, white};

fn some_bank() -> Arc<dyn Bank> {
    let mut response = white("response", 900);
    response[20] = 3.0;
    bank(&[("hiss", &white("hiss", 5000)[..]), ("response", &response)])
}

/// Every kind, with and without what can be set.
const KINDS: [(&str, &str); 12] = [
    ("speed", "factors = 0.75"),
    ("speed", "factors = 1.25\npitch = \"moved\""),
    ("room", ""),
    ("room", "tail = 0.03"),
    ("noise", "snr_db = 10"),
    ("noise", "snr_db = -30\nsnr_over = \"all\"\ncount = 2"),
    ("pitch", "semitones = -4"),
    ("pitch", "semitones = 4\nformants = \"kept\""),
    ("frequency-mask", ""),
    ("time-mask", ""),
    ("time-mask", "widths = 1\naudio = \"source\""),
    ("gain", "gain_db = -6"),
];

fn transforms(rate: u32) -> Vec<Box<dyn Transform>> {
    let bank = some_bank();
    let mut all: Vec<_> = KINDS
        .iter()
        .map(|(kind, text)| make_with(kind, text, rate, &bank))
        .collect();
    all.push(chain(
        &[
            ("speed", "factors = 0.8"),
            ("room", ""),
            ("noise", ""),
            ("time-mask", ""),
        ],
        rate,
        &bank,
    ));
    all
}

#[test]
fn known_signals_go_through_everything() {
    for rate in RATES {
        for transform in transforms(rate) {
            for signal in [
                impulse(3000, 1500),
                sine(440.0, 0.5, rate, 12_000),
                ramp(12_000),
                full_scale(12_000),
                white("any", 12_000),
            ] {
                let result = try_done(transform.as_ref(), &signal, rate);
                // Only a short signal has no room for a time mask.
                let short = signal.len() < 10_000;
                assert!(result.is_ok() || short, "{}: {result:?}", transform.kind());
            }
        }
    }
}

#[test]
fn almost_nothing_goes_through_or_is_refused() {
    for rate in RATES {
        for transform in transforms(rate) {
            for signal in [vec![], vec![0.0], vec![1.0], vec![0.5, -0.5], vec![0.0; 12_000]] {
                if let Ok(out) = try_done(transform.as_ref(), &signal, rate)
                    && signal.iter().all(|&x| x == 0.0)
                {
                    assert!(out.samples.iter().all(|&x| x == 0.0), "{}", transform.kind());
                }
            }
        }
    }
}

#[test]
fn what_is_not_finite_never_comes_out() {
    for rate in [8_000, 48_000] {
        for transform in transforms(rate) {
            for bad in [
                f32::NAN,
                f32::INFINITY,
                f32::NEG_INFINITY,
                f32::MAX,
                f32::MIN_POSITIVE,
                1e-45,
            ] {
                for at in [0, 6000, 11_999] {
                    let mut signal = sine(300.0, 0.5, rate, 12_000);
                    signal[at] = bad;
                    let _ = try_done(transform.as_ref(), &signal, rate);
                }
                let _ = try_done(transform.as_ref(), &[bad; 12_000], rate);
                let _ = try_done(transform.as_ref(), &[bad], rate);
            }
        }
    }
}

/// Recordings and responses are as wild as signals.
#[test]
fn a_bad_bank_never_spoils_a_signal() {
    let signal = sine(300.0, 0.5, 16_000, 8000);
    for bad in [f32::NAN, f32::INFINITY, f32::MAX, 1e-45] {
        for mut recording in [vec![bad], vec![bad; 3000], white("bank", 3000), white("bank", 90)] {
            let middle = recording.len() / 2;
            recording[middle] = bad;
            for (kind, text) in [("room", ""), ("room", "tail = 0.2"), ("noise", "snr_db = 10")] {
                let transform = make_with(kind, text, 16_000, &bank(&[("bad", &recording[..])]));
                let _ = try_done(transform.as_ref(), &signal, 16_000);
            }
        }
    }
}

/// A signal of any length and content.
fn signal() -> impl Strategy<Value = Vec<f32>> {
    let length = prop_oneof![0usize..4, 0usize..3000, 0usize..30_000];
    (length, 0..9, any::<u32>()).prop_map(|(n, content, key)| {
        let noise = || white(&key.to_string(), n);
        match content {
            0 => noise(),
            1 => sine(f64::from(key % 20_000), 0.9, 16_000, n),
            2 => impulse(n, key as usize % n.max(1)),
            3 => full_scale(n),
            4 => vec![f32::from_bits(key); n],
            5 => noise().iter().map(|x| x * 1e-30).collect(),
            6 => noise().iter().map(|x| x * 1e30).collect(),
            7 => noise()
                .iter()
                .map(|x| f32::from_bits(x.to_bits() ^ key.rotate_left(x.to_bits() % 32)))
                .collect(),
            _ => vec![0.0; n],
        }
    })
}

/// Any settings that a recipe might have, right or wrong.
fn setting() -> impl Strategy<Value = (&'static str, String)> {
    let tail = prop_oneof![Just(0.0), 0.0..0.5];
    prop_oneof![
        (250u32..=4000, select(vec!["kept", "moved"])).prop_map(|(f, p)| (
            "speed",
            format!("factors = {:?}\npitch = {p:?}", f64::from(f) / 1000.0)
        )),
        tail.prop_map(|t: f64| ("room", format!("tail = {t:?}"))),
        (-3000i32..=6000, 1usize..=8, select(vec!["active", "all"])).prop_map(|(s, c, o)| (
            "noise",
            format!(
                "snr_db = {:?}\ncount = {c}\nsnr_over = {o:?}",
                f64::from(s) / 100.0
            )
        )),
        (-24.0..24.0, select(vec!["kept", "moved"]))
            .prop_map(|(s, f): (f64, _)| ("pitch", format!("semitones = {s:?}\nformants = {f:?}"))),
        (
            1u32..=127,
            select(vec!["band-stop", "source", "none"]),
            select(vec!["floor", "zero"])
        )
            .prop_map(|(w, a, f)| (
                "frequency-mask",
                format!("widths = {w}\naudio = {a:?}\nfill = {f:?}")
            )),
        (1u32..=40, select(vec!["silence", "source", "none"]))
            .prop_map(|(w, a)| ("time-mask", format!("widths = {w}\naudio = {a:?}"))),
        (-6000i32..=6000).prop_map(|g| ("gain", format!("gain_db = {:?}", f64::from(g) / 100.0))),
    ]
}

/// A recording or response: rarely a good one.
fn recording() -> impl Strategy<Value = Vec<f32>> {
    (0usize..4000, 0..5, any::<u32>()).prop_map(|(n, content, key)| match content {
        0 | 1 => white(&key.to_string(), n),
        2 => impulse(n, key as usize % n.max(1)),
        3 => white(&key.to_string(), n)
            .iter()
            .map(|x| x * f32::from_bits(key))
            .collect(),
        _ => vec![f32::from_bits(key); n],
    })
}

fn rate() -> impl Strategy<Value = u32> {
    prop_oneof![3 => select(RATES.to_vec()), 1 => 4_000u32..=192_000]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_transform_of_any_signal(
        (kind, text) in setting(), signal in signal(), recording in recording(), rate in rate(), copy in any::<u64>(),
    ) {
        let Ok(mut transform) = try_make(kind, &text, &context(rate)) else {
            return Ok(());
        };
        transform.attach(&[bank(&[("one", &recording[..]), ("two", &white("two", 700))])]);
        let facts = facts(&signal, rate);
        let n = draws(transform.as_ref(), &facts);
        if n == 0 {
            return Ok(());
        }
        if let Ok(step) = draw_of(transform.as_ref(), "any", copy % n, &facts) {
            let mut out = take(&signal, rate);
            if step.apply(&mut out, &mut Bench::new()).is_ok() {
                prop_assert_eq!(out.samples.len(), step.frames(signal.len()));
                prop_assert!(out.samples.iter().all(|x| x.is_finite()), "{:?}", step.parameters());
                prop_assert!(out.measured.values().all(|value| !value.is_null()), "{:?}", out.measured);
            }
        }
    }

    #[test]
    fn any_chain_of_any_signal(
        settings in prop::collection::vec(setting(), 2..4), signal in signal(), copy in any::<u64>(),
    ) {
        let rate = 16_000;
        let context = context(rate);
        let steps: Result<Vec<_>, _> = settings.iter().map(|(kind, text)| try_make(kind, text, &context)).collect();
        let Ok(steps) = steps else { return Ok(()) };
        let Ok(mut chain) = augment::audio::transform::chain::Chain::new(steps, context.mel.hop_length) else {
            return Ok(());
        };
        let banks: Vec<_> = chain.wants().iter().map(|_| some_bank()).collect();
        chain.attach(&banks);
        let facts = facts(&signal, rate);
        let n = draws(&chain, &facts);
        if n == 0 {
            return Ok(());
        }
        if let Ok(step) = draw_of(&chain, "any", copy % n, &facts) {
            let mut out = take(&signal, rate);
            if step.apply(&mut out, &mut Bench::new()).is_ok() {
                prop_assert_eq!(out.samples.len(), step.frames(signal.len()));
                prop_assert!(out.samples.iter().all(|x| x.is_finite()), "{:?}", step.parameters());
                prop_assert!(out.measured.values().all(|value| !value.is_null()), "{:?}", out.measured);
            }
        }
    }
}
