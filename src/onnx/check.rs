//! Trying a model: it is loaded and run once, on a sentence, a second of sound or a grey picture, as its role needs.

use std::borrow::Cow;

use ort::session::SessionInputValue;
use ort::value::{Tensor, TensorElementType};

use super::classifier::TextClassifier;
use super::encoder::floats;
use super::engine::Engine;
use super::error::ModelError;
use super::folder::{FolderError, ModelFolder, Precision};
use super::hub::api::printable;
use super::hub::catalogue::Role;
use super::masked::{Gap, MaskedLm, log_sum_exp, top};
use super::sentence::{SentenceEncoder, cosine};
use super::seq2seq::{Languages, Layout, TranslateError, Translator};
use super::session::{Session, SessionError};
use crate::run::interrupt::Interrupt;

/// Why a model can't be used.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// A model of one graph.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A translator.
    #[error(transparent)]
    Translate(#[from] TranslateError),
}

impl From<FolderError> for CheckError {
    fn from(error: FolderError) -> Self {
        ModelError::from(error).into()
    }
}

impl From<SessionError> for CheckError {
    fn from(error: SessionError) -> Self {
        ModelError::from(error).into()
    }
}

/// Loads a model and runs it once; gives what came out, in words. Without a role, the graphs tell it.
///
/// # Errors
/// [`CheckError`].
pub fn check(
    engine: &Engine,
    folder: &ModelFolder,
    precision: Precision,
    role: Option<Role>,
    interrupt: &Interrupt,
) -> Result<String, CheckError> {
    let role = match role {
        Some(role) => role,
        None => guess(engine, folder, precision)?,
    };
    let found = match role {
        Role::MaskedLm => masked(engine, folder, precision, interrupt)?,
        Role::SentenceEncoder => sentence(engine, folder, precision, interrupt)?,
        Role::TextClassifier => classifier(engine, folder, precision, interrupt)?,
        Role::Translator => translator(engine, folder, precision, interrupt)?,
        Role::ImageEncoder | Role::SpeechEncoder => {
            trial(engine.session(&folder.graph("model", precision)?)?)?
        }
        Role::SpeechToText => {
            // What it hears in silence is no proof of anything, so its other graphs are only loaded.
            for graph in Layout::of(folder, precision)?.files() {
                engine.session(&graph)?;
            }
            trial(engine.session(&folder.graph("encoder_model", precision)?)?)?
        }
    };
    Ok(format!("{}: {found}", role.name()))
}

/// What a model is for, as its graphs tell.
fn guess(engine: &Engine, folder: &ModelFolder, precision: Precision) -> Result<Role, ModelError> {
    if folder.find_graph("encoder_model", precision).is_some() {
        let hears = folder.json("config.json")?["model_type"] == "whisper";
        return Ok(if hears {
            Role::SpeechToText
        } else {
            Role::Translator
        });
    }
    let session = engine.session(&folder.graph("model", precision)?)?;
    let takes = |name: &str| session.input(name).is_some();
    let gives = |name: &str| session.output(name).is_some();
    // One row of numbers for each token, or for each text.
    let flat = session.output("logits").is_some_and(|port| port.shape.len() == 2);
    match () {
        () if takes("input_ids") && flat => Ok(Role::TextClassifier),
        () if takes("input_ids") && gives("logits") => Ok(Role::MaskedLm),
        () if takes("input_ids") => Ok(Role::SentenceEncoder),
        () if takes("pixel_values") => Ok(Role::ImageEncoder),
        () if takes("input_values") || takes("input_features") => Ok(Role::SpeechEncoder),
        () => Err(session
            .unfit("an input input_ids, pixel_values, input_values or input_features")
            .into()),
    }
}

