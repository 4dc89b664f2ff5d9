//! `augment` makes balanced, augmented speech and text datasets before a training job.
//!
//! A recipe and a corpus give a plan, the plan lists every item of the dataset before any work starts, and
//! each item is a pure function of its plan row and the bytes it names. See `ARCHITECTURE.md`.

pub mod audio;
pub mod corpus;
pub mod dataset;
pub mod doctor;
pub mod draw;
pub mod job;
pub mod onnx;
pub mod plan;
pub mod recipe;
pub mod run;
pub mod text;
pub mod train;

// For tests alone: the shared helpers name this crate as the integration tests do.
#[cfg(test)]
extern crate self as augment;
#[cfg(test)]
#[path = "../tests/support/mod.rs"]
pub(crate) mod support;
