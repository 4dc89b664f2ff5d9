//! Sentences and how new ones are made of them: words and where they stand, fills, translation, and the tests that
//! a new sentence has to pass.
//!
//! Nothing here knows recipes, corpora or datasets. Models come in as `onnx` loads them, randomness as keyed draws.

pub mod calibrate;
pub mod candidate;
pub mod casing;
pub mod classifier;
pub mod fill;
pub mod fixed;
pub mod fluency;
pub mod gate;
pub mod guard;
pub mod label_gate;
pub mod language;
pub mod models;
pub mod refusal;
pub mod rounds;
pub mod sameness;
pub mod translate;
pub mod words;
