//! How a network is trained.

use serde::{Deserialize, Serialize};

use crate::onnx::graph::train::{Optimizer, Precision, Settings};
use crate::train::schedule::Schedule;

/// How long a training lasts at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// So many passes over the rows.
    Epochs(u64),
    /// So many batches.
    Steps(u64),
}

impl Length {
    /// All steps, at so many an epoch.
    #[must_use]
    pub fn steps(self, epoch: u64) -> u64 {
        match self {
            Length::Epochs(epochs) => epochs.saturating_mul(epoch),
            Length::Steps(steps) => steps,
        }
    }
}

/// Which epoch's parameters are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Those with the highest validation UA, of equal ones those with the smallest loss.
    #[default]
    Best,
    /// The last ones.
    Last,
}

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
pub struct FitSettings {
    /// Seed of the first parameters, of dropout and of the rows' order.
    pub seed: u64,
    /// Rows of a batch, from 1; fewer where there are not so many.
    pub batch: usize,
    /// How long.
    pub length: Length,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// The learning rate that the schedule starts from, above 0.
    pub learning_rate: f64,
    /// How it goes on.
    pub schedule: Schedule,
    /// The largest norm of the gradients.
    pub clip: Option<f64>,
    /// A weight above 0 for each class.
    pub class_weights: Option<Vec<f32>>,
    /// The share of each target that is spread evenly over all classes, from 0 to below 1.
    pub label_smoothing: f64,
    /// Epochs without a better one after which training ends.
    pub early_stopping: Option<u64>,
    /// Which parameters are kept.
    pub keep: Keep,
    /// What products are computed in.
    pub precision: Precision,
    /// Seconds from checkpoint to checkpoint, at least.
    pub checkpoint_seconds: f64,
}

impl FitSettings {
    /// What the engine's step is built from.
    pub(super) fn step(&self, batch: usize) -> Settings {
        Settings {
            batch,
            seed: self.seed,
            optimizer: self.optimizer,
            clip: self.clip,
            class_weights: self.class_weights.clone(),
        }
    }
}
