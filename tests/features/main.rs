//! Features of frozen encoders and their cache, with the small models of `tests/models` and graphs made here.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod damage;
mod images;
mod lab;
mod limit;
mod models;
mod same;
mod stops;
mod texts;
mod together;

#[path = "../support/mod.rs"]
mod support;
