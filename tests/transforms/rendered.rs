//! What becomes of it in a rendered item: peaks scaled instead of wrapped, masks in the picture.

use std::fs;
use std::path::Path;
use std::process::Command;

use augment::audio::wave;
use serde_json::Value;

use crate::signals::{sine, white};

/// A made item as the program wrote it.
struct Item {
    row: Value,
    audio: Vec<u8>,
    array: Vec<u8>,
}

fn write(path: &Path, samples: &[f32]) {
    let rounded: Vec<i16> = samples.iter().map(|x| (x * 32_767.0).round() as i16).collect();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, wave::encode(&rounded, 16_000)).unwrap();
}

/// The items that one transform makes of a corpus of two utterances.
fn items(transform: &str) -> Vec<Item> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(&root.join("corpus/a/one.wav"), &sine(300.0, 0.99, 16_000, 16_000));
    write(&root.join("corpus/a/two.wav"), &sine(410.0, 0.99, 16_000, 20_000));
    write(&root.join("noise/hiss.wav"), &white("hiss", 30_000));
    let recipe = format!(
        "seed = 3\n[corpus]\nkind = \"folder\"\nroot = \"corpus\"\n[balance]\ncopies = 1\n\
         [output]\naudio = true\nimages = false\narrays = true\n[[transform]]\n{transform}\n"
    );
    fs::write(root.join("recipe.toml"), recipe).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_augment"))
        .args(["audio", "recipe.toml", "--out", "out", "--jobs", "1", "--quiet"])
        .current_dir(root)
        .env("XDG_CACHE_HOME", root.join("cache"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let manifest = fs::read_to_string(root.join("out/manifest.jsonl")).unwrap();
    let rows: Vec<Value> = manifest
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["transform"] != "original")
        .collect();
    assert_eq!(rows.len(), 2);
    let bytes = |path: &Value| fs::read(root.join("out").join(path.as_str().unwrap())).unwrap();
    rows.into_iter()
        .map(|row| Item {
            audio: bytes(&row["file"]),
            array: bytes(&row["array_path"]),
            row,
        })
        .collect()
}

fn samples(item: &Item) -> Vec<i16> {
    let mut reader = hound::WavReader::new(&item.audio[..]).unwrap();
    reader.samples::<i16>().map(Result::unwrap).collect()
}

#[test]
fn peaks_beyond_full_scale_are_scaled_and_the_row_says_so() {
    for item in items("kind = \"noise\"\nrecordings = \"noise\"\nsnr_db = 0") {
        let measured = &item.row["measured"];
        let scaled = measured["scaled_db"].as_f64().unwrap();
        // Sine and noise of its power have a peak of some 0.99 + 0.99 · sqrt(3 / 2).
        assert!((-7.0..-5.0).contains(&scaled), "{scaled}");
        assert!((measured["peak"].as_f64().unwrap() - 1.0).abs() < 1e-4);
        // Its peak is at full scale, but it was scaled to be there, not cut.
        assert_eq!(measured["clipped"], 0);
        assert!((measured["snr_db"].as_f64().unwrap()).abs() < 0.05);
        // Nothing is wrapped: neighbours are no further apart than tone and noise together can be.
        let samples = samples(&item);
        let widest = samples
            .windows(2)
            .map(|pair| (i32::from(pair[0]) - i32::from(pair[1])).abs())
            .max()
            .unwrap();
        let gain = 10f64.powf(scaled / 20.0) * 32_768.0;
        assert!(
            f64::from(widest) < gain * (0.99 * 3f64.sqrt() / 2f64.sqrt() * 2.0 + 0.17),
            "{widest}"
        );
    }
}

#[test]
fn what_fits_is_not_scaled() {
    for item in items("kind = \"gain\"\ngain_db = -6") {
        assert_eq!(item.row["measured"]["scaled_db"], 0.0);
        let peak = samples(&item).iter().map(|x| x.unsigned_abs()).max().unwrap();
        // 0.99 · 32767 · 10^(−6/20), rounded twice.
        assert!((16_257..=16_259).contains(&peak), "{peak}");
    }
}

#[test]
fn masked_filters_are_at_the_floor_and_the_rest_is_the_source() {
    let masked = items("kind = \"frequency-mask\"\nwidths = 20");
    let plain = items("kind = \"frequency-mask\"\nwidths = 20\naudio = \"source\"");
    for (item, other) in masked.iter().zip(&plain) {
        let (array, rows) = array(item);
        // The picture does not depend on what becomes of the audio.
        assert_eq!(array, self::array(other).0);
        assert_ne!(samples(item), samples(other));
        let start = item.row["parameters"]["start"].as_u64().unwrap() as usize;
        let highest = array.iter().fold(f32::MIN, |a, &b| a.max(b));
        let columns = array.len() / rows;
        for row in start..start + 20 {
            for value in &array[row * columns..(row + 1) * columns] {
                assert!(
                    (value - (highest - 80.0)).abs() < 1e-3 || start == 0,
                    "{value} of {highest}"
                );
            }
        }
    }
}

/// Values and number of rows of an item's .npy file.
fn array(item: &Item) -> (Vec<f32>, usize) {
    let bytes = &item.array;
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let values = bytes[header..]
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
        .collect();
    (values, 128)
}
