//! The frozen encoder of texts: finding it, and the features of all texts that a job needs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::TrainJobError;
use crate::job::model::{ModelDir, PREPARATION};
use crate::job::text::{ModelsError, reference};
use crate::onnx::engine::Engine;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::hub::catalogue::Role;
use crate::onnx::hub::environment::Environment;
use crate::onnx::hub::installed::resolve;
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
    /// Its files.
    pub folder: ModelFolder,
    /// In which numbers it computes.
    pub precision: Precision,
    /// How the vectors of tokens become one.
    pub pooling: Pooling,
    /// Most bytes of all cached features.
    pub cache_limit: u64,
    /// As it was named.
    pub name: String,
    /// Whether the name is one of the hub's, not a path.
    pub on_hub: bool,
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
        let mut encoder = TextEncoder::open(engine, &self.folder, self.precision, self.pooling)?;
        let place = EncoderPlace {
            model: self.name.clone(),
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
        let models = |error: ModelsError| TrainJobError::Models(error);
        let reference = reference(name, base).map_err(|error| models(error.into()))?;
        let environment = Environment::of_process().map_err(|error| models(error.into()))?;
        let found = resolve(&reference, Some(Role::SentenceEncoder), precision, &environment)
            .map_err(|error| models(error.into()))?;
        Ok(FoundEncoder {
            folder: found.folder,
            precision,
            pooling,
            cache_limit,
            name: name.to_owned(),
            on_hub: reference.on_hub().is_some(),
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

    /// Its name on the hub, or that of its folder without the way there.
    #[must_use]
    pub fn own_name(&self) -> String {
        let folder = self.folder.path();
        match (self.on_hub, folder.file_name()) {
            (false, Some(own)) => own.to_string_lossy().into_owned(),
            _ => self.name.clone(),
        }
    }

    /// What another folder has to call it: its name on the hub, or its path from there.
    #[must_use]
    pub fn name_from(&self, folder: &Path) -> String {
        if self.on_hub {
            return self.name.clone();
        }
        let full = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
        let path = match (full(self.folder.path()), full(folder)) {
            (Some(to), Some(from)) => relative(&to, &from),
            _ => self.folder.path().to_owned(),
        };
        path.to_string_lossy().into_owned()
    }
}

/// The path from one absolute folder to another; begins with `.` or `..`, so that it is no name on the hub.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let shared = to
        .components()
        .zip(from.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().count() - shared;
    let mut path: PathBuf = std::iter::repeat_n("..", up).collect();
    if up == 0 {
        path.push(".");
    }
    path.extend(to.components().skip(shared));
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_from_folder_to_folder() {
        let path = |to: &str, from: &str| relative(Path::new(to), Path::new(from));
        assert_eq!(path("/a/models/x", "/a/out/m"), Path::new("../../models/x"));
        assert_eq!(path("/a/m/x", "/a/m"), Path::new("./x"));
    }
}
