//! Translation into other languages and back.
//!
//! A [`Backend`] translates many texts by one hop; it is a model, a program or a service. [`Chains`] puts hops
//! together, asks each text of a hop once only, and keeps what came in a [`Cache`] on disk.

mod address;
mod apertium;
mod apy;
mod cache;
mod chain;
mod codes;
mod cost;
mod deepl;
mod error;
mod google;
mod http;
mod libretranslate;
mod memory;
mod onnx;
mod patience;
mod probe;
mod refused;
mod secret;
mod sending;
mod service;
mod usable;

pub use apertium::{Apertium, Mode, Modes};
pub use apy::Apy;
pub use cache::Cache;
pub use chain::Chains;
pub use cost::{Cost, Expected, estimate};
pub use deepl::DeepL;
pub use error::BackendError;
pub use google::Google;
pub use http::{HttpSettings, Remote};
pub use libretranslate::LibreTranslate;
pub use onnx::Onnx;
pub use secret::Secret;
pub use service::Service;

use super::models::RoundError;
use crate::run::interrupt::Interrupt;

/// One step of a chain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pair {
    /// The code of the language that is translated from.
    pub source: String,
    /// The code of the language that is translated to.
    pub target: String,
}

impl Pair {
    /// A hop between two languages.
    #[must_use]
    pub fn new(source: &str, target: &str) -> Self {
        Pair {
            source: source.to_owned(),
            target: target.to_owned(),
        }
    }

    /// The hops of chains, each once, in the order of first use.
    #[must_use]
    pub fn of_chains(chains: &[Vec<String>]) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        for hop in chains.iter().flat_map(|chain| chain.windows(2)) {
            if let [source, target] = hop {
                let pair = Pair::new(source, target);
                if !pairs.contains(&pair) {
                    pairs.push(pair);
                }
            }
        }
        pairs
    }
}

impl std::fmt::Display for Pair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.source, self.target)
    }
}

/// What became of one text: its translations, best first and at least one; or why there is none.
pub type Answer = Result<Vec<String>, String>;

/// Takes answers as they come: indices of texts with their answers, one slice for each batch that the backend works in.
pub type Keep<'a> = dyn FnMut(&[(usize, Answer)]) -> Result<(), RoundError> + 'a;

/// Something that translates many texts by one hop.
pub trait Backend: std::fmt::Debug {
    /// Hash of all that decides how a text is translated by a hop: the backend's name, its model or data, and how
    /// it is asked. Neither where a service is reached nor who asks is in it.
    fn identity(&self, pair: &Pair) -> [u8; 32];

    /// What translations depend on beyond the identity, such as a library's version: they are not taken from the cache
    /// where it differs.
    fn surroundings(&self) -> String {
        String::new()
    }

    /// How many translations of a text there are at most, from 1.
    fn most(&self) -> usize;

    /// Whether characters cost money or count against a quota.
    fn bills(&self) -> bool;

    /// Gets ready to translate, which costs nothing; called before texts are counted and sent.
    ///
    /// # Errors
    /// [`RoundError`]: there is no translating.
    fn ready(&mut self, interrupt: &Interrupt) -> Result<(), RoundError> {
        let _ = interrupt;
        Ok(())
    }

    /// Translates texts, none of them blank and none twice. Each answer is shown to `keep` once, in any order.
    ///
    /// # Errors
    /// [`RoundError`]; what was shown to `keep` before stands.
    fn translate(
        &mut self,
        pair: &Pair,
        texts: &[&str],
        interrupt: &Interrupt,
        keep: &mut Keep<'_>,
    ) -> Result<(), RoundError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hops_of_chains_come_once() {
        let chain = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect::<Vec<_>>();
        let pairs = Pair::of_chains(&[chain(&["en", "fr", "en"]), chain(&["en", "fr", "de", "en"])]);
        let shown: Vec<String> = pairs.iter().map(Pair::to_string).collect();
        assert_eq!(shown, ["en to fr", "fr to en", "fr to de", "de to en"]);
    }
}
