//! Translators against what Python's transformers makes of the same texts with the same small models
//! (`tests/models`), in every layout, and against themselves in other company.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod batches;
mod errors;
mod layouts;
mod sampling;
mod tokens;
mod translations;

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::seq2seq::{Languages, Translation, Translator};
use augment::run::interrupt::Interrupt;
use serde::de::DeserializeOwned;

/// The Marian model in its three layouts.
const MARIAN: [&str; 3] = ["marian-merged", "marian-split", "marian-plain"];

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models")
}

fn folder(name: &str) -> ModelFolder {
    ModelFolder::new(models().join(name))
}

fn translator(model: &str, threads: usize) -> Translator {
    Translator::open(&support::engine(threads), &folder(model), Precision::Fp32).unwrap()
}

/// Texts with the settings that the model's files ask for.
fn translate(
    translator: &mut Translator,
    texts: &[&str],
    languages: Option<Languages<'_>>,
) -> Vec<Translation> {
    let settings = translator.settings().clone();
    translator
        .translate(texts, languages, &settings, &Interrupt::default())
        .unwrap()
}

/// The rows of a golden file.
fn goldens<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let path = models().join("goldens").join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    let rows: Vec<T> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(rows.len() >= 50, "{}: {} rows", path.display(), rows.len());
    rows
}

/// A copy of a model's folder in which a test can change things, with links followed.
fn copied(model: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&models().join(model), dir.path());
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}
