//! What the project brings along: the recordings of `noise/`, the responses of `rir/`, the corpus of `demo/`.
//!
//! The files are measured as they are; recordings and some rooms are also made again by the examples' own
//! modules, so that files and generators cannot drift apart.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

#[path = "../../examples/make_rir/absorption/mod.rs"]
mod absorption;
#[path = "../../examples/make_noise/bank/mod.rs"]
mod bank;
mod demo;
#[path = "../../examples/make_rir/design.rs"]
mod design;
#[path = "../../examples/make_rir/image_source.rs"]
mod image_source;
mod noise;
#[path = "../../examples/make_noise/table.rs"]
mod noise_table;
#[path = "../../examples/make_rir/response.rs"]
mod response;
mod rir;
#[path = "../../examples/make_rir/room.rs"]
mod room;
#[path = "../../examples/make_rir/table.rs"]
mod room_table;
#[path = "../../examples/make_rir/schroeder.rs"]
mod schroeder;

use std::path::{Path, PathBuf};

/// Samples per second of everything; the rooms' modules take it from the crate root.
const RATE: u32 = 16_000;

/// A file or folder of the project.
fn project(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// The samples of a mono 16-bit file at 16 kHz; any other file fails the test.
fn samples(path: &Path) -> Vec<i16> {
    let mut reader = hound::WavReader::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let spec = reader.spec();
    let found = (
        spec.channels,
        spec.sample_rate,
        spec.bits_per_sample,
        spec.sample_format,
    );
    assert_eq!(
        found,
        (1, RATE, 16, hound::SampleFormat::Int),
        "{}",
        path.display()
    );
    reader
        .samples()
        .collect::<Result<_, _>>()
        .expect("a file that can be read to its end")
}

/// The names of the files with this extension in a folder, sorted.
fn stems(folder: &str, extension: &str) -> Vec<String> {
    let entries = std::fs::read_dir(project(folder)).expect("a folder of the project");
    let mut stems: Vec<String> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .filter_map(|path| path.file_stem()?.to_str().map(str::to_owned))
        .collect();
    stems.sort();
    stems
}

/// The mean of the samples, full scale being one.
fn mean(samples: &[i16]) -> f64 {
    samples.iter().map(|&s| f64::from(s) / 32768.0).sum::<f64>() / samples.len() as f64
}

/// Fails if two signals differ in length or by more than `steps` of 16 bits: libm may round differently on
/// another machine, and a tie then falls to the other side.
fn assert_close(name: &str, committed: &[i16], made: &[i16], steps: u16) {
    assert_eq!(committed.len(), made.len(), "{name}: length");
    let worst = committed.iter().zip(made).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(
        worst <= Some(steps),
        "{name}: differs from what the generator makes by {worst:?} steps"
    );
}