fn masked(
    engine: &Engine,
    folder: &ModelFolder,
    precision: Precision,
    interrupt: &Interrupt,
) -> Result<String, ModelError> {
    let mut model = MaskedLm::open(engine, folder, precision)?;
    let gap = Gap {
        left: "I am so ",
        right: " to see you.",
    };
    let mut likely = Vec::new();
    model.score(&[gap], interrupt, |_, logits| {
        let total = log_sum_exp(logits);
        let share = |id: u32| {
            let logit = logits.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
            100.0 * (f64::from(logit) - total).exp()
        };
        likely = top(logits, 3).into_iter().map(|id| (id, share(id))).collect();
    })?;
    if !likely.iter().all(|(_, share)| share.is_finite()) {
        return Err(broken(folder, "its logits hold what is no number"));
    }
    let words = likely.iter().map(|(id, share)| {
        let word = model.tokens().token(*id)?;
        Some(format!(
            "{} {share:.0} %",
            printable(word.trim_start_matches(['Ġ', '▁']))
        ))
    });
    let Some(words) = words.collect::<Option<Vec<_>>>() else {
        return Err(broken(
            folder,
            "its graph has words that its tokenizer does not know",
        ));
    };
    let words = words.join(", ");
    Ok(format!(
        "\"I am so ... to see you.\" → {words}{}",
        alone(model.runs_alone())
    ))
}

fn sentence(
    engine: &Engine,
    folder: &ModelFolder,
    precision: Precision,
    interrupt: &Interrupt,
) -> Result<String, ModelError> {
    let mut model = SentenceEncoder::open(engine, folder, precision)?;
    let texts = [
        "I am happy to see you.",
        "I am glad to see you.",
        "The train is late.",
    ];
    let vectors = model.encode(&texts, interrupt)?;
    let size = vectors.first().map_or(0, Vec::len);
    // A vector that is no number, or all zeros, comes out as zeros.
    if vectors
        .iter()
        .any(|vector| vector.iter().all(|&value| value == 0.0))
    {
        return Err(broken(
            folder,
            "its vectors hold what is no number, or zeros alone",
        ));
    }
    let to = |other: usize| match (vectors.first(), vectors.get(other)) {
        (Some(a), Some(b)) => cosine(a, b),
        _ => 0.0,
    };
    Ok(format!(
        "{size} numbers a sentence; \"happy\" beside \"glad\" {:.2}, beside a late train {:.2}{}",
        to(1),
        to(2),
        alone(model.runs_alone())
    ))
}

fn classifier(
    engine: &Engine,
    folder: &ModelFolder,
    precision: Precision,
    interrupt: &Interrupt,
) -> Result<String, ModelError> {
    let mut model = TextClassifier::open(engine, folder, precision)?;
    let (text, other) = ("I am so happy to see you.", "I am glad to see you.");
    let (asked, found) = match model.inference() {
        Some(_) => {
            let found = model.classify_pairs(&[(text, other)], interrupt)?;
            (format!("{text:?}, {other:?}"), found.into_iter().next().flatten())
        }
        None => (
            format!("{text:?}"),
            model.classify(&[text], interrupt)?.into_iter().next(),
        ),
    };
    let mut likely: Vec<(f64, &String)> = found.into_iter().flatten().zip(model.labels()).collect();
    likely.sort_by(|a, b| b.0.total_cmp(&a.0));
    let shown: Vec<String> = likely
        .iter()
        .take(3)
        .map(|(share, label)| format!("{} {:.0} %", printable(label), 100.0 * share))
        .collect();
    Ok(format!(
        "{} labels; {asked} → {}",
        model.labels().len(),
        shown.join(", ")
    ))
}

