//! `augment evaluate`: trained models on a split of a dataset, side by side.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use serde::Serialize;

use crate::corpus::Split;
use crate::job::model::ModelDir;
use crate::job::train::{
    Dataset, Example, Examples, Form, FoundEncoder, Pictures, Report, Sight, Texts, TokenTable,
    TrainJobError, measures,
};
use crate::onnx::engine::Engine;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;
use crate::train::metrics::{largest, probabilities};
use crate::train::networks::TextBranch;

/// What one model does on the rows.
#[derive(Debug, Serialize)]
pub struct Evaluation {
    /// Its folder, as it was named.
    pub model: PathBuf,
    /// Its measures.
    #[serde(flatten)]
    pub report: Report,
    /// Rows whose source or group it was trained on: what is measured on them says little.
    pub trained_on: usize,
    /// Its predictions, row by row.
    #[serde(skip)]
    pub predictions: Vec<Prediction>,
    /// What people should know.
    pub notes: Vec<String>,
}

/// What a model says of a row.
#[derive(Debug, Serialize)]
pub struct Prediction {
    /// The row.
    pub id: String,
    /// Its label.
    pub label: String,
    /// The most likely label.
    pub predicted: String,
    /// The probability of each label, in the model's order.
    pub probabilities: Vec<f64>,
}

/// Measures models on a split of a dataset.
///
/// # Errors
/// [`TrainJobError`]: the rows are not what a model takes, or have labels that it does not know.
pub fn evaluate(
    models: &[ModelDir],
    dataset: &Path,
    split: Split,
    engine: &Engine,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Vec<Evaluation>, TrainJobError> {
    let dataset = Dataset::read(dataset)?;
    if dataset.labels(split).is_empty() {
        let others: Vec<&str> = Split::ALL
            .into_iter()
            .filter(|&other| !dataset.labels(other).is_empty())
            .map(Split::name)
            .collect();
        let reason = format!(
            "there are no rows in the split {}\nhint: it has the splits {}; --split chooses one",
            split.name(),
            others.join(", ")
        );
        return Err(TrainJobError::dataset(&dataset.path, reason));
    }
    // All are checked before the first one works.
    let notes: Vec<Vec<String>> = models
        .iter()
        .map(|model| check(model, &dataset, split))
        .collect::<Result<_, _>>()?;
    let rows: Vec<&Example> = dataset.rows.iter().filter(|row| row.split == split).collect();
    let work = models.iter().zip(notes);
    work.map(|(model, notes)| one(model, &rows, split, notes, engine, interrupt, progress))
        .collect()
}

/// Whether a model can be measured on a split; what is worth a note otherwise.
fn check(model: &ModelDir, dataset: &Dataset, split: Split) -> Result<Vec<String>, TrainJobError> {
    let mut notes = Vec::new();
    let name = model.path.display();
    let wrong = |reason: String| TrainJobError::dataset(&dataset.path, reason);
    let labels = dataset.labels(split);
    if let Some(unknown) = labels
        .iter()
        .find(|label| !model.labels.iter().any(|known| known == *label))
    {
        return Err(wrong(format!(
            "the label {unknown:?} is none of those that {name} tells apart: {}",
            model.labels.join(", ")
        )));
    }
    if let Some(theirs) = &model.preparation.image {
        dataset.check_images(&[split])?;
        let ours = dataset.preparation()?;
        let (found, expected) = (&ours.image, &theirs.image);
        if (found.width, found.height) != (expected.width, expected.height) {
            return Err(wrong(format!(
                "its images are {} × {} pixels, and {name} takes {} × {}",
                found.width, found.height, expected.width, expected.height
            )));
        }
        if ours != theirs {
            notes.push(format!(
                "{}: its images were prepared otherwise than those that {name} was trained on (run.json and preparation.json tell how)",
                dataset.path.display()
            ));
        }
    }
    if model.preparation.text.is_some() || model.preparation.tokens.is_some() {
        dataset.check_texts(&[split])?;
    }
    Ok(notes)
}

fn one(
    model: &ModelDir,
    rows: &[&Example],
    split: Split,
    mut notes: Vec<String>,
    engine: &Engine,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Evaluation, TrainJobError> {
    let mut examples = Examples {
        names: rows.iter().map(|row| row.source.id.clone()).collect(),
        classes: rows.iter().map(|row| class(model, &row.label)).collect(),
        ..Examples::default()
    };
    if let Some((height, width)) = model.description.network.picture() {
        let paths = rows.iter().map(|row| row.image.clone()).collect();
        examples.sight = Some(Sight::Pictures(Pictures::new(height, width, paths)));
    }
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let form = match (&model.preparation.text, &model.preparation.tokens) {
        (Some(place), _) => {
            let encoder = FoundEncoder::of_model(model, place)?;
            let mut loaded = encoder.open(place, model, engine, interrupt)?;
            let features = encoder.features(&mut loaded, &texts, interrupt, progress, |_| {})?;
            Some(Form::Features(Rc::new(features)))
        }
        (None, Some(place)) => {
            let names = model.description.network.reader().map(TextBranch::names);
            let table = TokenTable::new(
                &place.open(model)?,
                &texts,
                place.width,
                names.unwrap_or_default(),
            )?;
            Some(Form::Tokens(Rc::new(table)))
        }
        (None, None) => None,
    };
    let places = (0..rows.len()).map(|row| vec![row]).collect();
    examples.texts = form.map(|form| Texts::new(form, places, 0, 0.0));
    let mut predictor = model.predictor(engine)?;
    progress.stage("rows", rows.len() as u64);
    let logits = predictor.logits(&examples, interrupt, |rows| progress.advance(rows));
    progress.finish();
    let logits = logits?;
    let report = measures(split.name(), &model.labels, &examples.classes, &logits);
    let known = model.trained_on()?;
    let trained_on = rows.iter().filter(|row| known.knows(&row.source)).count();
    if trained_on > 0 {
        notes.push(format!(
            "{}: trained on the sources or groups of {trained_on} of these {} rows: what is measured on them says little",
            model.path.display(),
            rows.len()
        ));
    }
    let predictions = rows.iter().zip(&logits).map(|(row, logits)| Prediction {
        id: row.source.id.clone(),
        label: row.label.clone(),
        predicted: model.labels.get(largest(logits)).cloned().unwrap_or_default(),
        probabilities: probabilities(logits),
    });
    Ok(Evaluation {
        model: model.path.clone(),
        predictions: predictions.collect(),
        report,
        trained_on,
        notes,
    })
}

/// The class of a label that [`check`] has found.
fn class(model: &ModelDir, label: &str) -> usize {
    model.labels.iter().position(|known| known == label).unwrap_or(0)
}
