//! Translation as a user has it: services that answer as documented, on this machine, and the real Apertium.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::zombie_processes,
    clippy::print_stderr,
    reason = "a test stops at what it did not expect, and says what it passes over"
)]

#[path = "../support/mod.rs"]
mod support;

mod apertium;
mod lab;
mod models;
mod program;
mod refusals;
mod secrets;
mod server;
mod services;
