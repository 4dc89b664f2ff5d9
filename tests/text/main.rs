//! `augment text` as a user runs it: the real binary and the real runtime with small models (`tests/models`), in folders
//! of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::zombie_processes,
    reason = "a test stops at what it did not expect"
)]

mod checks;
mod fine_tune;
mod flags;
mod hostile;
mod project;
mod recipes;
mod refusals;
mod rows;
mod same_bytes;
mod split;
mod stops;
mod update;

#[path = "../support/ran.rs"]
mod ran;
#[path = "../support/mod.rs"]
mod support;
