//! Sentence encoders: a text to a vector of length 1 whose cosine with another says how close they are in meaning.
//!
//! The mean of the token vectors, then L2, as sentence-transformers computes it (Reimers and Gurevych 2019). Of a
//! text longer than the model takes, every window is read and the mean is over all tokens.

use super::batch::{Limits, batches};
use super::encoder::Encoder;
use super::engine::Engine;
use super::error::ModelError;
use super::folder::{ModelFolder, Precision};
use super::pooling::{Pooling, Way, choose, pool};
use super::tokens::Tokens;
use crate::run::interrupt::Interrupt;

/// Texts of one run at most, and tokens: more gain nothing on a processor.
const ROWS: usize = 32;
const TOKENS: usize = 4096;

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
        self.way.name()
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

fn normalised(vector: Vec<f64>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    if !(length > 0.0 && length.is_finite()) {
        // A product with 0 would keep what is no number.
        return vec![0.0; vector.len()];
    }
    let scale = 1.0 / length;
    vector.into_iter().map(|value| (value * scale) as f32).collect()
}