fn translator(
    engine: &Engine,
    folder: &ModelFolder,
    precision: Precision,
    interrupt: &Interrupt,
) -> Result<String, CheckError> {
    let mut model = Translator::open(engine, folder, precision)?;
    let known: Vec<String> = model.languages().map(str::to_owned).collect();
    // A model of one pair needs no languages; of many, the usual ones are asked for, or else the first two.
    let pick = |usual: &str, other: usize| {
        let known = known
            .iter()
            .find(|code| *code == usual)
            .or_else(|| known.get(other));
        known.map(String::as_str)
    };
    let languages = pick("en", 0)
        .zip(pick("fr", 1))
        .map(|(source, target)| Languages { source, target });
    let text = "How are you today?";
    let mut settings = model.settings().clone();
    settings.max_length = settings.max_length.min(40);
    let found = model.translate(&[text], languages, &settings, interrupt)?;
    let said = match found.into_iter().next() {
        Some(Ok(hypotheses)) => hypotheses
            .into_iter()
            .next()
            .map(|best| format!("{:?}", best.text)),
        Some(Err(error)) => Some(error.to_string()),
        None => None,
    };
    let from = languages.map_or(String::new(), |languages| {
        format!(" ({} to {})", languages.source, languages.target)
    });
    Ok(format!(
        "{text:?} → {}{from}{}",
        said.unwrap_or_else(|| "nothing".to_owned()),
        alone(model.runs_alone())
    ))
}

fn broken(folder: &ModelFolder, reason: &str) -> ModelError {
    ModelError::Unsupported {
        model: folder.path().display().to_string(),
        reason: reason.to_owned(),
    }
}

fn alone(runs_alone: bool) -> &'static str {
    if runs_alone {
        "; sentences are run one by one, as its results depend on what shares a batch"
    } else {
        ""
    }
}

/// The largest input that is tried: 64 Mi numbers are 256 MiB.
const LARGEST: usize = 64 << 20;

/// Runs a graph of sound or pictures on zeros of a plausible size: a second at 16 kHz, or 224 × 224 pixels.
fn trial(mut session: Session) -> Result<String, ModelError> {
    let mut values: Vec<(Cow<'static, str>, SessionInputValue<'static>)> = Vec::new();
    for port in session.inputs() {
        let free = |axis: usize| match (port.name.as_str(), axis) {
            (_, 0) => 1,
            ("pixel_values", 1) => 3,
            ("pixel_values", _) => 224,
            // Whisper hears 30 seconds as 3,000 frames of 80 mel bands.
            ("input_features", 1) => 80,
            ("input_features", _) => 3000,
            _ => 16_000,
        };
        let sizes: Vec<usize> = port
            .shape
            .iter()
            .enumerate()
            .map(|(axis, &size)| usize::try_from(size).unwrap_or_else(|_| free(axis)))
            .collect();
        let count = sizes
            .iter()
            .try_fold(1_usize, |product, &size| product.checked_mul(size))
            .filter(|&count| count <= LARGEST);
        let Some(count) = count else {
            let expected = format!(
                "inputs of at most {LARGEST} numbers; {} takes {sizes:?}",
                port.name
            );
            return Err(session.unfit(expected).into());
        };
        let value = match port.element {
            Some(TensorElementType::Float32) => {
                Tensor::from_array((sizes, vec![0.0_f32; count])).map(Into::into)
            }
            Some(TensorElementType::Float16) => {
                Tensor::from_array((sizes, vec![half::f16::ZERO; count])).map(Into::into)
            }
            // A mask over what there is.
            Some(element @ (TensorElementType::Int64 | TensorElementType::Int32)) => {
                super::encoder::tensor(&sizes, vec![1; count], element)
            }
            _ => return Err(session.unfit("inputs of floating point or whole numbers").into()),
        };
        let value = value.map_err(|error| session.failed(error))?;
        values.push((Cow::Owned(port.name.clone()), value));
    }
    let path = session.path().to_owned();
    let names: Vec<String> = session.outputs().iter().map(|port| port.name.clone()).collect();
    let outputs = session.run(values)?;
    let fail = |reason: String| SessionError::Run {
        path: path.clone(),
        reason,
    };
    let mut shown = Vec::new();
    for name in names {
        let Some(value) = outputs.get(&name) else { continue };
        let (shape, finite) = floats(value, |output| {
            (
                output.shape.to_vec(),
                output.data.iter().all(|number| number.is_finite()),
            )
        })
        .map_err(fail)?;
        if !finite {
            return Err(fail(format!("{name} holds what is no number, for an input of zeros")).into());
        }
        shown.push(format!("{name} {shape:?}"));
    }
    Ok(shown.join(", "))
}
