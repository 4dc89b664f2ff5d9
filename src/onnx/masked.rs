//! Masked language models: which words are likely in a gap of a text (Devlin et al. 2019).

use super::batch::batches;
use super::encoder::Encoder;
use super::engine::Engine;
use super::error::ModelError;
use super::folder::{ModelFolder, Precision};
use super::tokens::Tokens;
use crate::run::interrupt::Interrupt;

/// Texts of one run at most, and tokens where the head is computed for one of each text.
const ROWS: usize = 32;
const TOKENS: usize = 4096;
/// Numbers in the output of a head that is computed for all tokens: 64 MiB.
const NUMBERS: usize = 16 << 20;

/// A text with one gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap<'a> {
    /// What stands before the gap, with the blank between.
    pub left: &'a str,
    /// What stands behind it, with the blank between.
    pub right: &'a str,
}

/// A loaded masked language model.
#[derive(Debug)]
pub struct MaskedLm {
    encoder: Encoder,
    tokens: Tokens,
    hash: String,
}

impl MaskedLm {
    /// Loads the model of a folder.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn open(engine: &Engine, folder: &ModelFolder, precision: Precision) -> Result<Self, ModelError> {
        let graph = folder.graph("model", precision)?;
        let tokens = Tokens::open_masked(folder)?;
        let encoder = Encoder::open_cut(engine, &graph)?;
        if encoder.session().output("logits").is_none() {
            return Err(encoder.session().unfit("an output logits").into());
        }
        let hash = folder.hash(&[graph, folder.file("tokenizer.json")?])?;
        Ok(MaskedLm {
            encoder,
            tokens,
            hash,
        })
    }

    /// The tokenizer, whose ids the scores are about.
    #[must_use]
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// A hash of the graph and the tokenizer. 64 hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Whether texts are run one by one, because the model's numbers depend on what else is in a batch.
    #[must_use]
    pub fn runs_alone(&self) -> bool {
        self.encoder.runs_alone()
    }

    /// Shows to `take` the logits of every token of the vocabulary in each gap, with the gap's index; the gaps come
    /// in no particular order, and none's logits depend on the others.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn score(
        &mut self,
        gaps: &[Gap<'_>],
        interrupt: &Interrupt,
        mut take: impl FnMut(usize, &[f32]),
    ) -> Result<(), ModelError> {
        let mut rows = Vec::with_capacity(gaps.len());
        for gap in gaps {
            rows.push(self.tokens.encode_gap(gap.left, gap.right)?);
        }
        let lengths: Vec<usize> = rows.iter().map(|(row, _)| row.len()).collect();
        let tokens = match self.encoder.is_cut() {
            true => TOKENS,
            false => NUMBERS / self.tokens.size().max(1),
        };
        for batch in batches(&lengths, self.encoder.limits(ROWS, tokens)) {
            if interrupt.stopped() {
                return Err(ModelError::Interrupted);
            }
            let ids: Vec<&[u32]> = batch.iter().map(|&row| rows[row].0.as_slice()).collect();
            let gaps: Vec<usize> = batch.iter().map(|&row| rows[row].1).collect();
            let pad = self.tokens.pad();
            let is_cut = self.encoder.is_cut();
            let fits = self.encoder.run_at(&ids, &gaps, pad, "logits", |output| {
                let &[count, width, size] = output.shape else {
                    return false;
                };
                if count != batch.len() || size == 0 || output.data.len() != count * width * size {
                    return false;
                }
                for ((&row, &gap), numbers) in batch
                    .iter()
                    .zip(&gaps)
                    .zip(output.data.chunks_exact(width * size))
                {
                    let at = if is_cut { 0 } else { gap };
                    match numbers.chunks_exact(size).nth(at) {
                        Some(logits) => take(row, logits),
                        None => return false,
                    }
                }
                true
            })?;
            if !fits {
                let session = self.encoder.session();
                return Err(session
                    .failed("logits have another shape than its inputs ask for")
                    .into());
            }
        }
        Ok(())
    }
}

/// The natural logarithm of Σ exp: a logit minus it is the logarithm of a probability.
#[must_use]
pub fn log_sum_exp(logits: &[f32]) -> f64 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    if !highest.is_finite() {
        return f64::from(highest);
    }
    let highest = f64::from(highest);
    let sum: f64 = logits
        .iter()
        .map(|&logit| (f64::from(logit) - highest).exp())
        .sum();
    highest + sum.ln()
}

/// The ids of the `count` highest logits, highest first; equal ones by their ids.
#[must_use]
pub fn top(logits: &[f32], count: usize) -> Vec<u32> {
    let mut ids: Vec<u32> = (0..logits.len())
        .filter_map(|id| u32::try_from(id).ok())
        .collect();
    let higher = |a: &u32, b: &u32| logits[*b as usize].total_cmp(&logits[*a as usize]).then(a.cmp(b));
    if count < ids.len() {
        ids.select_nth_unstable_by(count, higher);
        ids.truncate(count);
    }
    ids.sort_unstable_by(higher);
    ids
}
