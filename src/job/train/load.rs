//! From a recipe to all that a training needs, checked: rows, labels, the network's sizes.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::backbone::FoundBackbone;
use super::data::{Dataset, Example, Kind};
use super::encoder::FoundEncoder;
use super::oversample::oversampled;
use super::stand_ins::sentences;
use super::{TrainJobError, init};
use crate::audio::preparation::Preparation;
use crate::corpus::Split;
use crate::dataset::verify;
use crate::job::model::ModelDir;
use crate::recipe::{Beginning, TrainRecipe};
use crate::train::schedule::Schedule;

/// A training that could begin.
#[derive(Debug)]
pub struct TrainJob {
    /// What was asked for.
    pub recipe: TrainRecipe,
    /// The classes, sorted.
    pub labels: Vec<String>,
    /// Rows that are trained on.
    pub train: Vec<Example>,
    /// Held-out rows that decide on the best epoch.
    pub held: Vec<Example>,
    /// For each training row, new sentences that may stand in for its transcript.
    pub sentences: Vec<Vec<Example>>,
    /// How the images were made, for a network that takes them.
    pub preparation: Option<Preparation>,
    /// The encoder, for a network that reads texts.
    pub encoder: Option<FoundEncoder>,
    /// The image encoder, for a network that has one.
    pub backbone: Option<FoundBackbone>,
    /// The models whose parameters it begins with.
    pub init: Vec<(Beginning, ModelDir)>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// Leaks that are shown.
const SHOWN: usize = 5;
/// Classes, at least.
const LEAST_CLASSES: usize = 2;
/// Classes, at most: their confusion matrix has to fit into a picture.
const MOST_CLASSES: usize = 500;

impl TrainJob {
    /// Reads the datasets and checks them; nothing is computed.
    ///
    /// # Errors
    /// [`TrainJobError`].
    pub fn load(recipe: TrainRecipe) -> Result<Self, TrainJobError> {
        let mut notes = Vec::new();
        let (data, reads_images) = (&recipe.data, recipe.network.reads_images());
        // The rows come from the speech for images, and from the sentences where there are any for texts, unless those stand in
        // for transcripts.
        let augmented = data.augmented_text > 0.0;
        let (rows_of, others) = match (reads_images, &data.audio, &data.text) {
            (true, Some(audio), text) => (audio, text.as_ref()),
            (false, Some(audio), Some(text)) if augmented => (audio, Some(text)),
            (false, audio, Some(text)) => (text, audio.as_ref()),
            (false, Some(audio), None) => (audio, None),
            (true, None, _) => {
                let message = format!("{} reads mel images", recipe.network.name());
                let hint = "[data] audio = \"...\", a dataset of `augment audio`; or --data DIR".to_owned();
                return Err(recipe
                    .error(
                        "data",
                        "",
                        format!("{message}, so it needs a dataset of speech"),
                        Some(hint),
                    )
                    .into());
            }
            (false, None, None) => {
                let hint = "[data] text = \"...\", a dataset of `augment text`, or audio = \"...\", whose transcripts are read; or --data DIR";
                let message = "there is no dataset".to_owned();
                return Err(recipe.error("data", "", message, Some(hint.to_owned())).into());
            }
        };
        if let Some(unused) = others.filter(|_| !augmented) {
            notes.push(format!(
                "{} is not used: {}",
                unused.display(),
                unused_reason(reads_images)
            ));
        }
        refuse_leaks(rows_of, others.filter(|_| augmented))?;
        let dataset = expect(rows_of, if reads_images { Some(Kind::Audio) } else { None })?;
        let used = [Split::Train, Split::Validation];
        if reads_images {
            dataset.check_images(&used)?;
        }
        if recipe.network.reads_text() {
            dataset.check_texts(&used)?;
        }
        let labels = labels(&dataset)?;
        let preparation = match reads_images {
            true => Some(dataset.preparation()?.clone()),
            false => None,
        };
        let encoder = match &recipe.encoder {
            None => None,
            Some(section) => Some(FoundEncoder::find(
                &section.model,
                &recipe.base(),
                section.precision,
                section.pooling,
                section.cache_limit,
            )?),
        };
        let backbone = match &recipe.backbone {
            None => None,
            Some(section) => Some(FoundBackbone::find(section, &recipe.base())?),
        };
        let (mut train, mut held) = (Vec::new(), Vec::new());
        for row in dataset.rows {
            match row.split {
                Split::Train => train.push(row),
                Split::Validation => held.push(row),
                Split::Test => {}
            }
        }
        if held.is_empty() {
            refuse_unmeasured(&recipe)?;
            notes.push(
                "there is no validation split: nothing is measured, and the last weights are kept".to_owned(),
            );
        }
        let sentences = match others.filter(|_| augmented) {
            None => Vec::new(),
            Some(text) => sentences(&expect(text, Some(Kind::Text))?, &train, &mut notes)?,
        };
        let (train, sentences) = match recipe.train.oversample {
            true => oversampled(recipe.seed, train, sentences),
            false => (train, sentences),
        };
        let mut begun = Vec::new();
        for (what, path) in &recipe.init {
            let model = init::open(&recipe.base(), path)?;
            let held = held.iter().map(|row| &row.source);
            let leaks = init::leaks(&model, held)?;
            refuse(&model.path.display().to_string(), &leaks, leaks.len(), INIT_HINT)?;
            begun.push((*what, model));
        }
        Ok(TrainJob {
            recipe,
            labels,
            train,
            held,
            sentences,
            preparation,
            encoder,
            backbone,
            init: begun,
            notes,
        })
    }
}

const INIT_HINT: &str =
    "the model would be measured on what its first parameters know; train that model on the same split";
const SPLIT_HINT: &str =
    "`augment verify` over the same folders names every case; make the datasets with one split";

fn unused_reason(reads_images: bool) -> &'static str {
    match reads_images {
        true => "set [data] augmented_text to let its sentences stand in for transcripts",
        false => "the sentences are trained on, not the transcripts",
    }
}

