//! From a loaded job to numbers: the network's sizes, the training step, what texts and images become, and the names of all that
//! decides the weights.

use std::collections::BTreeMap;

use super::data::Example;
use super::encoder::EncoderPlace;
use super::init::Begun;
use super::reading::Reader;
use super::sight::{Sight, Sights};
use super::{Examples, Form, Texts, TokensPlace, TrainJob, TrainJobError};
use crate::job::text::numerics_class as class;
use crate::onnx::engine::Engine;
use crate::onnx::graph::network::Network as _;
use crate::onnx::graph::train::TrainingStep;
use crate::recipe::{Beginning, ClassWeights};
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress as Shown;
use crate::train::features::Plan;
use crate::train::fit::{FitSettings, Keep, training_step};
use crate::train::networks::{Architecture, Backbone, Fed};

/// Numbers of a batch's inputs, at most: 2 GiB, what a tensor of the runtime's files may have.
const MAX_INPUT: usize = 1 << 29;

/// A training with all its data as numbers.
pub struct Prepared<'a> {
    pub(super) job: &'a TrainJob,
    pub(super) engine: &'a Engine,
    /// The network with all its sizes, as the model's folder keeps it.
    pub network: Architecture,
    /// The same, fed with what was computed before.
    pub(super) fed: Architecture,
    /// The step that it is trained with.
    pub step: TrainingStep,
    pub(super) train: Examples,
    pub(super) held: Examples,
    pub(super) encoder: Option<EncoderPlace>,
    pub(super) tokens: Option<TokensPlace>,
    pub(super) settings: FitSettings,
    /// What decides the weights, by name.
    pub(super) training: BTreeMap<String, String>,
    /// Parameters that begin as in other models.
    pub(super) beginnings: Vec<Begun>,
}

