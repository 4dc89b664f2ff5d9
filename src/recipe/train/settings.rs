//! `[train]`: how a network is trained.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::onnx::graph::train::{Decay, Optimizer, Precision};
use crate::recipe::text_section::within;
use crate::recipe::{RecipeError, Table};
use crate::train::fit::{Keep, Length};
use crate::train::schedule::Schedule;

/// The validated section.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSection {
    /// Rows of a batch.
    pub batch: usize,
    /// How long it lasts.
    pub length: Length,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// The learning rate that the schedule starts from.
    pub learning_rate: f64,
    /// How the learning rate goes on.
    pub schedule: Schedule,
    /// The largest norm of the gradient.
    pub clip: Option<f64>,
    /// How much each class counts.
    pub class_weights: ClassWeights,
    /// Whether rows of smaller classes are repeated until all classes have as many as the largest.
    pub oversample: bool,
    /// The share of each target that is spread evenly over all classes.
    pub label_smoothing: f64,
    /// Epochs without a better validation UA after which training ends.
    pub early_stopping: Option<u64>,
    /// Which epoch's weights become the model.
    pub keep: Keep,
    /// What products are computed in.
    pub precision: Precision,
    /// At least so many seconds from checkpoint to checkpoint.
    pub checkpoint_seconds: f64,
}

