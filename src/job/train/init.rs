//! `[init]`: parameters of earlier models in place of random ones.

use std::path::{Path, PathBuf};

use super::{Source, TrainJob, TrainJobError};
use crate::job::model::ModelDir;
use crate::onnx::graph::ModelFile;
use crate::onnx::graph::tensor::Tensor;
use crate::onnx::graph::train::{Slot, State, TrainingStep, is_parameter};
use crate::recipe::Beginning;
use crate::train::networks::Architecture;

/// Parameters that begin as in another model.
#[derive(Debug)]
pub(super) struct Begun {
    model: PathBuf,
    tensors: Vec<(String, Tensor)>,
}

impl Begun {
    /// Puts them into a first state, and says in words what was done.
    pub(super) fn put(&self, state: &mut State) -> String {
        let mut taken = 0;
        for (name, tensor) in &self.tensors {
            taken += tensor.len();
            state.insert(name.clone(), tensor.clone());
        }
        format!("{taken} numbers begin as in {}", self.model.display())
    }
}

impl TrainJob {
    /// What of a step's parameters begins as in the models of `[init]`.
    pub(super) fn beginnings(
        &self,
        step: &TrainingStep,
        network: &Architecture,
    ) -> Result<Vec<Begun>, TrainJobError> {
        let begun = self
            .init
            .iter()
            .map(|(what, model)| begin(step, network, &self.labels, *what, model));
        begun.collect()
    }
}

/// Where parameters are here, and where in the other model.
struct Scopes {
    ours: &'static str,
    theirs: &'static str,
    /// Whether the other model's head would be of this network.
    has_head: bool,
    /// The layer here that the other model has none of.
    without: Option<&'static str>,
}

/// The parameters that begin as in `model`. The head is taken only where the classes are the same.
fn begin(
    step: &TrainingStep,
    network: &Architecture,
    labels: &[String],
    what: Beginning,
    model: &ModelDir,
) -> Result<Begun, TrainJobError> {
    let wrong = |reason: String| {
        let key = what.key();
        TrainJobError::Other(format!("[init] {key} = {}: {reason}", model.path.display()))
    };
    let scopes = scopes(network, &model.description.network, what).map_err(wrong)?;
    let theirs = parameters(&model.graph()?).map_err(wrong)?;
    let with_head = scopes.has_head && labels == model.labels;
    let mut tensors = Vec::new();
    for slot in &step.slots {
        let name = slot.name.strip_prefix(scopes.ours);
        let Some(name) = name.filter(|_| is_parameter(&slot.name)) else {
            continue;
        };
        let is_head = name.starts_with("head.");
        let is_own = scopes.without.is_some_and(|layer| slot.name.starts_with(layer));
        if is_own || (is_head && !with_head) {
            continue;
        }
        let name = format!("{}{name}", scopes.theirs);
        let tensor = fitting(&theirs, &name, slot).map_err(wrong)?;
        tensors.push((slot.name.clone(), tensor.clone()));
    }
    Ok(Begun {
        model: model.path.clone(),
        tensors,
    })
}

/// The layer of `bimer` behind the text branch's vector, which no text network has.
const TEXT_LAYER: &str = "words.linear.";

/// A parameter of the other model, if it fits.
fn fitting<'a>(theirs: &'a State, name: &str, slot: &Slot) -> Result<&'a Tensor, String> {
    let found = theirs.get(name);
    found.filter(|tensor| tensor.dims() == slot.dims).ok_or_else(|| {
        let found = found.map_or("nothing".to_owned(), |tensor| {
            format!("the shape {:?}", tensor.dims())
        });
        format!(
            "found {found} for {name}, expected the shape {:?}\nhint: [network] has to give the same sizes as the model's",
            slot.dims
        )
    })
}

/// Where the parameters are that begin alike; an error in words for a model that does not fit.
fn scopes(ours: &Architecture, theirs: &Architecture, what: Beginning) -> Result<Scopes, String> {
    let scopes = |ours, theirs| Scopes {
        ours,
        theirs,
        has_head: false,
        without: None,
    };
    let found = match (what, ours, theirs) {
        (Beginning::Model, ours, theirs) if ours.name() == theirs.name() => Scopes {
            has_head: true,
            ..scopes("", "")
        },
        (Beginning::Speech, Architecture::Bimer(ours), theirs) if ours.speech.name() == theirs.name() => {
            scopes(SPEECH_SCOPE, "")
        }
        (Beginning::Speech, Architecture::Bimer(_), Architecture::Bimer(_)) => {
            scopes(SPEECH_SCOPE, SPEECH_SCOPE)
        }
        (Beginning::Text, Architecture::Bimer(ours), theirs) if ours.words.name() == theirs.name() => {
            Scopes {
                without: Some(TEXT_LAYER),
                ..scopes(WORDS_SCOPE, "")
            }
        }
        (Beginning::Text, Architecture::Bimer(_), Architecture::Bimer(_)) => scopes(WORDS_SCOPE, WORDS_SCOPE),
        (what, ours, theirs) => {
            let expected = match (what, ours) {
                (Beginning::Speech, Architecture::Bimer(bimer)) => {
                    format!("{} or bimer", bimer.speech.name())
                }
                (Beginning::Text, Architecture::Bimer(bimer)) => format!("{} or bimer", bimer.words.name()),
                _ => ours.name().to_owned(),
            };
            return Err(format!(
                "found a {} model, expected {expected} to begin {} with",
                theirs.name(),
                ours.name()
            ));
        }
    };
    if let (Architecture::Bimer(ours), Architecture::Bimer(theirs)) = (ours, theirs) {
        let branches = [
            (
                Beginning::Speech,
                "speech",
                ours.speech.name(),
                theirs.speech.name(),
            ),
            (Beginning::Text, "text", ours.words.name(), theirs.words.name()),
        ];
        for (of, branch, ours, theirs) in branches {
            if ours != theirs && (what == of || what == Beginning::Model) {
                return Err(format!(
                    "found a bimer model whose {branch} branch is {theirs}, expected {ours}"
                ));
            }
        }
    }
    // Weights of attention mean something for as many heads as they were trained with.
    if what != Beginning::Text
        && let (Some(ours), Some(theirs)) = (ours.attentive(), theirs.attentive())
        && ours.heads != theirs.heads
    {
        return Err(format!(
            "found a model with {} heads, expected [network] heads = {}",
            theirs.heads, ours.heads
        ));
    }
    // What is frozen begins as in the encoder's file, so that has to be the same.
    let same = "expected the same [encoder] model and [network] train";
    if what != Beginning::Speech
        && let (Some(ours), Some(theirs)) = (ours.reader(), theirs.reader())
        && (ours.encoder.hash != theirs.encoder.hash || ours.train != theirs.train)
    {
        return Err(format!(
            "found a model of another encoder of texts, or of which other layers were trained, {same}"
        ));
    }
    let same = "expected the same [backbone] and [network] train";
    if what != Beginning::Text
        && let (Some(ours), Some(theirs)) = (ours.backbone(), theirs.backbone())
        && (ours.file != theirs.file
            || (ours.mean, ours.std, ours.train) != (theirs.mean, theirs.std, theirs.train))
    {
        return Err(format!(
            "found a model of another image encoder, or of which other layers were trained, {same}"
        ));
    }
    Ok(found)
}

const SPEECH_SCOPE: &str = "speech.";
const WORDS_SCOPE: &str = "words.";

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
