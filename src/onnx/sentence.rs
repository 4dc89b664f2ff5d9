//! Sentence encoders: a text to a vector of length 1 whose cosine with another says how close they are in meaning.
//!
//! The mean of the token vectors, then L2, as sentence-transformers computes it (Reimers and Gurevych 2019). Of a
//! text longer than the model takes, every window is read and the mean is over all tokens.

use std::fmt;
use std::str::FromStr;

use super::batch::{Limits, batches};
use super::encoder::{Encoder, Output};
use super::engine::Engine;
use super::error::ModelError;
use super::folder::{ModelFolder, Precision};
use super::session::Session;
use super::tokens::Tokens;
use crate::run::interrupt::Interrupt;

/// Texts of one run at most, and tokens: more gain nothing on a processor.
const ROWS: usize = 32;
const TOKENS: usize = 4096;

/// Which vector of a text a caller wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pooling {
    /// What the folder says: see [`SentenceEncoder::open`].
    #[default]
    Auto,
    /// The mean of the token vectors.
    Mean,
    /// The vector of the first token, `[CLS]` in BERT.
    First,
}

impl fmt::Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pooling::Auto => "auto",
            Pooling::Mean => "mean",
            Pooling::First => "first",
        })
    }
}

impl FromStr for Pooling {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Pooling::Auto, Pooling::Mean, Pooling::First]
            .into_iter()
            .find(|pooling| pooling.to_string() == text)
            .ok_or_else(|| format!("found pooling \"{text}\", expected auto, mean or first"))
    }
}

/// How token vectors become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Their mean.
    Mean,
    /// The first one.
    First,
    /// The graph does it.
    Graph,
}

/// A loaded sentence encoder.
#[derive(Debug)]
pub struct SentenceEncoder {
    encoder: Encoder,
    tokens: Tokens,
    output: String,
    way: Way,
    size: Option<usize>,
    hash: String,
}

