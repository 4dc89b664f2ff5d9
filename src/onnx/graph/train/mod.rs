//! One whole step of training as one ONNX graph, and what runs it.

mod adam;
mod loss;
mod mixed;
mod network_file;
mod step;
mod trainer;

pub use adam::{Decay, Optimizer};
pub use mixed::{Precision, SCALER};
pub use network_file::{inference_model, model_for_use};
pub use step::{
    LEARNING_RATE, LOSS, LOSS_SCALE, NORM, STEP, Settings, Slot, State, TARGETS, TrainingStep, is_parameter,
};
pub use trainer::{Numbers, Outcome, TrainError, Trainer};

/// The name of the logits in training steps and in files for use.
pub const LOGITS: &str = "logits";