fn refuse_leaks(first: &Path, second: Option<&PathBuf>) -> Result<(), TrainJobError> {
    let datasets: Vec<PathBuf> = [first.to_owned()].into_iter().chain(second.cloned()).collect();
    let found = verify::leaks(&datasets)?;
    let names: Vec<String> = datasets.iter().map(|path| path.display().to_string()).collect();
    refuse(&names.join(" and "), &found.faults, found.fault_count, SPLIT_HINT)
}

/// Refuses a dataset with so many cases, of which the first are `found`.
fn refuse(dataset: &str, found: &[String], count: usize, hint: &'static str) -> Result<(), TrainJobError> {
    if count == 0 {
        return Ok(());
    }
    let shown: Vec<String> = found.iter().take(SHOWN).map(|case| format!("  {case}")).collect();
    Err(TrainJobError::Leak {
        dataset: dataset.to_owned(),
        count,
        shown: shown.join("\n"),
        hint,
    })
}

/// Without held-out rows nothing can be measured, so what goes by measures is refused instead of ignored.
fn refuse_unmeasured(recipe: &TrainRecipe) -> Result<(), TrainJobError> {
    let plateau = matches!(recipe.train.schedule, Schedule::Plateau { .. });
    let key = match (plateau, recipe.train.early_stopping) {
        (true, _) => "schedule",
        (false, Some(_)) => "early_stopping",
        (false, None) => return Ok(()),
    };
    let message = "goes by the validation split, and the dataset has none".to_owned();
    let hint = "hold rows out in the dataset's own recipe: [split] validation_per_class = 10".to_owned();
    Err(recipe.error("train", key, message, Some(hint)).into())
}

/// A dataset, of a kind where only one will do.
fn expect(path: &Path, kind: Option<Kind>) -> Result<Dataset, TrainJobError> {
    let dataset = Dataset::read(path)?;
    match kind {
        Some(kind) if dataset.kind != kind => {
            let (found, expected) = match kind {
                Kind::Audio => ("sentences", "speech, made by `augment audio`"),
                Kind::Text => ("speech", "sentences, made by `augment text`"),
            };
            Err(TrainJobError::dataset(
                path,
                format!("found a dataset of {found}, expected one of {expected}"),
            ))
        }
        _ => Ok(dataset),
    }
}

/// The labels of the training rows, sorted; all held-out rows have to have one of them.
fn labels(dataset: &Dataset) -> Result<Vec<String>, TrainJobError> {
    let known = dataset.labels(Split::Train);
    let held = dataset.labels(Split::Validation);
    if let Some(unknown) = held.difference(&known).next() {
        let reason = format!(
            "the validation split has the label {unknown:?}, and no training row has it; those have {}",
            list(&known)
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    if known.len() < LEAST_CLASSES {
        let reason = format!(
            "found {} classes in the training split ({}), expected at least {LEAST_CLASSES}",
            known.len(),
            list(&known)
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    if known.len() > MOST_CLASSES {
        let reason = format!(
            "found {} classes in the training split, expected at most {MOST_CLASSES}\n\
             hint: [corpus] of its recipe names the column of the labels, and label_map puts classes together",
            known.len()
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    Ok(known.into_iter().map(str::to_owned).collect())
}

fn list(labels: &BTreeSet<&str>) -> String {
    labels.iter().copied().collect::<Vec<_>>().join(", ")
}
