//! Why there is no training, no measuring and no inferring.

use std::path::PathBuf;

use crate::dataset::verify::VerifyError;
use crate::job::model::ModelError as FolderError;
use crate::job::text::ModelsError;
use crate::onnx::engine::EngineError;
use crate::onnx::error::ModelError;
use crate::recipe::RecipeError;
use crate::run::atomic::FileError;
use crate::run::ledger::LineError;
use crate::train::chart::ChartError;
use crate::train::checkpoint::CheckpointError;
use crate::train::features::FeatureError;
use crate::train::fit::FitError;
use crate::train::predict::PredictError;

/// Everything that ends such a job early.
#[derive(Debug, thiserror::Error)]
pub enum TrainJobError {
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// A dataset can't be checked.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The splits leak.
    #[error(
        "{dataset}: training is refused, since what is held out is also trained on ({count} cases):\n{shown}\nhint: {hint}"
    )]
    Leak {
        /// The dataset, or datasets.
        dataset: String,
        /// How many cases.
        count: usize,
        /// The first of them, a line each.
        shown: String,
        /// What to do.
        hint: &'static str,
    },
    /// A dataset is not what is needed.
    #[error("{}: {reason}", path.display())]
    Dataset {
        /// The dataset.
        path: PathBuf,
        /// What is wrong, with a hint.
        reason: String,
    },
    /// The folder of a model.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The encoder can't be found.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// The encoder does not load.
    #[error(transparent)]
    Encoder(#[from] ModelError),
    /// The encoder's features.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// There is no runtime, or not the device.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Training.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// Predicting.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A picture of measures.
    #[error(transparent)]
    Chart(#[from] ChartError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of a file.
    #[error(transparent)]
    Line(#[from] LineError),
    /// Something that has no other place, in words.
    #[error("{0}")]
    Other(String),
}

impl TrainJobError {
    /// About a dataset.
    pub(crate) fn dataset(path: impl Into<PathBuf>, reason: impl Into<String>) -> Self {
        TrainJobError::Dataset {
            path: path.into(),
            reason: reason.into(),
        }
    }

    /// Whether a signal ended it.
    #[must_use]
    pub fn interrupted(&self) -> bool {
        matches!(
            self,
            TrainJobError::Fit(FitError::Interrupted { .. } | FitError::Predict(PredictError::Interrupted))
                | TrainJobError::Predict(PredictError::Interrupted)
                | TrainJobError::Features(FeatureError::Interrupted)
                | TrainJobError::Features(FeatureError::Model(ModelError::Interrupted))
        )
    }

    /// Whether there is no room left on the disk.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            TrainJobError::File(error)
            | TrainJobError::Fit(FitError::File(error))
            | TrainJobError::Checkpoint(CheckpointError::File(error))
            | TrainJobError::Folder(FolderError::File(error)) => error.no_space(),
            TrainJobError::Folder(FolderError::Store(error)) => error.no_space(),
            TrainJobError::Features(error) => error.no_space(),
            _ => false,
        }
    }
}
