//! What a threshold lets through: pairs of sentences of which it is known whether they mean the same, measured by a
//! model and by the guards, so that any threshold can be judged afterwards.
//!
//! A cosine means something else with every model, so a threshold belongs to a model and has to be chosen again with
//! another one.

mod flips;
mod groups;
mod measure;
mod tables;

pub use flips::{Flip, flipped};
pub use groups::{by_kind, by_length};
pub use measure::{Group, Measured, THRESHOLDS, group, measure, thresholds};
pub use tables::{Example, Kind, Length, fills, pairs};
