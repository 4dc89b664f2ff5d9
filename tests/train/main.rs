//! `augment train`, `evaluate` and `infer` as a user runs them: the real binary and the real runtime, tiny pictures, and the small
//! encoder of `tests/models`, in folders of their own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::zombie_processes,
    reason = "a test stops at what it did not expect"
)]

mod data;
mod encoders;
mod encoders_begun;
mod folders;
mod hostile;
mod infer;
mod init;
mod leaks;
mod models;
mod paper;
mod project;
mod recipes;
mod same_bytes;
mod settings;
mod way;

#[path = "../support/ran.rs"]
mod ran;
#[path = "../support/mod.rs"]
mod support;
