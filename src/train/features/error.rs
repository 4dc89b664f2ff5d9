//! What can go wrong with features.

use super::encoder::Kind;
use crate::onnx::error::ModelError;
use crate::run::atomic::FileError;

/// Why features can't be had. That they can't be kept on disk is no error.
#[derive(Debug, thiserror::Error)]
pub enum FeatureError {
    /// The encoder.
    #[error(transparent)]
    Model(ModelError),
    /// A signal came; what was finished is kept.
    #[error("interrupted")]
    Interrupted,
    /// What is needed at once is more than the cache may hold.
    #[error(
        "found {inputs} different {kind} × {each} bytes = {need} bytes of features to keep, expected at most {limit} \
         (cache_limit)\n\
         hint: raise cache_limit to {} MB or more; with cache_limit = 0 nothing is kept, and each run computes all",
        need.div_ceil(1 << 20)
    )]
    Limit {
        /// What they are.
        kind: Kind,
        /// Different inputs.
        inputs: usize,
        /// Bytes of each on disk.
        each: u64,
        /// Bytes of all, with what frames them.
        need: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The encoder gave what is no number.
    #[error(
        "the encoder gave what is no number for {text:?}, expected finite numbers\n\
         hint: graphs in fp16 overflow where fp32 does not; try precision fp32"
    )]
    NotFinite {
        /// The beginning of the text.
        text: String,
    },
    /// An image can't be read, in words that name its file.
    #[error("{0}")]
    Input(String),
    /// An image is another than when it was counted.
    #[error(
        "{image}: found it changed while features were computed, expected files that stay as they are\n\
         hint: run again when nothing writes to the dataset"
    )]
    Changed {
        /// Its file.
        image: String,
    },
    /// The encoder gave of an image what 16 bits do not hold.
    #[error(
        "{image}: the encoder gave {value} for it, expected numbers from −65504 to 65504, as 16 bits hold them\n\
         hint: check that its weights are numbers, that [backbone] mean and std are those that it was trained with, and that it gives a \
         map of features"
    )]
    OutOfRange {
        /// Its file.
        image: String,
        /// The number.
        value: f32,
    },
    /// Vectors too long to be features.
    #[error("found an encoder with vectors of {found} numbers, expected 1 to {limit}")]
    Size {
        /// What it gives.
        found: usize,
        /// The longest that is taken.
        limit: usize,
    },
    /// The matrix is larger than numbers count.
    #[error(
        "found {inputs} different {kind} × {size} numbers, expected as many as can be counted at 2 bytes each\n\
         hint: train on fewer {kind}, or with an encoder of shorter vectors"
    )]
    Memory {
        /// What they are.
        kind: Kind,
        /// Different inputs.
        inputs: usize,
        /// Numbers of each.
        size: usize,
    },
    /// The matrix is too large for memory, and there is no room for it on disk.
    #[error(
        "{source}\n\
         found {inputs} different {kind} × {size} numbers = {bytes} bytes of features, expected room for them in a \
         temporary file\n\
         hint: free it where the cache is, or let TMPDIR name a folder on a disk that has it; or train on fewer {kind}"
    )]
    Disk {
        /// What they are.
        kind: Kind,
        /// Different inputs.
        inputs: usize,
        /// Numbers of each.
        size: usize,
        /// Bytes of all.
        bytes: u64,
        /// Why there is no such file.
        source: FileError,
    },
    /// The temporary file of features can't be written or read.
    #[error("{0}\nhint: features beyond 1 GiB lie there while a run lasts; run again when its disk is sound")]
    File(#[from] FileError),
    /// A feature does not go there.
    #[error(
        "found input {input} of {inputs} and a place of {found} numbers, expected an input below {inputs} and a place \
         of {size}"
    )]
    Place {
        /// The input.
        input: usize,
        /// How many there are.
        inputs: usize,
        /// Numbers of the place.
        found: usize,
        /// Numbers of a feature.
        size: usize,
    },
}

impl FeatureError {
    /// Whether there is no room left on the disk.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            FeatureError::Disk { source, .. } | FeatureError::File(source) => source.no_space(),
            _ => false,
        }
    }
}

impl From<ModelError> for FeatureError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Interrupted => FeatureError::Interrupted,
            other => FeatureError::Model(other),
        }
    }
}
