//! `augment models` against a stand-in hub on loopback: the real program, the real layout of addresses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::zombie_processes,
    reason = "a test stops at what it did not expect"
)]

mod damage;
mod lab;
mod network;
mod offline;
mod pull;
mod refusals;
mod server;
mod stops;
mod together;

#[path = "../support/ran.rs"]
mod ran;
