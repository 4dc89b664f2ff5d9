//! Training on a finished dataset.

pub mod chart;
pub mod features;
