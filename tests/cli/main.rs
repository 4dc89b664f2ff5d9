//! The program as a user runs it: the real binary, in folders of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::zombie_processes,
    reason = "a test stops at what it did not expect"
)]

mod corpora;
mod errors;
mod interrupt;
mod preparation;
mod project;
mod regression;
mod replay;
mod rows;
mod same_bytes;
mod split;
mod update;

#[path = "../support/ran.rs"]
mod ran;