impl SentenceEncoder {
    /// Loads the encoder of a folder: its token vectors, pooled as `1_Pooling/config.json` says (the mean without it).
    /// Where the graph gives none, or `modules.json` names further layers, its own `sentence_embedding` is taken.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn open(engine: &Engine, folder: &ModelFolder, precision: Precision) -> Result<Self, ModelError> {
        Self::open_with(engine, folder, precision, Pooling::Auto)
    }

    /// The same with another pooling than the folder's own.
    ///
    /// # Errors
    /// [`ModelError`]; also when the mean or the first of the token vectors is asked for and the graph gives none.
    pub fn open_with(
        engine: &Engine,
        folder: &ModelFolder,
        precision: Precision,
        pooling: Pooling,
    ) -> Result<Self, ModelError> {
        let graph = folder.graph("model", precision)?;
        let encoder = Encoder::open(engine, &graph)?;
        let (output, way) = choose(encoder.session(), folder, pooling)?;
        // The last dimension, where the graph states it.
        let size = encoder.session().output(output).and_then(|port| {
            let last = port.shape.last().copied().unwrap_or(0);
            usize::try_from(last).ok().filter(|&size| size > 0)
        });
        let mut files = folder.weights_of(&graph);
        files.extend([graph, folder.file("tokenizer.json")?]);
        let hash = folder.hash(&files)?;
        Ok(SentenceEncoder {
            output: output.to_owned(),
            encoder,
            tokens: Tokens::open(folder)?,
            way,
            size,
            hash,
        })
    }

    /// A hash of the graph, its weights and the tokenizer: a threshold belongs to a model. 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How vectors are pooled in fact: "mean", "first", or "graph" where the graph does it itself.
    #[must_use]
    pub fn pooled(&self) -> &'static str {
        match self.way {
            Way::Mean => "mean",
            Way::First => "first",
            Way::Graph => "graph",
        }
    }

    /// The length of its vectors, if the graph states it; otherwise known after the first run.
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        self.size
    }

    /// Its tokenizer.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Whether texts are run one by one, because the model's numbers depend on what else is in a batch.
    #[must_use]
    pub fn runs_alone(&self) -> bool {
        // Reductions over tokens within a graph add in an order that depends on how many rows there are, and a graph
        // without a mask takes padding for text.
        let unmasked = self.encoder.session().input("attention_mask").is_none();
        self.encoder.runs_alone() || unmasked || self.way == Way::Graph
    }

    fn limits(&self) -> Limits {
        let rows = if self.runs_alone() { 1 } else { ROWS };
        self.encoder.limits(rows, TOKENS)
    }

    /// The vectors of texts, in their order, each of length 1 (0 where the model gives zeros or what is no number). A
    /// vector does not depend on the other texts.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn encode(&mut self, texts: &[&str], interrupt: &Interrupt) -> Result<Vec<Vec<f32>>, ModelError> {
        let directions = self.directions(texts, interrupt)?;
        Ok(directions.into_iter().map(normalised).collect())
    }

    /// The same before they are scaled, all of one size: their lengths mean nothing, and what is no number stays so.
    ///
    /// # Errors
    /// [`ModelError`].
    pub(crate) fn directions(
        &mut self,
        texts: &[&str],
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<f64>>, ModelError> {
        let mut rows = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            rows.extend(self.tokens.encode(text)?.into_iter().map(|row| (index, row)));
        }
        let mut sums: Vec<Vec<f64>> = vec![Vec::new(); texts.len()];
        let lengths: Vec<usize> = rows.iter().map(|(_, row)| row.len()).collect();
        let mut parts: Vec<Vec<f32>> = vec![Vec::new(); rows.len()];
        for batch in batches(&lengths, self.limits()) {
            if interrupt.stopped() {
                return Err(ModelError::Interrupted);
            }
            let ids: Vec<&[u32]> = batch.iter().map(|&row| rows[row].1.as_slice()).collect();
            let way = self.way;
            let widths: Vec<usize> = ids.iter().map(|row| row.len()).collect();
            let vectors = self
                .encoder
                .run(&ids, self.tokens.pad(), &self.output, |output| {
                    pool(output, &widths, way)
                })?;
            let vectors = vectors.ok_or_else(|| {
                self.encoder.session().failed(format!(
                    "{} has another shape than its inputs ask for",
                    self.output
                ))
            })?;
            for (row, vector) in batch.into_iter().zip(vectors) {
                let size = *self.size.get_or_insert(vector.len());
                if vector.len() != size {
                    let found = format!(
                        "{} has vectors of {size} and of {} numbers",
                        self.output,
                        vector.len()
                    );
                    return Err(self.encoder.session().failed(found).into());
                }
                parts[row] = vector;
            }
        }
        // Windows weigh as much as they have tokens; they are added in their own order, whatever shared a batch.
        for ((index, row), part) in rows.iter().zip(&parts) {
            let sum = &mut sums[*index];
            sum.resize(part.len(), 0.0);
            for (sum, &value) in sum.iter_mut().zip(part) {
                *sum += f64::from(value) * row.len() as f64;
            }
        }
        Ok(sums)
    }
}

/// The cosine of two vectors of length 1, within −1…1.
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let sum: f64 = a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
    sum.clamp(-1.0, 1.0) as f32
}

