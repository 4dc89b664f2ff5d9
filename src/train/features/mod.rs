//! What a frozen encoder says of each input: computed once, kept on disk, the same bits from either.
//!
//! A feature is a vector of 16-bit numbers. It is rounded when it is computed, not when it is written, so a training
//! run cannot tell whether its features were kept. [`plan()`] says what is known and what is to be computed, and
//! [`compute()`] gives a matrix of all. Texts have vectors of an
//! [encoder of sentences](text::TextEncoder), images maps of a [backbone](image::ImageEncoder).

pub mod cache;
mod compute;
pub mod encoder;
mod error;
pub mod image;
mod matrix;
mod need;
mod pack;
mod room;
mod shelf;
mod store;
pub mod text;

pub use compute::{Plan, compute, plan};
pub use error::FeatureError;
pub use matrix::Features;

/// A hash that names a model or an input.
pub(crate) type Key = [u8; 32];
