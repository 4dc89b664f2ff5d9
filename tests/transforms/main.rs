//! Every transform over signals whose answer is known, at the sample rates of speech.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at what it did not expect"
)]

mod any;
mod chain;
mod draws;
mod frequency_mask;
mod gain;
mod golden;
mod lab;
mod noise;
mod pitch;
mod rendered;
mod room;
mod settings;
mod signals;
mod speed;
mod time_mask;
mod voice;
