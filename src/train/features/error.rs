//! What can go wrong with features.

use crate::onnx::error::ModelError;

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
        "found {inputs} different texts × {each} bytes = {need} bytes of features to keep, expected at most {limit} \
         (cache_limit)\n\
         hint: raise cache_limit to {need} or more; with cache_limit = 0 nothing is kept, and each run computes all"
    )]
    Limit {
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
    /// Vectors too long to be features.
    #[error("found an encoder with vectors of {found} numbers, expected 1 to {limit}")]
    Size {
        /// What it gives.
        found: usize,
        /// The longest that is taken.
        limit: usize,
    },
    /// The matrix does not fit into memory.
    #[error(
        "found {inputs} different texts × {size} numbers, expected as much as fits into memory at 2 bytes each\n\
         hint: train on fewer texts, or with an encoder of shorter vectors"
    )]
    Memory {
        /// Different inputs.
        inputs: usize,
        /// Numbers of each.
        size: usize,
    },
}

impl From<ModelError> for FeatureError {
    fn from(error: ModelError) -> Self {
        match error {
            ModelError::Interrupted => FeatureError::Interrupted,
            other => FeatureError::Model(other),
        }
    }
}
