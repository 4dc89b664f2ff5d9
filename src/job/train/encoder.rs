//! The frozen encoder of texts: finding it, and the features of all texts that a job needs.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{FoundModel, TrainJobError};
use crate::job::model::{ModelDir, PREPARATION};
use crate::onnx::engine::Engine;
use crate::onnx::folder::Precision;
use crate::onnx::hub::catalogue::Role;
use crate::onnx::pooling::Pooling;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;
pub use crate::train::features::Features;
use crate::train::features::cache::FeatureCache;
use crate::train::features::text::TextEncoder;
use crate::train::features::{Plan, compute, plan};

/// Which encoder a model was trained with: part of its folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncoderPlace {
    /// As models are named; the path of a folder is relative to the model's own folder.
    pub model: String,
    /// In which numbers it computes.
    pub precision: String,
    /// How the vectors of tokens become one.
    pub pooling: String,
    /// Hash of its graph and tokenizer.
    pub hash: String,
    /// Size of its features.
    pub size: usize,
}

/// Most bytes of cached features where no recipe tells.
const CACHE: u64 = 2 << 30;

impl EncoderPlace {
    /// Whether an encoder that was found is this one.
    ///
    /// # Errors
    /// [`TrainJobError::Dataset`]: a model means nothing with the features of another encoder.
    pub fn compare(&self, found: &Self, model: &ModelDir) -> Result<(), TrainJobError> {
        if self.hash == found.hash && self.size == found.size {
            return Ok(());
        }
        let reason = format!(
            "it was trained with the encoder {} of hash {:.16} and {} features, and found one of hash {:.16} and {} features\n\
             hint: give back the folder as it was, or train the model again",
            self.model, self.hash, self.size, found.hash, found.size
        );
        Err(TrainJobError::dataset(&model.path, reason))
    }
}

/// An encoder that was found, but not loaded.
#[derive(Debug, Clone)]
pub struct FoundEncoder {
    /// Where it is.
    pub found: FoundModel,
    /// In which numbers it computes.
    pub precision: Precision,
    /// How the vectors of tokens become one.
    pub pooling: Pooling,
    /// Most bytes of all cached features.
    pub cache_limit: u64,
}

impl FoundEncoder {
    /// The encoder of a trained model, by what its folder says.
    ///
    /// # Errors
    /// [`TrainJobError::Models`]; also where the folder's words mean nothing.
    pub fn of_model(model: &ModelDir, place: &EncoderPlace) -> Result<Self, TrainJobError> {
        let wrong = |reason: String| TrainJobError::dataset(model.path.join(PREPARATION), reason);
        let precision = place.precision.parse().map_err(wrong)?;
        let pooling = place.pooling.parse().map_err(wrong)?;
        Self::find(&place.model, &model.path, precision, pooling, CACHE).map_err(|error| {
            wrong(format!(
                "its encoder is not there; the path of a folder starts at the model's own folder\n{error}"
            ))
        })
    }

    /// Loads it, and says which it is.
    ///
    /// # Errors
    /// [`TrainJobError::Features`].
    pub fn load(
        &self,
        engine: &Engine,
        interrupt: &Interrupt,
    ) -> Result<(TextEncoder, EncoderPlace), TrainJobError> {
        let mut encoder = TextEncoder::open(engine, &self.found.folder, self.precision, self.pooling)?;
        let place = EncoderPlace {
            model: self.found.name.clone(),
            precision: self.precision.to_string(),
            pooling: self.pooling.to_string(),
            hash: encoder.model_hash().to_owned(),
            size: encoder.measure(interrupt)?,
        };
        Ok((encoder, place))
    }

    /// Loads the encoder of a trained model, which has to be the one that it was trained with.
    ///
    /// # Errors
    /// [`TrainJobError::Features`], and what [`EncoderPlace::compare`] gives.
    pub fn open(
        &self,
        place: &EncoderPlace,
        model: &ModelDir,
        engine: &Engine,
        interrupt: &Interrupt,
    ) -> Result<TextEncoder, TrainJobError> {
        let (encoder, found) = self.load(engine, interrupt)?;
        place.compare(&found, model)?;
        Ok(encoder)
    }

    /// Finds an encoder by its name; the path of a folder is relative to `base`. Nothing is loaded.
    ///
    /// # Errors
    /// [`TrainJobError::Models`], with the command that gets it.
    pub fn find(
        name: &str,
        base: &Path,
        precision: Precision,
        pooling: Pooling,
        cache_limit: u64,
    ) -> Result<Self, TrainJobError> {
        Ok(FoundEncoder {
            found: FoundModel::find(name, base, Role::SentenceEncoder, precision)?,
            precision,
            pooling,
            cache_limit,
        })
    }

    /// The features of texts, in their order, by this encoder loaded; `tell` is shown before the work what it will be.
    ///
    /// # Errors
    /// [`TrainJobError::Features`].
    pub fn features(
        &self,
        encoder: &mut TextEncoder,
        texts: &[&str],
        interrupt: &Interrupt,
        progress: &dyn Progress,
        tell: impl FnOnce(&Plan),
    ) -> Result<Features, TrainJobError> {
        let cache = FeatureCache::of_user(self.cache_limit);
        tell(&plan(encoder.id(), encoder.size(), texts, &cache)?);
        Ok(compute(encoder, texts, &cache, interrupt, progress)?)
    }
}
