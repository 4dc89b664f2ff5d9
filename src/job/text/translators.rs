//! Chains of translators through ONNX Runtime, each hop with its own model, and every hop's text remembered.

use std::collections::{BTreeMap, HashMap};

use crate::onnx::engine::Engine;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::seq2seq::{Languages, TranslateError, Translator};
use crate::recipe::TextSection;
use crate::run::interrupt::Interrupt;
use crate::text::candidate::Hop;
use crate::text::models::{BackTranslator, Request, RoundError};

/// What a hop gave for a text: the best translations, best first, or why there is none.
type Known = Result<Vec<String>, String>;

/// The translators of a recipe's chains.
#[derive(Debug)]
pub struct Translators {
    chains: Vec<Vec<String>>,
    num_beams: usize,
    models: Vec<Translator>,
    /// The model of a hop.
    hops: BTreeMap<(String, String), usize>,
    /// By hop and text, so that chains that begin alike and candidates of one source share their work.
    known: HashMap<(usize, String), Known>,
}

impl Translators {
    /// Loads the models; one that does several hops is loaded once.
    ///
    /// # Errors
    /// [`TranslateError`].
    pub fn open(
        engine: &Engine,
        places: &[((String, String), ModelFolder)],
        text: &TextSection,
    ) -> Result<Self, TranslateError> {
        let mut folders: Vec<&ModelFolder> = Vec::new();
        let (mut models, mut hops) = (Vec::new(), BTreeMap::new());
        for (pair, folder) in places {
            let index = match folders.iter().position(|known| *known == folder) {
                Some(index) => index,
                None => {
                    folders.push(folder);
                    models.push(Translator::open(engine, folder, Precision::Fp32)?);
                    models.len() - 1
                }
            };
            hops.insert(pair.clone(), index);
        }
        Ok(Translators {
            chains: text.translate.chains.clone(),
            num_beams: text.translate.num_beams,
            models,
            hops,
            known: HashMap::new(),
        })
    }

    /// Hash of the models.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for ((source, target), &model) in &self.hops {
            hasher.update(source.as_bytes());
            hasher.update(target.as_bytes());
            hasher.update(self.models[model].hash().as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Translates texts by one hop, each once whoever asks.
    fn hop(
        &mut self,
        source: &str,
        target: &str,
        texts: &[&str],
        interrupt: &Interrupt,
    ) -> Result<Vec<Known>, RoundError> {
        let pair = (source.to_owned(), target.to_owned());
        // Hops are told apart by their languages: one model may do several.
        let key = self.hops.keys().position(|known| *known == pair);
        let (Some(&index), Some(key)) = (self.hops.get(&pair), key) else {
            return Err(RoundError::Translator(format!(
                "there is no model from {source} to {target}"
            )));
        };
        let mut open: Vec<&str> = texts
            .iter()
            .filter(|text| !self.known.contains_key(&(key, (**text).to_owned())))
            .copied()
            .collect();
        open.sort_unstable();
        open.dedup();
        let model = &mut self.models[index];
        let mut settings = model.settings().clone();
        settings.num_beams = self.num_beams;
        settings.num_return_sequences = self.num_beams;
        // A model of one pair need not be told; one of many has to be.
        let languages = model
            .languages()
            .next()
            .is_some()
            .then_some(Languages { source, target });
        let found = model
            .translate(&open, languages, &settings, interrupt)
            .map_err(|error| match error {
                TranslateError::Model(error) => RoundError::Model(error),
                other => RoundError::Translator(other.to_string()),
            })?;
        for (text, found) in open.into_iter().zip(found) {
            let known = found
                .map(|best| best.into_iter().map(|one| one.text).collect())
                .map_err(|error| error.to_string());
            self.known.insert((key, text.to_owned()), known);
        }
        Ok(texts
            .iter()
            .map(|text| {
                let known = self.known.get(&(key, (*text).to_owned()));
                known
                    .cloned()
                    .unwrap_or_else(|| Err("was not translated".to_owned()))
            })
            .collect())
    }
}

impl BackTranslator for Translators {
    fn translate(
        &mut self,
        requests: &[Request],
        interrupt: &Interrupt,
    ) -> Result<Vec<Result<Vec<Hop>, String>>, RoundError> {
        let count = self.chains.len().max(1) as u64;
        let mut done: Vec<Result<Vec<Hop>, String>> = vec![Ok(Vec::new()); requests.len()];
        for (number, chain) in self.chains.clone().iter().enumerate() {
            let mine: Vec<usize> = (0..requests.len())
                .filter(|&at| requests[at].number % count == number as u64)
                .collect();
            for (step, pair) in chain.windows(2).enumerate() {
                let [source, target] = pair else { continue };
                let last = step + 2 == chain.len();
                let open: Vec<usize> = mine.iter().copied().filter(|&at| done[at].is_ok()).collect();
                let texts: Vec<String> = open
                    .iter()
                    .map(|&at| match &done[at] {
                        Ok(hops) => hops
                            .last()
                            .map_or(requests[at].text.clone(), |hop| hop.text.clone()),
                        Err(_) => String::new(),
                    })
                    .collect();
                let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
                let found = self.hop(source, target, &texts, interrupt)?;
                for (at, found) in open.into_iter().zip(found) {
                    // Another translation of the same text is the next best of the last hop.
                    let rank = if last { requests[at].number / count } else { 0 };
                    let rank = usize::try_from(rank).unwrap_or(usize::MAX);
                    let text = found.and_then(|best| {
                        best.get(rank)
                            .cloned()
                            .ok_or_else(|| format!("has no more than {} translations", best.len()))
                    });
                    match (text, &mut done[at]) {
                        (Ok(text), Ok(hops)) => hops.push(Hop {
                            language: target.clone(),
                            text,
                        }),
                        (Err(error), slot) => *slot = Err(error),
                        (Ok(_), Err(_)) => {}
                    }
                }
            }
        }
        Ok(done)
    }
}
