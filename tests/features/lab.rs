//! What the tests have in common.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::pooling::Pooling;
use augment::run::interrupt::Interrupt;
use augment::run::progress::Progress;
use augment::train::features::cache::FeatureCache;
use augment::train::features::text::TextEncoder;
use augment::train::features::{self, FeatureError, Features, Plan};
use half::f16;

use crate::support;

/// More than any test keeps.
pub const PLENTY: u64 = 1 << 30;
/// Numbers of a feature of the small encoders, and what one takes on disk.
pub const SIZE: usize = 32;
pub const EACH: u64 = 32 + 2 * SIZE as u64;
/// What frames the features of a pack.
pub const FRAME: u64 = 88;

pub fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/models")
        .join(name)
}

pub fn open(folder: &Path, pooling: Pooling) -> Result<TextEncoder, FeatureError> {
    TextEncoder::open(
        &support::engine(1),
        &ModelFolder::new(folder),
        Precision::Fp32,
        pooling,
    )
}

/// The small encoder.
pub fn encoder() -> TextEncoder {
    open(&folder("sentence-encoder"), Pooling::Auto).unwrap()
}

/// Different sentences of 4 to 9 words that the small encoders know.
pub fn sentences(numbers: std::ops::Range<usize>) -> Vec<String> {
    let words = [
        "my", "friend", "is", "so", "proud", "at", "work", "you", "are", "worried",
    ];
    let digits = |number: usize| [number / 1000, number / 100, number / 10, number].map(|digit| digit % 10);
    numbers
        .map(|number| {
            let first = digits(number).map(|digit| words[digit]).join(" ");
            let rest = words[..number % 6].join(" ");
            format!("{first} {rest}").trim_end().to_owned()
        })
        .collect()
}

pub fn strs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Hears what a run tells, and may stop it.
#[derive(Default)]
pub struct Ear {
    pub stages: Mutex<Vec<(String, u64)>>,
    pub notes: Mutex<Vec<String>>,
    pub done: Mutex<u64>,
    /// Stops the run when so many steps are done.
    pub stop: Option<(u64, Interrupt)>,
}

impl Progress for Ear {
    fn stage(&self, name: &str, steps: u64) {
        self.stages.lock().unwrap().push((name.to_owned(), steps));
    }

    fn advance(&self, steps: u64) {
        let mut done = self.done.lock().unwrap();
        *done += steps;
        if let Some((after, interrupt)) = &self.stop
            && *done >= *after
        {
            interrupt.stop(2);
        }
    }

    fn finish(&self) {}

    fn note(&self, text: &str) {
        self.notes.lock().unwrap().push(text.to_owned());
    }
}

/// Computes, and tells how many were computed and what was noted.
pub fn heard(encoder: &mut TextEncoder, texts: &[String], cache: &FeatureCache) -> (Features, u64, String) {
    let ear = Ear::default();
    let found = features::compute(encoder, &strs(texts), cache, &Interrupt::default(), &ear).unwrap();
    let done = *ear.done.lock().unwrap();
    let stages: u64 = ear.stages.lock().unwrap().iter().map(|(_, steps)| steps).sum();
    assert_eq!(stages, done);
    let notes = ear.notes.lock().unwrap().join("\n");
    (found, done, notes)
}

/// The same where nothing is to be noted.
pub fn compute(encoder: &mut TextEncoder, texts: &[String], cache: &FeatureCache) -> (Features, u64) {
    let (found, done, notes) = heard(encoder, texts, cache);
    assert_eq!(notes, "");
    (found, done)
}

pub fn plan(encoder: &TextEncoder, texts: &[String], cache: &FeatureCache) -> Plan {
    features::plan(encoder.id(), encoder.size(), &strs(texts), cache).unwrap()
}

/// All bits, row after row.
pub fn bits(features: &Features) -> Vec<u16> {
    let rows = (0..features.len()).flat_map(|input| row(features, input));
    rows.map(|number| f16::from_f32(number).to_bits()).collect()
}

/// One row.
pub fn row(features: &Features, input: usize) -> Vec<f32> {
    let mut row = vec![f32::NAN; features.size()];
    features.copy_to(input, &mut row).unwrap();
    row
}

/// The packs of all encoders in a cache folder, sorted.
pub fn packs(root: &Path) -> Vec<PathBuf> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    };
    let mut packs: Vec<PathBuf> = list(root).iter().flat_map(|folder| list(folder)).collect();
    assert!(
        packs
            .iter()
            .all(|path| path.extension().is_some_and(|ending| ending == "pack")),
        "{packs:?}"
    );
    packs.sort();
    packs
}

/// Bytes of all packs.
pub fn total(root: &Path) -> u64 {
    packs(root)
        .iter()
        .map(|path| std::fs::metadata(path).unwrap().len())
        .sum()
}
