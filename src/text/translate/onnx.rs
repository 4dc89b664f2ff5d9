//! Models through ONNX Runtime: Marian pairs and M2M100, each hop with its own.

use std::collections::BTreeMap;

use super::error::BackendError;
use super::{Backend, Keep, Pair};
use crate::onnx::engine::Engine;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::seq2seq::{Languages, TranslateError, Translator};
use crate::run::interrupt::Interrupt;
use crate::run::numerics;
use crate::text::models::RoundError;

/// How many texts go to a model before their translations are kept: an interruption loses no more.
const BATCH: usize = 256;

/// Loaded models.
#[derive(Debug)]
pub struct Onnx {
    num_beams: usize,
    surroundings: String,
    models: Vec<Translator>,
    /// The model of a hop.
    hops: BTreeMap<Pair, usize>,
}

impl Onnx {
    /// Loads the models; one that does several hops is loaded once.
    ///
    /// # Errors
    /// [`BackendError::Model`].
    pub fn open(
        engine: &Engine,
        places: &[(Pair, ModelFolder)],
        num_beams: usize,
    ) -> Result<Self, BackendError> {
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
        Ok(Onnx {
            num_beams,
            surroundings: format!(
                "ONNX Runtime {} on {}, {}",
                engine.runtime().library.version,
                engine.taken(),
                numerics::class()
            ),
            models,
            hops,
        })
    }
}

impl Backend for Onnx {
    fn identity(&self, pair: &Pair) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"onnx 1");
        hasher.update(&(self.num_beams as u64).to_le_bytes());
        if let Some(&model) = self.hops.get(pair) {
            hasher.update(self.models[model].hash().as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    fn surroundings(&self) -> String {
        self.surroundings.clone()
    }

    fn most(&self) -> usize {
        self.num_beams
    }

    fn bills(&self) -> bool {
        false
    }

    fn translate(
        &mut self,
        pair: &Pair,
        texts: &[&str],
        interrupt: &Interrupt,
        keep: &mut Keep<'_>,
    ) -> Result<(), RoundError> {
        let Some(&index) = self.hops.get(pair) else {
            return Err(RoundError::Translator(format!("there is no model from {pair}")));
        };
        let model = &mut self.models[index];
        let mut settings = model.settings().clone();
        settings.num_beams = self.num_beams;
        settings.num_return_sequences = self.num_beams;
        // A model of one pair need not be told; one of many has to be.
        let many = model.languages().next().is_some();
        let languages = many.then_some(Languages {
            source: &pair.source,
            target: &pair.target,
        });
        for (number, batch) in texts.chunks(BATCH).enumerate() {
            let found =
                model
                    .translate(batch, languages, &settings, interrupt)
                    .map_err(|error| match error {
                        TranslateError::Model(error) => RoundError::Model(error),
                        other => RoundError::Translator(other.to_string()),
                    })?;
            let answers: Vec<_> = found
                .into_iter()
                .enumerate()
                .map(|(at, found)| {
                    let answer = found
                        .map(|best| best.into_iter().map(|one| one.text).collect())
                        .map_err(|error| error.to_string());
                    (number * BATCH + at, answer)
                })
                .collect();
            keep(&answers)?;
        }
        Ok(())
    }
}
