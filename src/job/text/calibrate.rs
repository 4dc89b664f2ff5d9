//! `augment text calibrate`: what a recipe's gate lets through at each threshold, over the bundled tables and over the
//! recipe's own corpus.

mod own;
mod places;

pub use own::{Own, Spread};
pub use places::{CalibrationPlaces, find_for_calibration};

use serde::Serialize;

use super::load::{LoadOptions, TextJob};
use super::models::ModelsError;
use crate::onnx::engine::Engine;
use crate::onnx::sentence::SentenceEncoder;
use crate::recipe::TextRecipe;
use crate::run::interrupt::Interrupt;
use crate::text::calibrate::{Example, Group, by_kind, by_length, fills, measure, pairs, thresholds};
use crate::text::fill::Polarity;
use crate::text::gate::{Gate, Pair};
use crate::text::language::Language;
use crate::text::models::RoundError;

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// The encoder can't be had.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// A model failed.
    #[error(transparent)]
    Round(#[from] RoundError),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// The encoder, as the recipe names it.
    pub encoder: String,
    /// In which numbers it computes.
    pub precision: String,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
    /// The recipe's threshold.
    pub threshold: f64,
    /// Whether the recipe asks for the guards.
    pub guarded: bool,
    /// Words on either side of a change in the second cosine, 0 for none.
    pub window_words: usize,
    /// The least second cosine.
    pub window_threshold: f64,
    /// The thresholds that the shares are for, in order.
    pub thresholds: Vec<f64>,
    /// The bundled pairs by their kind.
    pub pairs: Vec<Group>,
    /// The bundled pairs by whether the meaning is kept, and by length.
    pub lengths: Vec<Group>,
    /// The bundled fills by what was said of them.
    pub fills: Vec<Group>,
    /// The recipe's own corpus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus: Option<Own>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus_left_out: Option<String>,
}

/// Measures the bundled tables and the recipe's corpus. A corpus that can't be read is left out, with the reason.
///
/// # Errors
/// [`CalibrateError`].
pub fn calibrate(
    recipe: TextRecipe,
    places: &CalibrationPlaces,
    engine: &Engine,
    interrupt: &Interrupt,
) -> Result<Calibration, CalibrateError> {
    let text = &recipe.text;
    let mut model =
        SentenceEncoder::open(engine, &places.encoder, text.gate.precision).map_err(ModelsError::from)?;
    let thresholds = thresholds(text.threshold);
    // The bundled tables are English whatever the corpus is.
    let mut gate = Gate::new(text.gate.settings(text.threshold, Language::of("en")));
    let pairs = pairs();
    let measured = measure(&as_pairs(&pairs), &mut gate, &mut model, interrupt)?;
    let fills = fills();
    let mut of_fills = measure(&as_pairs(&fills), &mut gate, &mut model, interrupt)?;
    if text.gate.guarded {
        // Fills are guarded once more, where they are made.
        let polarity = Polarity::new("en");
        for (example, one) in fills.iter().zip(&mut of_fills) {
            let (old, new) = &example.words;
            one.guards &= !polarity.differs(&old.to_lowercase(), &new.to_lowercase());
        }
    }
    let mut found = Calibration {
        encoder: text.gate.model.clone(),
        precision: text.gate.precision.to_string(),
        hash: model.hash().to_owned(),
        threshold: text.threshold,
        guarded: text.gate.guarded,
        window_words: text.gate.window_words,
        window_threshold: text.gate.window_threshold,
        pairs: by_kind(&pairs, &measured, &thresholds),
        lengths: by_length(&pairs, &measured, &thresholds),
        fills: by_kind(&fills, &of_fills, &thresholds),
        corpus: None,
        corpus_left_out: None,
        thresholds,
    };
    match TextJob::load(recipe, LoadOptions::default()) {
        Ok(job) => {
            let filler = places::filler(places, &job.recipe.text, engine);
            match own::own(&job, &mut model, filler, &found.thresholds, interrupt)? {
                Some(own) => found.corpus = Some(own),
                None => {
                    found.corpus_left_out = Some("it has no sentence that new ones may be made of".to_owned())
                }
            }
        }
        Err(error) => found.corpus_left_out = Some(error.to_string()),
    }
    Ok(found)
}

fn as_pairs(examples: &[Example]) -> Vec<Pair<'_>> {
    let pairs = examples.iter().map(|example| Pair {
        old: &example.old,
        new: &example.new,
    });
    pairs.collect()
}
