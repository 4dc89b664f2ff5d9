//! Training on a finished dataset.

pub mod features;
