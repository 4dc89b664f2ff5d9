//! ONNX Runtime as the program finds, installs and judges it: the real binary in homes of its own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::zombie_processes,
    reason = "a test stops at what it did not expect"
)]

mod doctor;
mod gpu;
mod home;
#[path = "../support/ran.rs"]
mod ran;
mod search;
mod setup;
#[path = "../support/mod.rs"]
mod support;
