//! The folder of a trained model: what is in it, reading it, and writing it.

mod dir;
mod write;

pub use dir::{Description, InputPreparation, ModelDir, ModelError, TrainedOn};
pub use write::{Opened, Workplace, checkpoint};

/// The network's file.
pub const GRAPH: &str = "model.onnx";
/// Its classes, in the order of its logits.
pub const LABELS: &str = "labels.json";
/// How its inputs are prepared.
pub const PREPARATION: &str = "preparation.json";
/// The folder of the tokenizer's files, for a network with its encoder within.
pub const TOKENIZER: &str = "tokenizer";
/// What was measured on the held-out rows.
pub const METRICS: &str = "metrics.json";
/// What was measured of each epoch.
pub const HISTORY: &str = "history.csv";
/// The same as a picture.
pub const CURVES: &str = "curves.png";
/// The confusion matrix of the held-out rows as a picture.
pub const CONFUSION: &str = "confusion.png";
/// The rows that it was trained on.
pub const TRAINED_ON: &str = "trained_on.jsonl";
/// The completion mark.
pub const MARK: &str = "run.json";
/// The format of model folders that this program writes.
pub const FORMAT: u32 = 1;
/// The kind in their completion mark.
pub const KIND: &str = "model";
