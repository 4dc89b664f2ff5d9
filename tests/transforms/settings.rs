//! Settings: what is taken as it is meant, and what is refused with its key.

use crate::lab::{context, draws, facts, make, try_make};

const RATE: u32 = 16_000;

#[track_caller]
fn refused(kind: &str, text: &str, key: &str, part: &str) {
    let error = try_make(kind, text, &context(RATE)).err().unwrap();
    assert_eq!(error.key, key, "{kind}, {text}");
    assert!(error.message.contains(part), "{kind}, {text}: {}", error.message);
}

#[test]
fn every_factor_of_three_decimals_is_taken() {
    for thousandths in (250..=4000).filter(|&t| t != 1000) {
        let factor = f64::from(thousandths) / 1000.0;
        make("speed", &format!("factors = {factor:?}"), RATE);
    }
    refused("speed", "factors = 1.2345", "factors", "three decimals");
    refused("speed", "factors = 0.3333333333", "factors", "three decimals");
}

#[test]
fn a_grid_holds_both_of_its_ends() {
    let count = |kind: &str, text: &str| draws(make(kind, text, RATE).as_ref(), &facts(&[0.1; 9000], RATE));
    // 0.8 to 1.2 in tenths, without 1.0.
    assert_eq!(
        count("speed", "factors = { min = 0.8, max = 1.2, step = 0.1 }"),
        4
    );
    assert_eq!(
        count("speed", "factors = { min = 0.9, max = 1.1, step = 0.01 }"),
        20
    );
    assert_eq!(count("speed", "factors = { min = 0.9, max = 1.1 }"), 20);
    assert_eq!(
        count("pitch", "semitones = { min = -4, max = 4, step = 0.5 }"),
        16
    );
    assert_eq!(
        count("pitch", "semitones = { min = -0.3, max = 0.3, step = 0.1 }"),
        6
    );
    // What the step does not reach is left out.
    assert_eq!(count("pitch", "semitones = { min = 1, max = 2, step = 0.4 }"), 3);
    assert_eq!(count("pitch", "semitones = { min = 3, max = 3, step = 1 }"), 1);
    for (min, steps) in [(1, 999), (2, 500), (5, 100), (7, 300)] {
        for step in ["0.001", "0.003", "0.01", "0.007"] {
            let max = f64::from(min) + f64::from(steps) * step.parse::<f64>().unwrap();
            let text = format!("semitones = {{ min = {min}, max = {max:?}, step = {step} }}");
            assert_eq!(count("pitch", &text), steps as u64 + 1, "{text}");
        }
    }
}

#[test]
fn large_grids_are_read_at_once() {
    let start = std::time::Instant::now();
    make(
        "pitch",
        "semitones = { min = -24, max = 24, step = 0.0005 }",
        RATE,
    );
    assert!(start.elapsed().as_secs_f64() < 1.0);
}

#[test]
fn what_changes_nothing_is_refused() {
    refused(
        "speed",
        "factors = [0.8, 1]",
        "factors",
        "1 times the speed changes nothing",
    );
    refused(
        "speed",
        "factors = { min = 1, max = 1 }",
        "factors",
        "at least one value",
    );
    refused(
        "pitch",
        "semitones = [-2, 0, 2]",
        "semitones",
        "0 semitones changes nothing",
    );
    refused("pitch", "semitones = -0.0", "semitones", "changes nothing");
    refused("gain", "gain_db = 0", "gain_db", "change nothing");
    refused("gain", "gain_db = [0, -0.0]", "gain_db", "change nothing");
    refused("speed", "factors = []", "factors", "at least one value");
}

#[test]
fn numbers_out_of_range_are_refused() {
    for factor in ["0.249", "4.001", "0", "-1", "nan", "inf", "-inf"] {
        refused(
            "speed",
            &format!("factors = {factor}"),
            "factors",
            "allowed are 0.25 to 4",
        );
    }
    refused("speed", "factors = [0.8, 0.8]", "factors", "0.8 is listed twice");
    for grid in [
        "min = 1, max = 2, step = 0",
        "min = 1, max = 2, step = -1",
        "min = 2, max = 1, step = 1",
        "min = nan, max = 1, step = 1",
        "min = 1, max = inf, step = 1",
        "min = 1, max = 2, step = nan",
        "min = 0.5, max = 4, step = 1e-9",
    ] {
        refused(
            "speed",
            &format!("factors = {{ {grid} }}"),
            "factors",
            "expected min <= max",
        );
    }
    refused("pitch", "semitones = 24.5", "semitones", "allowed are -24 to 24");
    refused("noise", "snr_db = 61", "snr_db", "allowed are -30 to 60 dB");
    refused(
        "noise",
        "snr_db = [20, 5]",
        "snr_db",
        "the smaller value comes first",
    );
    refused("noise", "snr_db = nan", "snr_db", "allowed");
    refused("noise", "count = 0", "count", "1 to 8");
    refused("noise", "count = 9", "count", "1 to 8");
    refused("room", "tail = -0.1", "tail", "0 to 10 seconds");
    refused("room", "tail = nan", "tail", "0 to 10 seconds");
    refused("gain", "gain_db = [-61, 0]", "gain_db", "-60 to 60");
    refused("frequency-mask", "widths = 128", "widths", "1 to 127 mel filters");
    refused("frequency-mask", "widths = 2.5", "widths", "a whole number");
    refused("time-mask", "widths = 0", "widths", "1 to 10000 frames");
}

/// Draws are made on a grid of hundredths; a bound off the grid would be left out or passed.
#[test]
fn bounds_finer_than_the_grid_are_refused() {
    refused("noise", "snr_db = 5.004", "snr_db", "two decimals");
    refused("noise", "snr_db = [5, 5.125]", "snr_db", "two decimals");
    refused("gain", "gain_db = -0.001", "gain_db", "two decimals");
    for hundredths in -6000..=6000 {
        let db = f64::from(hundredths) / 100.0;
        if hundredths != 0 {
            make("gain", &format!("gain_db = {db:?}"), RATE);
        }
    }
}
