//! The translators of a recipe: which backend, where, and what it needs.

use std::path::PathBuf;

use crate::onnx::engine::Engine;
use crate::onnx::folder::ModelFolder;
use crate::recipe::{Backend, TextRecipe, TranslateSection};
use crate::run::folders;
use crate::text::translate::{
    self, Apertium, Apy, BackendError, Chains, DeepL, Google, HttpSettings, LibreTranslate, Onnx, Pair,
    Remote,
};

/// What a backend needs, found before any work.
#[derive(Debug)]
pub enum Needs {
    /// The models of the hops, in the order of first use.
    Models(Vec<(Pair, ModelFolder)>),
    /// Programs or a service.
    Nothing,
}

/// When the keys and addresses of services have to be there. Models and programs always have to: a run's fingerprint is
/// made of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checks {
    /// Before any work: for a run that has all of it before it.
    Early,
    /// With the first text that is not in the cache, if there is one: what is complete, or made again from the cache, needs none.
    Late,
}

/// Looks that a backend's programs, keys and addresses are there; models are found by who knows the hub.
///
/// # Errors
/// [`BackendError`].
pub fn check(section: &TranslateSection) -> Result<(), BackendError> {
    match section.backend {
        Backend::Onnx => Ok(()),
        Backend::Apertium => apertium(section).map(drop),
        other => service(other).map_or(Ok(()), |service| Remote::check(service.as_ref(), &http(section))),
    }
}

/// Loads models or finds programs, and reads what earlier runs have translated. Services are asked for nothing
/// yet.
///
/// # Errors
/// [`BackendError`].
pub fn open(recipe: &TextRecipe, needs: &Needs, engine: &Engine) -> Result<Chains, BackendError> {
    let section = &recipe.text.translate;
    let pairs = Pair::of_chains(&section.chains);
    let backend: Box<dyn translate::Backend> = match (section.backend, needs, service(section.backend)) {
        (_, Needs::Models(places), _) => Box::new(Onnx::open(engine, places, section.num_beams)?),
        (_, Needs::Nothing, Some(service)) => Box::new(Remote::new(service, &http(section), &pairs)),
        (_, Needs::Nothing, None) => Box::new(apertium(section)?),
    };
    let folder = cache(recipe)?;
    let name = section.backend.name();
    Chains::new(
        &section.chains,
        backend,
        (name, &folder),
        section.budget_characters,
    )
}

fn apertium(section: &TranslateSection) -> Result<Apertium, BackendError> {
    Apertium::open(
        &Pair::of_chains(&section.chains),
        &section.models,
        section.timeout,
    )
}

/// The service of a backend that is one.
fn service(backend: Backend) -> Option<Box<dyn translate::Service>> {
    match backend {
        Backend::Onnx | Backend::Apertium => None,
        Backend::Apy => Some(Box::new(Apy)),
        Backend::Libretranslate => Some(Box::new(LibreTranslate)),
        Backend::Deepl => Some(Box::new(DeepL)),
        Backend::Google => Some(Box::new(Google)),
    }
}

fn http(section: &TranslateSection) -> HttpSettings {
    HttpSettings {
        url: section.url.clone(),
        concurrency: section.concurrency,
        timeout: section.timeout,
        retries: section.retries,
    }
}

/// Where translations are kept.
fn cache(recipe: &TextRecipe) -> Result<PathBuf, BackendError> {
    match &recipe.text.translate.cache {
        Some(folder) => Ok(recipe.base().join(folder)),
        None => folders::cache()
            .map(|cache| cache.join("translations"))
            .ok_or(BackendError::NoCache),
    }
}
