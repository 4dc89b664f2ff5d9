//! From a loaded job to numbers: features or tokens of texts, the network's sizes, the training step, and the names of all that
//! decides the weights.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::data::Example;
use super::encoder::EncoderPlace;
use super::{
    Examples, Form, FoundEncoder, Pictures, Texts, TokenTable, TokensPlace, TrainJob, TrainJobError,
};
use crate::job::text::numerics_class as class;
use crate::onnx::engine::Engine;
use crate::onnx::folder::Precision;
use crate::onnx::graph::network::{Network as _, Tuned};
use crate::onnx::graph::train::TrainingStep;
use crate::onnx::tokens::Tokens;
use crate::recipe::{ClassWeights, NetworkSection};
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress as Shown;
use crate::train::features::Plan;
use crate::train::fit::{Fit, FitSettings, Keep};
use crate::train::networks::{Architecture, EncoderFile};

/// Numbers of a batch's inputs, at most: 2 GiB, what a tensor of the runtime's files may have.
const MAX_INPUT: usize = 1 << 29;

/// A training with all its data as numbers.
pub struct Prepared<'a> {
    pub(super) job: &'a TrainJob,
    pub(super) engine: &'a Engine,
    /// The network with all its sizes.
    pub network: Architecture,
    /// The step that it is trained with.
    pub step: TrainingStep,
    pub(super) train: Examples,
    pub(super) held: Examples,
    pub(super) encoder: Option<EncoderPlace>,
    pub(super) tokens: Option<TokensPlace>,
    pub(super) settings: FitSettings,
    /// What decides the weights, by name.
    pub(super) training: BTreeMap<String, String>,
}

/// What texts have become, and what reads them.
#[derive(Default)]
struct Read {
    form: Option<Form>,
    /// The frozen encoder.
    encoder: Option<EncoderPlace>,
    /// The encoder within the network, and the tokens of a row.
    within: Option<(EncoderFile, usize)>,
    tokens: Option<TokensPlace>,
}

