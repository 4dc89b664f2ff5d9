//! Training, and writing the folder of the model.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::encoder::EncoderPlace;
use super::prepare::Prepared;
use super::report::{Report, measures};
use super::{TrainJobError, files, tokens};
use crate::dataset::row::sha256;
use crate::job::model::{self, Description, InputPreparation, Opened, Workplace};
use crate::onnx::graph::network::Network as _;
use crate::onnx::graph::train::{State, inference_model};
use crate::run::interrupt::Interrupt;
use crate::train::checkpoint::Checkpoint;
use crate::train::fit::{Fit, FitError, Keep, Listener, Progress};
use crate::train::predict::{PredictError, Predictor};

/// A trained model.
#[derive(Debug)]
pub struct Trained {
    /// Its folder.
    pub path: PathBuf,
    /// Its completion mark.
    pub description: Description,
    /// What was measured on the validation split; none without one, or where nothing was left to do.
    pub report: Option<Report>,
    /// The model was there already.
    pub already: bool,
}

impl Prepared<'_> {
    /// Trains, or goes on from the folder's checkpoint, and writes the model's folder. `tell` is called with what people should
    /// know before the first step.
    ///
    /// # Errors
    /// [`TrainJobError`]; what was trained up to a signal is kept.
    pub fn run(
        &self,
        out: &Path,
        listener: &mut dyn Listener,
        interrupt: &Interrupt,
        tell: &dyn Fn(&str),
    ) -> Result<Trained, TrainJobError> {
        let place = Workplace::open(out)?;
        if let Opened::Finished(description) = place.begin(&self.training)? {
            return Ok(Trained {
                path: out.to_owned(),
                description: *description,
                report: None,
                already: true,
            });
        }
        let file = model::checkpoint(out);
        let start = self.start(&file, tell)?;
        let fit = Fit {
            engine: self.engine,
            network: &self.fed,
            train: &self.train,
            held: &self.held,
            settings: &self.settings,
        };
        let mut save = |checkpoint: &Checkpoint| checkpoint.write(&file);
        let fitted = fit.run(&self.step, start, &mut save, listener, interrupt)?;
        let labels = serde_json::json!(self.job.labels).to_string();
        let notes = [
            ("augment.network", self.network.name()),
            ("augment.labels", &labels),
        ];
        let graph = inference_model(&self.network, &fitted.parameters, &notes).map_err(FitError::from)?;
        let report = self.measure(&fitted.parameters, interrupt)?;
        let mut description = self.description(&fitted.progress);
        place.write(model::GRAPH, &graph)?;
        let labels = place.json(model::LABELS, &self.job.labels)?;
        let hashes = [(model::GRAPH, sha256(&graph)), (model::LABELS, labels)];
        description.files = hashes.map(|(name, hash)| (name.to_owned(), hash)).into();
        place.json(model::PREPARATION, &self.input_preparation(out))?;
        if let (Some(_), Some(encoder)) = (&self.tokens, &self.job.encoder) {
            tokens::copy(&encoder.found.folder, out)?;
        }
        place.write(model::HISTORY, &files::history(&fitted.progress.history))?;
        place.write(model::CURVES, &files::curves(&fitted.progress.history)?)?;
        if let Some(report) = &report {
            place.json(model::METRICS, report)?;
            place.write(model::CONFUSION, &files::confusion(&[("", report)])?)?;
        }
        place.write(model::TRAINED_ON, &self.trained_on()?)?;
        place.finish(&description)?;
        Ok(Trained {
            path: out.to_owned(),
            description,
            report,
            already: false,
        })
    }

    /// The folder's checkpoint, or the beginning.
    fn start(&self, file: &Path, tell: &dyn Fn(&str)) -> Result<Checkpoint, TrainJobError> {
        if let Some(found) = Checkpoint::read(file)? {
            // The folder is of this training, so a checkpoint of another one was put there by hand.
            if found.training != self.training {
                return Err(TrainJobError::Other(format!(
                    "{}: the checkpoint is of another training\nhint: remove it to train from the beginning",
                    file.display()
                )));
            }
            tell(&format!("going on after step {}", found.progress.steps));
            return Ok(found);
        }
        let mut state = self.step.first_state().map_err(FitError::from)?;
        for begun in &self.beginnings {
            tell(&begun.put(&mut state));
        }
        Ok(Checkpoint {
            training: self.training.clone(),
            progress: Progress::new(self.job.labels.len()),
            state,
            best: None,
        })
    }

    /// Measures the held-out rows, by the network as it was fed in training.
    fn measure(&self, parameters: &State, interrupt: &Interrupt) -> Result<Option<Report>, TrainJobError> {
        if self.held.names.is_empty() {
            return Ok(None);
        }
        let labels = &self.job.labels;
        let graph = inference_model(&self.fed, parameters, &[]).map_err(FitError::from)?;
        let inputs = self.fed.inputs();
        let mut predictor = Predictor::new(self.engine, model::GRAPH, &graph, &inputs, labels.len())
            .map_err(PredictError::from)?;
        let logits = predictor.logits(&self.held, interrupt, |_| {})?;
        Ok(Some(measures("validation", labels, &self.held.classes, &logits)))
    }

    fn input_preparation(&self, out: &Path) -> InputPreparation {
        let text = self.encoder.clone().map(|place| {
            let model = match &self.job.encoder {
                Some(encoder) => encoder.found.name_from(out),
                None => place.model.clone(),
            };
            EncoderPlace { model, ..place }
        });
        InputPreparation {
            image: self.job.preparation.clone(),
            text,
            tokens: self.tokens.clone(),
        }
    }

    fn description(&self, progress: &Progress) -> Description {
        let recipe = &self.job.recipe;
        let file = recipe.document.path().file_name().unwrap_or_default();
        let last = progress.history.last().map_or(0, |record| record.epoch);
        let best = progress.best.map(|best| best.epoch);
        Description {
            format: model::FORMAT,
            kind: model::KIND.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            recipe: file.to_string_lossy().into_owned(),
            network: self.network.clone(),
            parameters: self.step.trained,
            seed: recipe.seed,
            steps: progress.steps,
            epochs: progress.history.len() as u64,
            epoch: match self.settings.keep {
                Keep::Best => best.unwrap_or(last),
                Keep::Last => last,
            },
            training: self.training.clone(),
            files: BTreeMap::new(),
        }
    }

    fn trained_on(&self) -> Result<Vec<u8>, TrainJobError> {
        let rows = self.job.train.iter().chain(self.job.sentences.iter().flatten());
        let mut sources: Vec<_> = rows.map(|row| &row.source).collect();
        sources.sort();
        sources.dedup();
        let mut bytes = Vec::new();
        for source in sources {
            serde_json::to_writer(&mut bytes, source)
                .map_err(|error| TrainJobError::Other(error.to_string()))?;
            bytes.push(b'\n');
        }
        Ok(bytes)
    }
}
