//! Training: the networks, their data as numbers, the loop, checkpoints, measures, and the pictures of them. It knows no dataset
//! and no recipe; `job::train` puts it together with both.

pub mod chart;
pub mod checkpoint;
pub mod features;
pub mod fit;
pub mod metrics;
pub mod networks;
pub mod order;
pub mod predict;
pub mod rows;
pub mod schedule;
mod watch;
