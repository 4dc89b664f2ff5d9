//! Graphs, their derivatives and training steps, run on the real ONNX Runtime: against central differences, against PyTorch,
//! and against themselves.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod bert;
mod convolutions;
mod differences;
mod dropout;
mod encoders;
mod errors;
mod files;
mod goldens;
mod imports;
mod layers;
mod maps;
mod mixed;
mod nets;
mod networks;
mod recurrent;
mod rules;
mod trainer;

#[path = "../support/mod.rs"]
mod support;
