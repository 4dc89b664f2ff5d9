//! The gate of `augment text` as a user meets it: what a threshold lets through, and a classifier that has to agree.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod calibrate;
mod classifier;
mod project;
#[path = "../support/mod.rs"]
mod support;
