//! The models of a run, found, loaded and hashed.

use std::collections::BTreeMap;

use crate::onnx::classifier::TextClassifier;
use crate::onnx::device::Taken;
use crate::onnx::engine::{Engine, EngineError};
use crate::onnx::error::ModelError;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::hub::catalogue::Role;
use crate::onnx::hub::environment::{Environment, EnvironmentError};
use crate::onnx::hub::installed::{ResolveError, resolve};
use crate::onnx::hub::reference::{Reference, ReferenceError};
use crate::onnx::masked::MaskedLm;
use crate::onnx::sentence::SentenceEncoder;
use crate::recipe::{Backend, TextRecipe};
use crate::run::interrupt::Interrupt;
use crate::run::numerics;
use crate::text::classifier::LabelGate;
use crate::text::fill::{FillGuards, Slots, Vocabulary};
use crate::text::models::RoundError;
use crate::text::translate::{BackendError, Chains, Pair};

use super::translators::{self, Needs};

/// Why the models of a run can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// A name that means no model.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Settings of the hub that make no sense.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A model that is not installed.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// There is no runtime, or not the device.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A model does not load.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// There is no translating as the recipe asks.
    #[error(transparent)]
    Translate(#[from] BackendError),
    /// A model fails on the sentences that it is asked about first.
    #[error(transparent)]
    Round(#[from] RoundError),
}

/// Where the models of a run are.
#[derive(Debug)]
pub struct Places {
    gate: (ModelFolder, Precision),
    fill: Option<(ModelFolder, Precision)>,
    classifier: Option<(ModelFolder, Precision)>,
    /// For translations, where the recipe asks for them.
    translators: Option<Needs>,
}

/// Finds the models that a recipe needs; nothing is loaded yet.
///
/// # Errors
/// [`ModelsError`]; a model that is not installed is named with its size and the command that gets it.
pub fn find(recipe: &TextRecipe) -> Result<Places, ModelsError> {
    let environment = Environment::of_process()?;
    let base = recipe.base();
    let folder = |name: &str, role: Role, precision: Precision| -> Result<ModelFolder, ModelsError> {
        let reference = match Reference::parse(name)? {
            // Paths in a recipe are relative to its file.
            Reference::Folder(path) => Reference::Folder(base.join(path)),
            other => other,
        };
        Ok(resolve(&reference, Some(role), precision, &environment)?.folder)
    };
    let text = &recipe.text;
    let fills = text.p_backtranslate < 1.0;
    let translates = text.p_backtranslate > 0.0;
    let translators = match (translates, text.translate.backend) {
        (false, _) => None,
        (true, Backend::Onnx) => {
            let mut hops = Vec::new();
            for pair in Pair::of_chains(&text.translate.chains) {
                let models = &text.translate.models;
                let hop = format!("{}-{}", pair.source, pair.target);
                let usual = format!("opus-mt-{hop}");
                let name = models.get(&hop).or_else(|| models.get("any")).unwrap_or(&usual);
                let found = folder(name, Role::Translator, Precision::Fp32)?;
                hops.push((pair, found));
            }
            Some(Needs::Models(hops))
        }
        (true, _) => {
            translators::check(&text.translate)?;
            Some(Needs::Nothing)
        }
    };
    Ok(Places {
        gate: (
            folder(&text.gate.model, Role::SentenceEncoder, text.gate.precision)?,
            text.gate.precision,
        ),
        fill: match fills {
            true => Some((
                folder(&text.fill.model, Role::MaskedLm, text.fill.precision)?,
                text.fill.precision,
            )),
            false => None,
        },
        classifier: match &text.gate.classifier {
            Some(section) => Some((
                folder(&section.model, Role::TextClassifier, section.precision)?,
                section.precision,
            )),
            None => None,
        },
        translators,
    })
}

/// Loaded models.
#[derive(Debug)]
pub struct Loaded {
    /// For the gate.
    pub meaning: SentenceEncoder,
    /// For fills, with the words of its vocabulary.
    pub filler: Option<(MaskedLm, Vocabulary)>,
    /// What is known of words, where fills are guarded.
    pub guards: Option<FillGuards>,
    /// For the labels of new sentences.
    pub classifier: Option<LabelGate>,
    /// For translations.
    pub translators: Option<Chains>,
    /// Hash of all of them.
    pub hash: [u8; 32],
    /// Which machines make the same bytes: class of processors, version of the runtime, kind of device.
    pub numerics: String,
    /// The hash of each by what it is for: `gate`, `fill`, `translation`.
    pub hashes: BTreeMap<&'static str, String>,
}

/// Loads the models.
///
/// # Errors
/// [`ModelsError`].
pub fn load(places: &Places, recipe: &TextRecipe, engine: &Engine) -> Result<Loaded, ModelsError> {
    let text = &recipe.text;
    let mut hashes = BTreeMap::new();
    let mut hasher = blake3::Hasher::new();
    let meaning = SentenceEncoder::open(engine, &places.gate.0, places.gate.1)?;
    hasher.update(meaning.hash().as_bytes());
    hashes.insert("gate", meaning.hash().to_owned());
    let mut guards = None;
    let filler = match &places.fill {
        None => None,
        Some((folder, precision)) => {
            let mut model = MaskedLm::open(engine, folder, *precision)?;
            hasher.update(model.hash().as_bytes());
            hashes.insert("fill", model.hash().to_owned());
            let mut vocabulary = Vocabulary::of(model.tokens());
            if text.fill.words == Slots::Content {
                vocabulary = vocabulary.content(&text.language);
            }
            if text.gate.guarded {
                let language = text.language.code;
                guards = Some(FillGuards::learn(
                    &mut model,
                    &vocabulary,
                    language,
                    &Interrupt::default(),
                )?);
            }
            Some((model, vocabulary))
        }
    };
    let classifier = match (&places.classifier, &text.gate.classifier) {
        (Some((folder, precision)), Some(section)) => {
            let model = TextClassifier::open(engine, folder, *precision)?;
            let classifier = LabelGate::new(model, section.labels.clone(), section.min_probability);
            hasher.update(&classifier.hash());
            let hash = blake3::Hash::from_bytes(classifier.hash());
            hashes.insert("classifier", hash.to_hex().to_string());
            Some(classifier)
        }
        _ => None,
    };
    let translators = match &places.translators {
        None => None,
        Some(needs) => {
            // Connecting takes some seconds at most; a second Ctrl-C ends it.
            let chains = translators::open(recipe, needs, engine, &Interrupt::default())?;
            hasher.update(&chains.hash());
            let hash = blake3::Hash::from_bytes(chains.hash());
            hashes.insert("translation", hash.to_hex().to_string());
            Some(chains)
        }
    };
    Ok(Loaded {
        meaning,
        filler,
        guards,
        classifier,
        translators,
        hash: *hasher.finalize().as_bytes(),
        numerics: class(engine),
        hashes,
    })
}

/// The class of machines that make the same sentences as this engine.
#[must_use]
pub fn class(engine: &Engine) -> String {
    let device = match engine.taken() {
        Taken::Cpu(_) => "cpu",
        Taken::Cuda(_) => "cuda",
    };
    let version = &engine.runtime().library.version;
    format!("{}+onnxruntime-{version}-{device}", numerics::class())
}