impl TrainJob {
    /// Computes the features of texts, and builds the training step. `tell` is called with what the encoder has to do.
    ///
    /// # Errors
    /// [`TrainJobError`].
    pub fn prepare<'a>(
        &'a self,
        engine: &'a Engine,
        interrupt: &Interrupt,
        progress: &dyn Shown,
        tell: impl FnOnce(&Plan),
    ) -> Result<Prepared<'a>, TrainJobError> {
        let mut texts = Read::default();
        match (&self.encoder, &self.recipe.network) {
            (Some(encoder), NetworkSection::BertText { max_tokens, .. }) => {
                texts = self.tokens(encoder, *max_tokens)?;
            }
            (Some(encoder), _) => {
                let all = self.texts();
                let (mut loaded, place) = encoder.load(engine, interrupt)?;
                let made = encoder.features(&mut loaded, &all, interrupt, progress, tell)?;
                texts.form = Some(Form::Features(Rc::new(made)));
                texts.encoder = Some(place);
            }
            (None, _) => {}
        }
        let size = texts.encoder.as_ref().map_or(0, |place| place.size);
        let network = self.network(size, texts.within)?;
        let settings = self.settings()?;
        self.check_batch(&network)?;
        let (train, held) = self.examples(texts.form.as_ref());
        let fit = Fit {
            engine,
            network: &network,
            train: &train,
            held: &held,
            settings: &settings,
        };
        let step = fit.training_step()?;
        let encoder = texts.encoder;
        let hash = match (&encoder, &network) {
            (Some(place), _) => Some(place.hash.clone()),
            (None, Architecture::BertText(bert)) => Some(bert.encoder.hash.clone()),
            (None, _) => None,
        };
        let training = self.training(engine, &step, hash)?;
        Ok(Prepared {
            job: self,
            engine,
            network,
            step,
            train,
            held,
            encoder,
            tokens: texts.tokens,
            settings,
            training,
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

    /// All texts: of training rows, of held-out rows, and the sentences that may stand in.
    fn texts(&self) -> Vec<&str> {
        let rows = self.train.iter().chain(&self.held);
        let sentences = self.sentences.iter().flatten();
        rows.chain(sentences).map(|row| row.text.as_str()).collect()
    }

    /// All texts as tokens, and the encoder that is trained on them.
    fn tokens(&self, encoder: &FoundEncoder, most: usize) -> Result<Read, TrainJobError> {
        if encoder.precision != Precision::Fp32 {
            let message = format!(
                "found {}, expected fp32: an encoder is trained in 32-bit numbers",
                encoder.precision
            );
            return Err(self.recipe.error("encoder", "precision", message, None).into());
        }
        let failed = crate::onnx::error::ModelError::from;
        let folder = &encoder.folder;
        let graph = folder.graph("model", encoder.precision).map_err(failed)?;
        let mut files = folder.weights_of(&graph);
        files.extend([graph.clone(), folder.file("tokenizer.json").map_err(failed)?]);
        let hash = folder.hash(&files).map_err(failed)?;
        let tokens = Tokens::open(folder).map_err(crate::onnx::error::ModelError::from)?;
        let most = most.min(tokens.limit());
        let rows = TokenTable::longest(&tokens, &self.trained_texts(), most)?;
        let width = rows.next_multiple_of(8).min(most);
        let file = EncoderFile::open(&graph, &encoder.own_name(), &hash, width)
            .map_err(|error| TrainJobError::Other(format!("{}: {error}", graph.display())))?;
        if let NetworkSection::BertText {
            train: Tuned::Last(last),
            ..
        } = self.recipe.network
            && !(1..=file.layers).contains(&last)
        {
            let message = format!(
                "found last = {last}, expected 1 to {}, as many layers as the names in {} tell",
                file.layers,
                graph.display()
            );
            return Err(self.recipe.error("network", "train", message, None).into());
        }
        let network = self.network(0, Some((file.clone(), width)))?;
        let inputs = network.inputs().into_iter().map(|port| port.name).collect();
        // Held-out texts are cut to what training has seen.
        let table = TokenTable::new(&tokens, &self.texts(), width, inputs)?;
        Ok(Read {
            form: Some(Form::Tokens(Rc::new(table))),
            encoder: None,
            within: Some((file, width)),
            tokens: Some(TokensPlace::of(folder, width)?),
        })
    }

    /// The texts that are trained on.
    fn trained_texts(&self) -> Vec<&str> {
        let rows = self.train.iter().chain(self.sentences.iter().flatten());
        rows.map(|row| row.text.as_str()).collect()
    }

    fn examples(&self, form: Option<&Form>) -> (Examples, Examples) {
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
        let make = |rows: &[Example], texts: Vec<Vec<usize>>, share: f64| Examples {
            names: rows.iter().map(|row| row.source.id.clone()).collect(),
            classes: rows.iter().map(|row| self.class(&row.label)).collect(),
            pictures: self.preparation.as_ref().map(|preparation| {
                let size = &preparation.image;
                let paths = rows.iter().map(|row| row.image.clone()).collect();
                Pictures::new(size.height as usize, size.width as usize, paths)
            }),
            texts: form.map(|form| Texts::new(form.clone(), texts, self.recipe.seed, share)),
        };
        (make(&self.train, of_train, share), make(&self.held, of_held, 0.0))
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
            checkpoint_seconds: train.checkpoint_seconds,
        })
    }

    /// All that decides the weights bit for bit, by name.
    fn training(
        &self,
        engine: &Engine,
        step: &TrainingStep,
        encoder: Option<String>,
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
        if let Some(hash) = encoder {
            named.push(("encoder", hash));
        }
        if let Some(init) = &self.init {
            named.push(("init", short(blake3::hash(&init.graph()?))));
        }
        Ok(named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect())
    }
}