/// How much each class counts in the loss.
#[derive(Debug, Clone, PartialEq)]
pub enum ClassWeights {
    /// All the same.
    Even,
    /// As if all classes had the same number of rows (scikit-learn's `balanced`).
    Balanced,
    /// As the recipe says, by label.
    Given(BTreeMap<String, f64>),
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Adam {
    #[default]
    Adamw,
    Adam,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
enum Decays {
    #[default]
    All,
    Weights,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Course {
    #[default]
    Constant,
    Plateau,
    Cosine,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected \"none\", \"balanced\" or a table of labels and weights"
)]
enum RawWeights {
    Word(String),
    Table(BTreeMap<String, f64>),
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    batch: Option<usize>,
    epochs: Option<u64>,
    steps: Option<u64>,
    optimizer: Adam,
    learning_rate: Option<f64>,
    weight_decay: Option<f64>,
    decay: Decays,
    schedule: Course,
    warm_up: Option<f64>,
    plateau_factor: Option<f64>,
    plateau_epochs: Option<u64>,
    clip: Option<f64>,
    class_weights: Option<RawWeights>,
    oversample: bool,
    label_smoothing: f64,
    early_stopping: Option<u64>,
    keep: Keep,
    precision: Precision,
    checkpoint_seconds: Option<f64>,
}

const MAX_BATCH: f64 = 65_536.0;
const MAX_STEPS: f64 = 1e9;

pub(super) fn read(root: &Table<'_>) -> Result<TrainSection, RecipeError> {
    let table = root.table("train")?;
    let raw = match &table {
        Some(table) => table.read::<Raw>(&[])?,
        None => Raw::default(),
    };
    let at = table.as_ref().unwrap_or(root);
    let batch = raw.batch.unwrap_or(32);
    within(at, "batch", batch as f64, 1.0, MAX_BATCH)?;
    let length = match (raw.epochs, raw.steps) {
        (Some(_), Some(_)) => {
            let hint = Some("an epoch is one pass over the training rows, a step is one batch".to_owned());
            return Err(at.error("steps", "found both epochs and steps, expected one of them", hint));
        }
        (None, Some(steps)) => {
            within(at, "steps", steps as f64, 1.0, MAX_STEPS)?;
            Length::Steps(steps)
        }
        (epochs, None) => {
            let epochs = epochs.unwrap_or(20);
            within(at, "epochs", epochs as f64, 1.0, 1e6)?;
            Length::Epochs(epochs)
        }
    };
    let learning_rate = raw.learning_rate.unwrap_or(1e-3);
    above_zero(at, "learning_rate", learning_rate)?;
    if let Some(clip) = raw.clip {
        above_zero(at, "clip", clip)?;
    }
    let weight_decay = raw.weight_decay.unwrap_or(match raw.optimizer {
        Adam::Adamw => 1e-2,
        Adam::Adam => 0.0,
    });
    within(at, "weight_decay", weight_decay, 0.0, 1.0)?;
    let optimizer = Optimizer {
        decay: match raw.decay {
            Decays::All => Decay::All,
            Decays::Weights => Decay::Weights,
        },
        ..match raw.optimizer {
            Adam::Adamw => Optimizer::adam_w(weight_decay),
            Adam::Adam => Optimizer::adam(weight_decay),
        }
    };
    let label_smoothing = raw.label_smoothing;
    if !(0.0..1.0).contains(&label_smoothing) {
        let message = format!("found {label_smoothing}, allowed are 0 to below 1");
        return Err(at.error("label_smoothing", message, None));
    }
    let early_stopping = raw.early_stopping.filter(|&epochs| epochs > 0);
    let checkpoint_seconds = raw.checkpoint_seconds.unwrap_or(30.0);
    within(at, "checkpoint_seconds", checkpoint_seconds, 0.0, 86_400.0)?;
    Ok(TrainSection {
        batch,
        length,
        optimizer,
        learning_rate,
        schedule: schedule(at, &raw)?,
        clip: raw.clip,
        class_weights: weights(at, raw.class_weights)?,
        oversample: raw.oversample,
        label_smoothing,
        early_stopping,
        keep: raw.keep,
        precision: raw.precision,
        checkpoint_seconds,
    })
}

fn schedule(at: &Table<'_>, raw: &Raw) -> Result<Schedule, RecipeError> {
    let belongs = |key: &str, there: bool, to: Course, name: &str| match there && raw.schedule != to {
        true => Err(at.error(key, format!("belongs to schedule = {name:?}"), None)),
        false => Ok(()),
    };
    belongs("warm_up", raw.warm_up.is_some(), Course::Cosine, "cosine")?;
    for (key, there) in [
        ("plateau_factor", raw.plateau_factor.is_some()),
        ("plateau_epochs", raw.plateau_epochs.is_some()),
    ] {
        belongs(key, there, Course::Plateau, "plateau")?;
    }
    Ok(match raw.schedule {
        Course::Constant => Schedule::Constant,
        Course::Plateau => {
            let factor = raw.plateau_factor.unwrap_or(0.5);
            within(at, "plateau_factor", factor, 1e-6, 0.999_999)?;
            Schedule::Plateau {
                factor,
                patience: raw.plateau_epochs.unwrap_or(3),
            }
        }
        Course::Cosine => {
            let warm_up = raw.warm_up.unwrap_or(0.05);
            within(at, "warm_up", warm_up, 0.0, 0.9)?;
            Schedule::Cosine { warm_up }
        }
    })
}

fn weights(at: &Table<'_>, raw: Option<RawWeights>) -> Result<ClassWeights, RecipeError> {
    match raw {
        None => Ok(ClassWeights::Even),
        Some(RawWeights::Word(word)) => match word.as_str() {
            "none" => Ok(ClassWeights::Even),
            "balanced" => Ok(ClassWeights::Balanced),
            _ => {
                let message = format!(
                    "found {word:?}, expected \"none\", \"balanced\" or a table of labels and weights"
                );
                Err(at.error("class_weights", message, None))
            }
        },
        Some(RawWeights::Table(table)) => {
            for (label, &weight) in &table {
                above_zero(at, &format!("class_weights.{label}"), weight)?;
            }
            Ok(ClassWeights::Given(table))
        }
    }
}

/// Training computes in 32 bits: what is nothing or infinite there is refused here.
fn above_zero(at: &Table<'_>, key: &str, found: f64) -> Result<(), RecipeError> {
    if (found as f32).is_normal() && found > 0.0 {
        return Ok(());
    }
    let message = format!("found {found:?}, expected a number above 0 that 32 bits can hold");
    Err(at.error(key, message, None))
}
