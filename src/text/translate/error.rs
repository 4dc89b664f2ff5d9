//! Why a backend can't be used, found before any work.

use super::Pair;
use crate::onnx::seq2seq::TranslateError;
use crate::run::atomic::FileError;

/// Why a backend can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// A program is not there.
    #[error(
        "[text.translate] backend = \"apertium\" needs the program {program}, which is not installed\nhint: {hint}"
    )]
    NotInstalled {
        /// The program.
        program: String,
        /// How to get it.
        hint: String,
    },
    /// Apertium does not translate between two languages here.
    #[error(
        "Apertium has no mode from {pair}; there are: {}\nhint: {hint}",
        listed(modes)
    )]
    NoMode {
        /// The hop.
        pair: Pair,
        /// The modes that are installed.
        modes: Vec<String>,
        /// What to install, or what else to do.
        hint: String,
    },
    /// A program does not do what it should.
    #[error("{program}: {why}")]
    Program {
        /// The program.
        program: String,
        /// What is wrong.
        why: String,
    },
    /// A key is missing.
    #[error(
        "{service} needs a key, and {variable} is not set\nhint: export {variable}=...; keys are taken from the environment only"
    )]
    NoKey {
        /// The service.
        service: &'static str,
        /// The variable that is looked at first.
        variable: &'static str,
    },
    /// A key would travel in the open.
    #[error(
        "the key for {service} would go to {host} without encryption\nhint: write https:// in [text.translate] url; plain http is for servers on this machine, or without a key"
    )]
    PlainKey {
        /// The service.
        service: &'static str,
        /// Where to.
        host: String,
    },
    /// A service can't be asked, or does not do what is wanted.
    #[error("{service} at {host}: {why}")]
    Service {
        /// The service.
        service: &'static str,
        /// Where.
        host: String,
        /// What is wrong; a hint on a line of its own.
        why: String,
    },
    /// A service does not know a hop.
    #[error("{service} does not translate from {pair}\nhint: {hint}")]
    Language {
        /// The service.
        service: &'static str,
        /// The hop.
        pair: Pair,
        /// What it knows.
        hint: String,
    },
    /// A model does not load, or not for these languages.
    #[error(transparent)]
    Model(#[from] TranslateError),
    /// The folder of translations can't be used.
    #[error(transparent)]
    Cache(#[from] FileError),
    /// There is no folder for translations.
    #[error(
        "there is no folder for translations: neither HOME nor XDG_CACHE_HOME is set\nhint: set one of them, or write [text.translate] cache = \"DIR\""
    )]
    NoCache,
}

/// Names in a row, or that there are none.
fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}
