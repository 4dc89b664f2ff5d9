//! Rows and files: what acceptance and loaders rely on.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::project::{Project, RECIPE};

fn made() -> Project {
    let project = Project::with_corpus(&[("angry", 3), ("Calm & cold", 4)]);
    let arrays = "[output]\narrays = true\noriginals = { arrays = false }\n[split]";
    project.write("r.toml", RECIPE.replace("[split]", arrays));
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    project
}

#[test]
fn metadata_is_flat_with_the_same_keys_and_never_null() {
    let project = made();
    let keys = [
        "file_name",
        "label",
        "text",
        "source_id",
        "speaker",
        "transform",
        "mel_path",
        "parameters",
        "measured",
        "id",
    ];
    for split in ["train", "validation"] {
        let rows = project.rows(&format!("out/{split}/metadata.jsonl"));
        assert!(!rows.is_empty());
        for row in rows {
            let object = row.as_object().unwrap();
            assert_eq!(
                object.keys().map(String::as_str).collect::<BTreeSet<_>>(),
                BTreeSet::from(keys)
            );
            assert!(object.values().all(Value::is_string), "{row}");
            for column in ["file_name", "mel_path"] {
                let path = row[column].as_str().unwrap();
                assert!(project.path("out").join(split).join(path).is_file(), "{path}");
            }
            for column in ["parameters", "measured"] {
                assert!(
                    serde_json::from_str::<Value>(row[column].as_str().unwrap())
                        .unwrap()
                        .is_object()
                );
            }
        }
    }
    assert!(!project.path("out/metadata.jsonl").exists());
}

#[test]
fn the_manifest_is_typed_sorted_and_tells_everything() {
    let project = made();
    let rows = project.rows("out/manifest.jsonl");
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
    for row in &rows {
        for key in [
            "id",
            "file",
            "split",
            "label",
            "text",
            "source_id",
            "speaker",
            "group",
            "transform",
            "seed",
            "fingerprint",
            "sha256",
        ] {
            assert!(row[key].is_string(), "{key}");
        }
        assert!(row["copy"].is_u64() && row["parameters"].is_object() && row["measured"].is_object());
        assert!(u64::from_str_radix(row["seed"].as_str().unwrap(), 16).is_ok());
        for key in ["duration_s", "peak", "scaled_db"] {
            assert!(row["measured"][key].is_f64(), "{key}");
        }
        assert_eq!(row["measured"]["clipped"], 0);
        let id = row["id"].as_str().unwrap();
        assert!(id.is_ascii() && id.contains(row["transform"].as_str().unwrap()));
        assert_eq!(
            row["file"].as_str().unwrap(),
            format!(
                "{}/{}/{id}.wav",
                row["split"].as_str().unwrap(),
                if row["label"] == "angry" {
                    "angry"
                } else {
                    "calm-cold"
                }
            )
        );
        assert_eq!(row["array_path"] == "", row["transform"] == "original");
        match row["transform"].as_str().unwrap() {
            "noise" => {
                let asked = row["parameters"]["snr_db"].as_f64().unwrap();
                let achieved = row["measured"]["snr_db"].as_f64().unwrap();
                assert!((5.0..=20.0).contains(&asked) && (asked - achieved).abs() < 0.05);
            }
            "speed" => assert!([0.75, 1.25].contains(&row["parameters"]["factor"].as_f64().unwrap())),
            "frequency-mask" => assert!([15, 20, 25].contains(&row["parameters"]["width"].as_u64().unwrap())),
            _ => {}
        }
    }
}

#[test]
fn images_are_palette_pngs_of_the_paper_s_size() {
    let project = made();
    for row in project.rows("out/manifest.jsonl") {
        let bytes = fs::read(project.path("out").join(row["mel_path"].as_str().unwrap())).unwrap();
        let reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let info = reader.info();
        assert_eq!((info.width, info.height), (496, 369));
        assert_eq!(
            (info.color_type, info.bit_depth),
            (png::ColorType::Indexed, png::BitDepth::Eight)
        );
        // The first and last colours of viridis.
        let palette = info.palette.as_ref().unwrap();
        assert_eq!(
            (&palette[..3], &palette[765..768]),
            (&[68, 1, 84][..], &[253, 231, 36][..])
        );
    }
}

#[test]
fn no_file_holds_a_path_of_the_machine_or_the_number_of_jobs() {
    let project = made();
    let here = project.path("").to_string_lossy().into_owned();
    for (name, bytes) in project.tree("out") {
        if name.ends_with(".json") || name.ends_with(".jsonl") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains(here.trim_end_matches('/')), "{name}");
            assert!(!text.contains("jobs"), "{name}");
        }
    }
}

#[test]
fn an_item_without_audio_is_in_the_manifest_alone() {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 3)]);
    project.write(
        "r.toml",
        RECIPE.replace(
            "kind = \"frequency-mask\"",
            "kind = \"frequency-mask\"\naudio = \"none\"",
        ),
    );
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let rows = project.rows("out/manifest.jsonl");
    let masked: Vec<_> = rows
        .iter()
        .filter(|row| row["transform"] == "frequency-mask")
        .collect();
    assert!(
        !masked.is_empty()
            && masked
                .iter()
                .all(|row| row["file"] == "" && row["mel_path"] != "")
    );
    let flat = project.rows("out/train/metadata.jsonl");
    assert!(flat.iter().all(|row| row["transform"] != "frequency-mask"));
    assert_eq!(
        flat.len() + masked.len(),
        rows.iter().filter(|row| row["split"] == "train").count()
    );
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn verify_finds_what_was_changed_by_hand() {
    let project = made();
    project.run(&["verify", "out"]).ends(0);
    let row = &project.rows("out/manifest.jsonl")[5];
    let file = row["file"].as_str().unwrap();
    let mut bytes = fs::read(project.path("out").join(file)).unwrap();
    bytes[100] ^= 1;
    project.write(&format!("out/{file}"), &bytes);
    project.write("out/train/angry/extra.wav", "x");
    let ran = project
        .run(&["verify", "out", "--json"])
        .ends(2)
        .says(file)
        .says("extra.wav");
    assert_eq!(ran.json()["fault_count"], 2);
    assert_eq!(ran.json()["agrees"], false);
}

#[test]
fn json_goes_to_stdout_and_quiet_is_quiet() {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 3)]);
    project.write("r.toml", RECIPE);
    let dry = project
        .run(&["audio", "r.toml", "--out", "out", "--dry-run", "--json"])
        .ends(0)
        .json();
    assert_eq!(dry["forecast"]["items"], 20);
    assert!(!project.path("out").exists());
    let ran = project
        .run(&["audio", "r.toml", "--out", "out", "--json", "--quiet"])
        .ends(0);
    assert_eq!(ran.stderr, "");
    assert_eq!(ran.json()["made"], 20);
    // The forecast of the WAV files was exact.
    let tree = project.tree("out");
    let bytes: usize = tree
        .iter()
        .filter(|(name, _)| name.ends_with(".wav"))
        .map(|(_, bytes)| bytes.len())
        .sum();
    assert_eq!(dry["forecast"]["audio_bytes"], bytes);
}