/// Which output is taken, and how it is pooled.
fn choose(
    session: &Session,
    folder: &ModelFolder,
    pooling: Pooling,
) -> Result<(&'static str, Way), ModelError> {
    let first = |names: &[&'static str]| names.iter().find(|name| session.output(name).is_some()).copied();
    let of_tokens = first(&["last_hidden_state", "token_embeddings"]);
    let of_texts = first(&["sentence_embedding"]);
    let asked = match pooling {
        Pooling::Auto => None,
        Pooling::Mean => Some(Way::Mean),
        Pooling::First => Some(Way::First),
    };
    Ok(match (asked, of_tokens, of_texts) {
        (Some(way), Some(output), _) => (output, way),
        (Some(_), None, Some(own)) => {
            return Err(ModelError::Unsupported {
                model: folder.path().display().to_string(),
                reason: format!(
                    "found pooling \"{pooling}\" for a graph that gives {own} alone, expected an output \
                     last_hidden_state or token_embeddings\n\
                     hint: pooling \"auto\" takes what the graph gives"
                ),
            });
        }
        (None, Some(output), None) => (output, own_pooling(folder)?),
        (None, Some(output), Some(own)) => match own_pooling(folder) {
            Ok(way) if is_plain(folder)? => (output, way),
            _ => (own, Way::Graph),
        },
        (None, None, Some(own)) => (own, Way::Graph),
        (_, None, None) => {
            let expected = "an output last_hidden_state, token_embeddings or sentence_embedding";
            return Err(session.unfit(expected).into());
        }
    })
}

fn own_pooling(folder: &ModelFolder) -> Result<Way, ModelError> {
    let config = folder.json("1_Pooling/config.json")?;
    let modes = config.as_object().into_iter().flatten();
    let chosen: Vec<&str> = modes
        .filter(|(name, value)| name.starts_with("pooling_mode_") && value.as_bool() == Some(true))
        .map(|(name, _)| name.as_str())
        .collect();
    match chosen.as_slice() {
        [] | ["pooling_mode_mean_tokens"] => Ok(Way::Mean),
        ["pooling_mode_cls_token"] => Ok(Way::First),
        other => Err(ModelError::Unsupported {
            model: folder.path().display().to_string(),
            reason: format!(
                "found {} in 1_Pooling/config.json, expected pooling_mode_mean_tokens or pooling_mode_cls_token",
                other.join(" and ")
            ),
        }),
    }
}

/// Whether nothing but pooling and normalisation comes behind the token vectors.
fn is_plain(folder: &ModelFolder) -> Result<bool, ModelError> {
    let modules = folder.json("modules.json")?;
    let kinds = modules.as_array().into_iter().flatten().map(|module| {
        let kind = module["type"].as_str().unwrap_or_default();
        kind.rsplit('.').next().unwrap_or_default().to_owned()
    });
    Ok(kinds
        .into_iter()
        .all(|kind| ["Transformer", "Pooling", "Normalize"].contains(&kind.as_str())))
}

/// One vector a row; `None` if the output has another shape.
fn pool(output: Output<'_>, widths: &[usize], way: Way) -> Option<Vec<Vec<f32>>> {
    let Output { shape, data } = output;
    let (width, size) = match (way, shape) {
        (Way::Graph, &[rows, size]) if rows == widths.len() => (1, size),
        (Way::Mean | Way::First, &[rows, width, size]) if rows == widths.len() => (width, size),
        _ => return None,
    };
    if size == 0 || width == 0 || data.len() != widths.len() * width * size {
        return None;
    }
    let rows = data.chunks_exact(width * size).zip(widths);
    Some(
        rows.map(|(row, &length)| {
            let used = match way {
                Way::Mean => length.min(width),
                Way::First | Way::Graph => 1,
            };
            mean(&row[..used * size], size)
        })
        .collect(),
    )
}

fn mean(vectors: &[f32], size: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f64; size];
    for vector in vectors.chunks_exact(size) {
        for (sum, &value) in sum.iter_mut().zip(vector) {
            *sum += f64::from(value);
        }
    }
    let count = (vectors.len() / size).max(1) as f64;
    sum.into_iter().map(|sum| (sum / count) as f32).collect()
}

fn normalised(vector: Vec<f64>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if !(length > 0.0 && length.is_finite()) {
        // A product with 0 would keep what is no number.
        return vec![0.0; vector.len()];
    }
    let scale = 1.0 / length;
    vector.into_iter().map(|value| (value * scale) as f32).collect()
}
