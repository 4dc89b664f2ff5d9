//! Masked language models, sentence encoders and text classifiers against what Python's transformers and sentence-transformers answer
//! with the same small models (`tests/models`), and against themselves in other company.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod batches;
mod classifiers;
mod errors;
mod fills;
mod sentences;
mod tokens;

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use augment::onnx::folder::ModelFolder;
use serde::de::DeserializeOwned;

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models")
}

fn folder(name: &str) -> ModelFolder {
    ModelFolder::new(models().join(name))
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
