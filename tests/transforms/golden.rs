//! What is drawn for a fixed key: a change here changes the datasets of every user.

use augment::audio::transform::Transform;
use serde_json::{Value, json};

use crate::lab::{chain, draw_of, facts, make, make_with, named};

const RATE: u32 = 16_000;

#[track_caller]
fn draws_are(transform: &dyn Transform, expected: [Value; 3]) {
    let facts = facts(&vec![0.25; 48_000], RATE);
    let drawn: [Value; 3] = [0, 1, 2].map(|copy| {
        let step = draw_of(transform, "Session1/Ses01F_impro01_F000", copy, &facts).unwrap();
        assert_eq!(step.version(), version(transform.kind()), "{}", transform.kind());
        Value::Object(step.parameters())
    });
    assert_eq!(
        drawn,
        expected,
        "\n{}",
        serde_json::to_string_pretty(&drawn).unwrap()
    );
}

fn version(kind: &str) -> u32 {
    match kind {
        "room" | "time-mask" => 2,
        _ => 1,
    }
}

fn banks() -> std::sync::Arc<dyn augment::audio::bank::Bank> {
    named(&[
        "bathroom.wav",
        "hall/large.wav",
        "hall/small.wav",
        "kitchen.wav",
        "office.wav",
    ])
}

#[test]
fn speed() {
    let speed = make("speed", "factors = [0.75, 0.9, 1.25]", RATE);
    draws_are(
        speed.as_ref(),
        [
            json!({"factor": 0.75, "pitch": "kept"}),
            json!({"factor": 1.25, "pitch": "kept"}),
            json!({"factor": 0.9, "pitch": "kept"}),
        ],
    );
}

#[test]
fn speed_on_a_grid() {
    let speed = make(
        "speed",
        "factors = { min = 0.8, max = 1.2, step = 0.001 }\npitch = \"moved\"",
        RATE,
    );
    draws_are(
        speed.as_ref(),
        [
            json!({"factor": 1.129, "pitch": "moved"}),
            json!({"factor": 1.186, "pitch": "moved"}),
            json!({"factor": 0.852, "pitch": "moved"}),
        ],
    );
}

#[test]
fn room() {
    draws_are(
        make_with("room", "tail = 0.25", RATE, &banks()).as_ref(),
        [
            json!({"response": "bathroom.wav", "tail_s": 0.25}),
            json!({"response": "hall/large.wav", "tail_s": 0.25}),
            json!({"response": "hall/small.wav", "tail_s": 0.25}),
        ],
    );
}

#[test]
fn noise() {
    draws_are(
        make_with("noise", "", RATE, &banks()).as_ref(),
        [
            json!({"offsets": [0.249151], "recordings": ["hall/large.wav"], "snr_db": 7.68, "snr_over": "active"}),
            json!({"offsets": [0.855263], "recordings": ["office.wav"], "snr_db": 12.87, "snr_over": "active"}),
            json!({"offsets": [0.558971], "recordings": ["bathroom.wav"], "snr_db": 5.22, "snr_over": "active"}),
        ],
    );
}

#[test]
fn several_noises() {
    let noise = make_with(
        "noise",
        "count = 2\nsnr_db = 10\nsnr_over = \"all\"",
        RATE,
        &banks(),
    );
    draws_are(
        noise.as_ref(),
        [
            json!({"offsets": [0.249151, 0.09778], "recordings": ["hall/large.wav", "bathroom.wav"], "snr_db": 10, "snr_over": "all"}),
            json!({"offsets": [0.855263, 0.399027], "recordings": ["office.wav", "bathroom.wav"], "snr_db": 10, "snr_over": "all"}),
            json!({"offsets": [0.558971, 0.480455], "recordings": ["bathroom.wav", "hall/small.wav"], "snr_db": 10, "snr_over": "all"}),
        ],
    );
}

#[test]
fn pitch() {
    draws_are(
        make("pitch", "", RATE).as_ref(),
        [
            json!({"formants": "moved", "semitones": -4}),
            json!({"formants": "moved", "semitones": -2}),
            json!({"formants": "moved", "semitones": 4}),
        ],
    );
}

#[test]
fn frequency_mask() {
    draws_are(
        make("frequency-mask", "", RATE).as_ref(),
        [
            json!({"audio": "band-stop", "fill": "floor", "start": 57, "width": 25}),
            json!({"audio": "band-stop", "fill": "floor", "start": 67, "width": 20}),
            json!({"audio": "band-stop", "fill": "floor", "start": 68, "width": 20}),
        ],
    );
}

#[test]
fn time_mask() {
    draws_are(
        make("time-mask", "", RATE).as_ref(),
        [
            json!({"audio": "silence", "fill": "floor", "hop_length": 512, "start": 0, "width": 10}),
            json!({"audio": "silence", "fill": "floor", "hop_length": 512, "start": 42, "width": 5}),
            json!({"audio": "silence", "fill": "floor", "hop_length": 512, "start": 86, "width": 5}),
        ],
    );
}

#[test]
fn gain() {
    draws_are(
        make("gain", "", RATE).as_ref(),
        [
            json!({"gain_db": -6.29}),
            json!({"gain_db": -7.77}),
            json!({"gain_db": -11.03}),
        ],
    );
}

#[test]
fn finite_chain() {
    let chain = chain(&[("speed", ""), ("pitch", "")], RATE, &banks());
    draws_are(
        chain.as_ref(),
        [
            json!({"steps": [{"factor": 0.75, "kind": "speed", "pitch": "kept", "version": 1}, {"formants": "moved", "kind": "pitch", "semitones": -2, "version": 1}]}),
            json!({"steps": [{"factor": 1.25, "kind": "speed", "pitch": "kept", "version": 1}, {"formants": "moved", "kind": "pitch", "semitones": 2, "version": 1}]}),
            json!({"steps": [{"factor": 0.75, "kind": "speed", "pitch": "kept", "version": 1}, {"formants": "moved", "kind": "pitch", "semitones": 4, "version": 1}]}),
        ],
    );
}

#[test]
fn endless_chain() {
    let chain = chain(
        &[("room", ""), ("noise", ""), ("frequency-mask", "")],
        RATE,
        &banks(),
    );
    draws_are(
        chain.as_ref(),
        [
            json!({"steps": [{"kind": "room", "response": "hall/large.wav", "tail_s": 0, "version": 2}, {"kind": "noise", "offsets": [0.09076], "recordings": ["kitchen.wav"], "snr_db": 8.01, "snr_over": "active", "version": 1}, {"audio": "band-stop", "fill": "floor", "kind": "frequency-mask", "start": 94, "version": 1, "width": 15}]}),
            json!({"steps": [{"kind": "room", "response": "hall/large.wav", "tail_s": 0, "version": 2}, {"kind": "noise", "offsets": [0.847425], "recordings": ["hall/small.wav"], "snr_db": 13.13, "snr_over": "active", "version": 1}, {"audio": "band-stop", "fill": "floor", "kind": "frequency-mask", "start": 83, "version": 1, "width": 25}]}),
            json!({"steps": [{"kind": "room", "response": "bathroom.wav", "tail_s": 0, "version": 2}, {"kind": "noise", "offsets": [0.491239], "recordings": ["hall/large.wav"], "snr_db": 14.67, "snr_over": "active", "version": 1}, {"audio": "band-stop", "fill": "floor", "kind": "frequency-mask", "start": 51, "version": 1, "width": 25}]}),
        ],
    );
}
