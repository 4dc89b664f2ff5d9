//! `augment infer`: a trained model on new recordings and texts.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::audio::preparation::Painter;
use crate::job::model::ModelDir;
use crate::job::train::{FoundEncoder, TokenTable, TrainJobError, planes};
use crate::onnx::engine::Engine;
use crate::onnx::tokens::Tokens;
use crate::run::interrupt::Interrupt;
use crate::train::features::text::TextEncoder;
use crate::train::metrics::{largest, probabilities};
use crate::train::networks::TextBranch;
use crate::train::predict::Predictor;
use crate::train::rows::{Place, Rows};

/// What is asked about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// Its name.
    pub id: String,
    /// A recording, for a model that hears.
    pub audio: Option<PathBuf>,
    /// A text, for a model that reads.
    pub text: Option<String>,
}

/// What a model says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The question's name.
    pub id: String,
    /// The most likely label.
    pub label: String,
    /// The probability of every label, from 0 to 1.
    pub probabilities: Map<String, Value>,
}

/// A loaded model with all that prepares its inputs.
pub struct Inferrer<'a> {
    model: &'a ModelDir,
    predictor: Predictor,
    painter: Option<Painter>,
    encoder: Option<TextEncoder>,
    tokens: Option<(Tokens, usize)>,
}

impl<'a> Inferrer<'a> {
    /// Loads a model.
    ///
    /// # Errors
    /// [`TrainJobError`]: the model or its encoder does not load, or the encoder is another one than it was trained with.
    pub fn open(model: &'a ModelDir, engine: &Engine, interrupt: &Interrupt) -> Result<Self, TrainJobError> {
        let predictor = model.predictor(engine)?;
        let painter = match &model.preparation.image {
            None => None,
            Some(preparation) => Some(
                Painter::new(preparation)
                    .map_err(|error| TrainJobError::dataset(&model.path, error.to_string()))?,
            ),
        };
        let encoder = match &model.preparation.text {
            None => None,
            Some(place) => Some(FoundEncoder::of_model(model, place)?.open(place, model, engine, interrupt)?),
        };
        Ok(Inferrer {
            model,
            predictor,
            painter,
            encoder,
            tokens: match &model.preparation.tokens {
                None => None,
                Some(place) => Some((place.open(model)?, place.width)),
            },
        })
    }

    /// Answers one question.
    ///
    /// # Errors
    /// In words, what is missing or wrong with the recording or the text.
    pub fn answer(&mut self, question: &Question, interrupt: &Interrupt) -> Result<Answer, String> {
        let mut inputs = Vec::new();
        if let Some(painter) = &mut self.painter {
            let path = question
                .audio
                .as_ref()
                .ok_or("the model hears, and there is no recording (--audio)")?;
            let wrong = |reason: String| format!("{}: {reason}", path.display());
            let samples = painter.samples(path).map_err(wrong)?;
            let image = painter.rgb(&samples).map_err(|error| wrong(error.to_string()))?;
            let mut numbers = vec![0.0; image.pixels.len()];
            planes(&image.pixels, &mut numbers);
            inputs.push(numbers);
        }
        if let Some(encoder) = &mut self.encoder {
            let text = text(question)?;
            let features = encoder
                .encode(&[text], interrupt)
                .map_err(|error| error.to_string())?;
            let numbers = features.iter().flatten().map(|number| number.to_f32());
            inputs.push(numbers.collect());
        }
        let tokens = match &self.tokens {
            None => None,
            Some((tokens, width)) => {
                let names = self.model.description.network.reader().map(TextBranch::names);
                let names = names.unwrap_or_default();
                let table = TokenTable::new(tokens, &[text(question)?], *width, names);
                Some(table.map_err(|error| error.to_string())?)
            }
        };
        let one = One { inputs, tokens };
        let logits = self
            .predictor
            .logits(&one, interrupt, |_| {})
            .map_err(|error| error.to_string())?;
        let logits = logits.first().map_or(&[][..], Vec::as_slice);
        let named = self.model.labels.iter().zip(probabilities(logits));
        Ok(Answer {
            id: question.id.clone(),
            label: self
                .model
                .labels
                .get(largest(logits))
                .cloned()
                .unwrap_or_default(),
            probabilities: named.map(|(label, p)| (label.clone(), Value::from(p))).collect(),
        })
    }
}

fn text(question: &Question) -> Result<&str, String> {
    match question.text.as_deref().map(str::trim) {
        None | Some("") => Err("the model reads, and there is no text (--text)".to_owned()),
        Some(text) => Ok(text),
    }
}

/// A single row.
struct One {
    inputs: Vec<Vec<f32>>,
    tokens: Option<TokenTable>,
}

impl Rows for One {
    fn len(&self) -> usize {
        1
    }

    fn name(&self, _: usize) -> &str {
        ""
    }

    fn class(&self, _: usize) -> usize {
        0
    }

    fn fill(&self, _: usize, _: Option<u64>, inputs: &mut [Place<'_>]) -> Result<(), String> {
        for (place, numbers) in inputs.iter_mut().zip(&self.inputs) {
            let Place::F32(into) = place else {
                continue;
            };
            if into.len() != numbers.len() {
                return Err(format!(
                    "found {} numbers, the model takes {}",
                    numbers.len(),
                    into.len()
                ));
            }
            into.copy_from_slice(numbers);
        }
        // A network that takes both takes the image first.
        if let (Some(tokens), Some(rest)) = (&self.tokens, inputs.get_mut(self.inputs.len()..)) {
            tokens.fill(0, rest);
        }
        Ok(())
    }
}
