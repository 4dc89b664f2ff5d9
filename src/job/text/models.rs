//! The models of a run, found, loaded and hashed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

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
use crate::recipe::{Backend, TextRecipe, TextSection};
use crate::run::interrupt::Interrupt;
use crate::run::numerics;
use crate::text::fill::{FillGuards, Slots, Vocabulary};
use crate::text::label_gate::LabelGate;
use crate::text::models::RoundError;
use crate::text::translate::{BackendError, Chains, Pair};

use super::translators::{self, Checks, Needs};

/// Why the models of a run can't be had.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// A name that means no model.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Settings of the hub that make no sense.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// A folder that is named as a model and is none.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// Models that are not installed.
    #[error(transparent)]
    Missing(#[from] Missing),
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

/// Models that are not installed.
#[derive(Debug, PartialEq, Eq)]
pub struct Missing(pub Vec<ResolveError>);

impl std::error::Error for Missing {}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&errors.join("\n"))
    }
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

/// The model that translates every hop where the recipe names none.
const TRANSLATOR: &str = "m2m100-418M";

/// Finds the models that a recipe needs; nothing is loaded yet.
///
/// # Errors
/// [`ModelsError`]; models that are not installed are all named, with their sizes and the commands that get them.
pub fn find(recipe: &TextRecipe, checks: Checks) -> Result<Places, ModelsError> {
    let mut finder = Finder {
        environment: Environment::of_process()?,
        base: recipe.base(),
        missing: Vec::new(),
    };
    let text = &recipe.text;
    let gate = finder.folder(&text.gate.model, Role::SentenceEncoder, text.gate.precision)?;
    // Translations are read by it, too.
    let reads = text.gate.fluency > 0.0;
    let fill = match text.p_backtranslate < 1.0 || reads {
        true => finder.folder(&text.fill.model, Role::MaskedLm, text.fill.precision)?,
        false => None,
    };
    let classifier = match &text.gate.classifier {
        Some(section) => finder.folder(&section.model, Role::TextClassifier, section.precision)?,
        None => None,
    };
    let translators = match (text.p_backtranslate > 0.0, text.translate.backend) {
        (false, _) => None,
        (true, Backend::Onnx) => {
            let mut hops = Vec::new();
            for pair in Pair::of_chains(&text.translate.chains) {
                let name = translator(&text.translate.models, &pair);
                let found = finder.folder(&name, Role::Translator, Precision::Fp32)?;
                hops.extend(found.map(|(folder, _)| (pair, folder)));
            }
            Some(Needs::Models(hops))
        }
        (true, _) => {
            if checks == Checks::Early {
                translators::check(&text.translate)?;
            }
            Some(Needs::Nothing)
        }
    };
    match (gate, finder.missing.is_empty()) {
        (Some(gate), true) => Ok(Places {
            gate,
            fill,
            classifier,
            translators,
        }),
        _ => Err(Missing(finder.missing).into()),
    }
}

/// The model of a hop: the one that is named for it, the one for any; where none is named at all, one that does all.
fn translator(models: &BTreeMap<String, String>, pair: &Pair) -> String {
    let hop = format!("{}-{}", pair.source, pair.target);
    match models.get(&hop).or_else(|| models.get("any")) {
        Some(name) => name.clone(),
        None if models.is_empty() => TRANSLATOR.to_owned(),
        None => format!("opus-mt-{hop}"),
    }
}

/// What a recipe means by the name of a model; `base` is the recipe's folder.
pub(crate) fn reference(name: &str, base: &Path) -> Result<Reference, ReferenceError> {
    Ok(match Reference::parse(name)? {
        // Paths in a recipe are relative to its file.
        Reference::Folder(path) => Reference::Folder(base.join(path)),
        other => other,
    })
}

/// The words of a masked language model that fills may take.
pub(super) fn vocabulary(model: &MaskedLm, text: &TextSection) -> Vocabulary {
    let all = Vocabulary::of(model.tokens());
    match text.fill.words {
        Slots::Content => all.content(&text.language),
        Slots::Any => all,
    }
}

struct Finder {
    environment: Environment,
    base: PathBuf,
    missing: Vec<ResolveError>,
}

impl Finder {
    /// The folder of a model; none, and a note, if it is not installed.
    fn folder(
        &mut self,
        name: &str,
        role: Role,
        precision: Precision,
    ) -> Result<Option<(ModelFolder, Precision)>, ModelsError> {
        let reference = reference(name, &self.base)?;
        match resolve(&reference, Some(role), precision, &self.environment) {
            Ok(found) => Ok(Some((found.folder, precision))),
            Err(missing @ ResolveError::NotInstalled { .. }) => {
                // One model may do several hops.
                if !self.missing.contains(&missing) {
                    self.missing.push(missing);
                }
                Ok(None)
            }
            Err(other) => Err(other.into()),
        }
    }
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
pub fn load(
    places: &Places,
    recipe: &TextRecipe,
    engine: &Engine,
    interrupt: &Interrupt,
) -> Result<Loaded, ModelsError> {
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
            let vocabulary = vocabulary(&model, text);
            if text.gate.guarded {
                let language = text.language.code;
                guards = Some(FillGuards::learn(&mut model, &vocabulary, language, interrupt)?);
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
            let chains = translators::open(recipe, needs, engine)?;
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
