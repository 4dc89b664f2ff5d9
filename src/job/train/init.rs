//! `[init]`: parameters of an earlier model in place of random ones.

use std::path::Path;

use super::{Source, TrainJobError};
use crate::job::model::ModelDir;
use crate::onnx::graph::ModelFile;
use crate::onnx::graph::train::{State, TrainingStep};
use crate::train::networks::{Architecture, SPEECH};

/// Puts the parameters of `model` into a first state, and says what was taken in words. The head is taken only where the classes
/// are the same.
pub(super) fn begin(
    state: &mut State,
    step: &TrainingStep,
    network: &Architecture,
    labels: &[String],
    model: &ModelDir,
) -> Result<String, TrainJobError> {
    let wrong = |reason: String| TrainJobError::Other(format!("[init] {}: {reason}", model.path.display()));
    let scope = match (network, &model.description.network) {
        (Architecture::Bimer(bimer), theirs) if bimer.speech.name() == theirs.name() => format!("{SPEECH}."),
        (Architecture::Bimer(ours), Architecture::Bimer(theirs))
            if ours.speech.name() != theirs.speech.name() =>
        {
            return Err(wrong(format!(
                "found a bimer model whose speech branch is {}, expected {}",
                theirs.speech.name(),
                ours.speech.name()
            )));
        }
        // What is frozen begins as in the encoder's file, so that has to be the same.
        (Architecture::BertText(ours), Architecture::BertText(theirs))
            if ours.encoder.hash != theirs.encoder.hash || ours.train != theirs.train =>
        {
            return Err(wrong(
                "found a bert-text model of another encoder, or of which other layers were trained, expected the same [encoder] model and [network] train".to_owned(),
            ));
        }
        (ours, theirs) if ours.name() == theirs.name() => String::new(),
        (ours, theirs) => {
            let expected = match ours {
                Architecture::Bimer(bimer) => format!("{} or bimer", bimer.speech.name()),
                other => other.name().to_owned(),
            };
            return Err(wrong(format!(
                "found a {} model, expected {expected} to begin {} with",
                theirs.name(),
                ours.name()
            )));
        }
    };
    let theirs = parameters(&model.graph()?).map_err(wrong)?;
    let with_head = scope.is_empty() && labels == model.labels;
    let mut taken = 0;
    for slot in &step.slots {
        let moment = slot.name.starts_with("adam.");
        let Some(name) = slot.name.strip_prefix(&scope).filter(|_| !moment) else {
            continue;
        };
        if name.starts_with("head.") && !with_head {
            continue;
        }
        let found = theirs.get(name);
        let Some(tensor) = found.filter(|tensor| tensor.dims() == slot.dims) else {
            return Err(wrong(format!(
                "found {} for {name}, expected the shape {:?}\nhint: [network] has to give the same widths as the model's",
                found.map_or("nothing".to_owned(), |tensor| format!(
                    "the shape {:?}",
                    tensor.dims()
                )),
                slot.dims
            )));
        };
        taken += tensor.len();
        state.insert(slot.name.clone(), tensor.clone());
    }
    Ok(format!("{taken} numbers begin as in {}", model.path.display()))
}

/// The parameters in a model's file, by name.
fn parameters(file: &[u8]) -> Result<State, String> {
    let file = ModelFile::parse(file).map_err(|error| error.to_string())?;
    Ok(file.weights().iter().cloned().collect())
}

/// The held-out rows whose source or group a model was trained on.
pub(super) fn leaks<'a>(
    model: &ModelDir,
    held: impl Iterator<Item = &'a Source>,
) -> Result<Vec<String>, TrainJobError> {
    let known = model.trained_on()?;
    let found = held.filter(|source| known.knows(source));
    Ok(found.map(|source| source.id.clone()).collect())
}

/// A model that a recipe names, relative to its folder.
pub(super) fn open(base: &Path, path: &Path) -> Result<ModelDir, TrainJobError> {
    Ok(ModelDir::open(&base.join(path))?)
}