impl TrainJob {
    /// Builds the training step, then computes what frozen encoders make of texts and images. `tell` is called with what they have to
    /// do.
    ///
    /// # Errors
    /// [`TrainJobError`].
    pub fn prepare<'a>(
        &'a self,
        engine: &'a Engine,
        interrupt: &Interrupt,
        progress: &dyn Shown,
        tell: &mut dyn FnMut(&Plan),
    ) -> Result<Prepared<'a>, TrainJobError> {
        // All that can be wrong is looked at before the encoders' hours.
        let settings = self.settings()?;
        let mut reader = self.reader(engine, interrupt)?;
        let network = self.network(reader.size(), reader.branch())?;
        let is_frozen = network.backbone().is_some_and(Backbone::is_frozen);
        let fed = match is_frozen {
            true => network.clone().fed(Fed::Maps),
            false => network.clone(),
        };
        self.check_batch(&fed)?;
        let step = training_step(&fed, self.train.len(), &settings)?;
        let beginnings = self.beginnings(&step, &network)?;
        let training = self.training(engine, &step, &network, &reader)?;
        let form = reader.read(&self.texts(), interrupt, progress, tell)?;
        let sights = self.sights(network.backbone(), engine, interrupt, progress, tell)?;
        let (train, held) = self.examples(form.as_ref(), sights);
        let (encoder, tokens) = reader.places();
        Ok(Prepared {
            job: self,
            engine,
            network,
            fed,
            step,
            train,
            held,
            encoder,
            tokens,
            settings,
            training,
            beginnings,
        })
    }

    /// Whether a batch fits into memory.
    fn check_batch(&self, network: &Architecture) -> Result<(), TrainJobError> {
        let row: usize = network
            .inputs()
            .iter()
            .map(|port| port.dims.iter().product::<usize>())
            .sum();
        let batch = self.recipe.train.batch.min(self.train.len());
        let most = MAX_INPUT / row.max(1);
        if batch <= most {
            return Ok(());
        }
        let message =
            format!("found {batch} rows of {row} numbers each; allowed are {most} rows of this size");
        Err(self.recipe.error("train", "batch", message, None).into())
    }

    fn examples(&self, form: Option<&Form>, sights: Sights) -> (Examples, Examples) {
        let share = self.recipe.data.augmented_text;
        // The places of texts are those of `texts`.
        let mut next = self.train.len() + self.held.len();
        let mut of_train: Vec<Vec<usize>> = (0..self.train.len()).map(|row| vec![row]).collect();
        for (texts, sentences) in of_train.iter_mut().zip(&self.sentences) {
            texts.extend(next..next + sentences.len());
            next += sentences.len();
        }
        let first = self.train.len();
        let of_held = (first..first + self.held.len()).map(|text| vec![text]).collect();
        let make = |rows: &[Example], texts: Vec<Vec<usize>>, share: f64, sight: Option<Sight>| Examples {
            names: rows.iter().map(|row| row.source.id.clone()).collect(),
            classes: rows.iter().map(|row| self.class(&row.label)).collect(),
            sight,
            texts: form.map(|form| Texts::new(form.clone(), texts, self.recipe.seed, share)),
        };
        let (sight_of_train, sight_of_held) = sights;
        (
            make(&self.train, of_train, share, sight_of_train),
            make(&self.held, of_held, 0.0, sight_of_held),
        )
    }

    fn settings(&self) -> Result<FitSettings, TrainJobError> {
        let train = &self.recipe.train;
        let counts: Vec<usize> = self.counts().into_iter().map(|(train, _)| train).collect();
        let class_weights = match &train.class_weights {
            ClassWeights::Even => None,
            ClassWeights::Balanced => {
                let mean = self.train.len() as f64 / counts.len().max(1) as f64;
                Some(
                    counts
                        .iter()
                        .map(|&count| (mean / count.max(1) as f64) as f32)
                        .collect(),
                )
            }
            ClassWeights::Given(given) => {
                if let Some(unknown) = given.keys().find(|label| !self.labels.contains(label)) {
                    let message = format!("no training row has the label {unknown:?}");
                    let hint = format!("the labels are {}", self.labels.join(", "));
                    let key = format!("class_weights.{unknown}");
                    return Err(self.recipe.error("train", &key, message, Some(hint)).into());
                }
                let weight = |label: &String| given.get(label).copied().unwrap_or(1.0) as f32;
                Some(self.labels.iter().map(weight).collect())
            }
        };
        let measured = !self.held.is_empty();
        Ok(FitSettings {
            seed: self.recipe.seed,
            batch: train.batch,
            length: train.length,
            optimizer: train.optimizer,
            learning_rate: train.learning_rate,
            schedule: train.schedule,
            clip: train.clip,
            class_weights,
            label_smoothing: train.label_smoothing,
            early_stopping: train.early_stopping.filter(|_| measured),
            keep: if measured { train.keep } else { Keep::Last },
            precision: train.precision,
            checkpoint_seconds: train.checkpoint_seconds,
        })
    }

    /// All that decides the weights bit for bit, by name.
    fn training(
        &self,
        engine: &Engine,
        step: &TrainingStep,
        network: &Architecture,
        reader: &Reader<'_>,
    ) -> Result<BTreeMap<String, String>, TrainJobError> {
        let mut rows = blake3::Hasher::new();
        let all = self
            .train
            .iter()
            .chain(&self.held)
            .chain(self.sentences.iter().flatten());
        for row in all {
            let split = row.split.name();
            for part in [&row.source.id, &row.label, split, &row.image_hash, &row.text] {
                rows.update(&(part.len() as u64).to_le_bytes());
                rows.update(part.as_bytes());
            }
        }
        let preparation = serde_json::to_vec(&self.preparation).unwrap_or_default();
        rows.update(&preparation);
        let short = |hash: blake3::Hash| hash.to_hex()[..32].to_owned();
        let mut named = vec![
            ("recipe", self.recipe.hash()?),
            ("data", short(rows.finalize())),
            ("step", short(blake3::hash(&step.model))),
            ("runtime", class(engine)),
            ("jobs", engine.threads().to_string()),
        ];
        let encoder = match reader {
            Reader::None => None,
            Reader::Frozen { place, .. } => Some(&place.hash),
            Reader::Within { branch, .. } => Some(&branch.encoder.hash),
        };
        named.extend(encoder.map(|hash| ("encoder", hash.clone())));
        if let Some(backbone) = network.backbone() {
            named.push((
                "backbone",
                format!("{} {}", backbone.file.hash, backbone.file.output),
            ));
        }
        for (what, model) in &self.init {
            let name = match what {
                Beginning::Model => "init",
                Beginning::Speech => "init.speech",
                Beginning::Text => "init.text",
            };
            named.push((name, short(blake3::hash(&model.graph()?))));
        }
        Ok(named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect())
    }
}
