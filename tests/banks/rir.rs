//! The responses of `rir/`.

use serde_json::Value;

use crate::room::ROOMS;
use crate::{RATE, assert_close, design, project, room_table, samples, stems};

fn response(name: &str) -> Vec<i16> {
    samples(&project("rir").join(format!("{name}.wav")))
}

fn card_text(name: &str) -> String {
    std::fs::read_to_string(project("rir").join(format!("{name}.json"))).expect("a JSON file per response")
}

fn card(name: &str) -> Value {
    serde_json::from_str(&card_text(name)).expect("JSON")
}

#[test]
fn every_room_has_a_response_and_a_card() {
    let mut names: Vec<&str> = ROOMS.iter().map(|room| room.name).collect();
    names.sort_unstable();
    assert_eq!(stems("rir", "wav"), names);
    assert_eq!(stems("rir", "json"), names);
    for room in &ROOMS {
        let card = card(room.name);
        assert_eq!(card["name"], room.name);
        assert_eq!(card["rt60_s"], room.rt60, "{}", room.name);
        assert_eq!(card["sample_rate"], RATE);
        assert_eq!(
            card["dimensions_m"],
            serde_json::json!(room.size),
            "{}",
            room.name
        );
        let surfaces = card["surfaces"].as_array().expect("a list");
        assert_eq!(surfaces.len(), 6, "{}", room.name);
        for alpha in surfaces
            .iter()
            .flat_map(|s| s["absorption"].as_array().expect("a list"))
        {
            let alpha = alpha.as_f64().expect("a number");
            assert!(alpha > 0.0 && alpha < 1.0, "{}: absorption {alpha}", room.name);
        }
    }
}

/// T30 and T20 of the files as written, by a computation that shares nothing with the generator's.
#[test]
fn reverberation_is_as_stated() {
    for name in stems("rir", "wav") {
        let samples = response(&name);
        let stated = card(&name)["rt60_s"].as_f64().expect("a number");
        assert!((0.2..=1.2).contains(&stated), "{name}: {stated} s");
        assert!(
            samples.len() as f64 >= stated * f64::from(RATE),
            "{name}: shorter than its RT60"
        );
        for down_to in [-25.0, -35.0] {
            let measured = reverberation_time(&samples, down_to);
            let error = measured / stated - 1.0;
            assert!(
                error.abs() < 0.06,
                "{name}: stated {stated} s, to {down_to} dB {measured:.3} s"
            );
        }
    }
}

/// Convolution must add no offset to the speech: the samples add up to nothing.
#[test]
fn responses_have_no_offset() {
    for name in stems("rir", "wav") {
        let sum: i64 = response(&name).iter().map(|&s| i64::from(s)).sum();
        assert!(sum.abs() <= 2, "{name}: the samples add up to {sum} steps");
    }
}

/// The direct path is the largest sample, the first of at least half the maximum, and where the card says.
#[test]
fn direct_path_leads() {
    for name in stems("rir", "wav") {
        let samples = response(&name);
        let peak = samples.iter().map(|s| s.unsigned_abs()).max().expect("samples");
        assert!(
            (0.85..0.95).contains(&(f64::from(peak) / 32768.0)),
            "{name}: peak {peak}"
        );
        let first = samples
            .iter()
            .position(|s| s.unsigned_abs() >= peak / 2)
            .expect("samples");
        assert_eq!(
            samples[first].unsigned_abs(),
            peak,
            "{name}: the direct path is not the largest"
        );
        assert_eq!(card(&name)["direct_path_sample"], first, "{name}");
        let before = samples[..first - 20]
            .iter()
            .map(|s| s.unsigned_abs())
            .max()
            .expect("samples");
        assert!(before < peak / 300, "{name}: {before} before the direct path");
    }
}

/// Small rooms only: all would take ten seconds.
#[test]
fn simulation_gives_the_files() {
    for room in &ROOMS[..3] {
        let made = design::design(room).expect("a room that can be had");
        assert_close(room.name, &response(room.name), &made.samples, 2);
        let text = serde_json::to_string_pretty(&made.card(room)).expect("JSON") + "\n";
        assert_eq!(card_text(room.name), text);
    }
}

#[test]
fn readme_states_the_figures() {
    let readme = std::fs::read_to_string(project("rir/README.md")).expect("a readme");
    for room in &ROOMS {
        let row = room_table::row(room, &response(room.name));
        assert!(readme.contains(&row), "rir/README.md lacks this row:\n{row}");
    }
}

/// Where the backward integral passes -5 dB and `down_to`, and the least-squares line between (ISO 3382-1).
fn reverberation_time(samples: &[i16], down_to: f64) -> f64 {
    let mut energy: Vec<f64> = samples.iter().map(|&s| f64::from(s).powi(2)).collect();
    for n in (0..energy.len() - 1).rev() {
        energy[n] += energy[n + 1];
    }
    let curve: Vec<f64> = energy.iter().map(|e| 10.0 * (e / energy[0]).log10()).collect();
    let from = curve.iter().position(|&d| d < -5.0).expect("a decay");
    let to = curve.iter().position(|&d| d < down_to).expect("a decay");
    let part = &curve[from..to];
    let middle = (part.len() - 1) as f64 / 2.0;
    let level = part.iter().sum::<f64>() / part.len() as f64;
    let (mut rise, mut run) = (0.0, 0.0);
    for (n, decibels) in part.iter().enumerate() {
        rise += (n as f64 - middle) * (decibels - level);
        run += (n as f64 - middle).powi(2);
    }
    -60.0 / (rise / run) / f64::from(RATE)
}
