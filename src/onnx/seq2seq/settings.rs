//! How a translation is searched for.

/// When a beam search stops looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyStopping {
    /// As soon as there are as many finished translations as beams (`true`).
    Full,
    /// When no running one is likely to become better: judged by its present length (`false`).
    Likely,
    /// When no running one can become better (`"never"`).
    Never,
}

/// Drawing tokens by chance instead of taking the likeliest.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Draws are keyed by this number and the text: another number is another attempt.
    pub seed: u64,
    /// Logits are divided by it, above 0; below 1 likely tokens become likelier.
    pub temperature: f32,
    /// Only so many of the likeliest tokens are drawn from; 0 for all.
    pub top_k: usize,
    /// Only the likeliest tokens that make up this share of the probability are drawn from, above 0 to 1.
    pub top_p: f32,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling {
            seed: 0,
            temperature: 1.0,
            top_k: 50,
            top_p: 1.0,
        }
    }
}

/// All settings, with the names and meanings of transformers' `GenerationConfig`. Lengths count the token that the
/// decoder starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationSettings {
    /// Beams, from 1; 1 takes the likeliest token at each step.
    pub num_beams: usize,
    /// How many translations of a text are wanted, at most as many as beams.
    pub num_return_sequences: usize,
    /// A translation's score is the sum of its log-probabilities divided by its length to this power.
    pub length_penalty: f64,
    /// When to stop.
    pub early_stopping: EarlyStopping,
    /// The longest translation.
    pub max_length: usize,
    /// The shortest one.
    pub min_length: usize,
    /// What the logits of tokens that were used are divided by (multiplied with, below 0); 1 changes nothing.
    pub repetition_penalty: f32,
    /// Runs of so many tokens come once at most; 0 for no limit.
    pub no_repeat_ngram_size: usize,
    /// Sequences that never come.
    pub bad_words_ids: Vec<Vec<u32>>,
    /// Tokens that never come.
    pub suppress_tokens: Vec<u32>,
    /// Tokens that don't come first.
    pub begin_suppress_tokens: Vec<u32>,
    /// The first token, if it is forced; a target language takes its place.
    pub forced_bos_token_id: Option<u32>,
    /// What the longest translation ends with, if that is forced.
    pub forced_eos_token_ids: Vec<u32>,
    /// Whether what was forbidden is made up for among the rest.
    pub renormalize_logits: bool,
    /// What the decoder starts with.
    pub decoder_start_token_id: u32,
    /// What ends a translation.
    pub eos_token_ids: Vec<u32>,
    /// What fills up the encoder's rows.
    pub pad_token_id: u32,
    /// Draw tokens; for one beam only.
    pub sampling: Option<Sampling>,
}

/// Why settings can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found}, expected {expected}")]
pub struct SettingsError {
    /// The setting.
    pub found: String,
    /// What it may be.
    pub expected: String,
}

/// More beams than anybody uses: each costs memory and time of its own.
const BEAM_LIMIT: usize = 256;

impl GenerationSettings {
    /// Whether the settings make sense for a model with so many tokens and decoder positions.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn check(&self, vocabulary: usize, positions: Option<usize>) -> Result<(), SettingsError> {
        let fail = |found: String, expected: String| Err(SettingsError { found, expected });
        if !(1..=BEAM_LIMIT).contains(&self.num_beams) {
            return fail(
                format!("num_beams {}", self.num_beams),
                format!("1 to {BEAM_LIMIT}"),
            );
        }
        if self.num_return_sequences == 0 {
            return fail("num_return_sequences 0".to_owned(), "at least 1".to_owned());
        }
        match &self.sampling {
            None if self.num_return_sequences > self.num_beams => {
                return fail(
                    format!("num_return_sequences {}", self.num_return_sequences),
                    format!("at most num_beams, which is {}, or sampling", self.num_beams),
                );
            }
            Some(_) if self.num_beams > 1 => {
                return fail(
                    format!("sampling with {} beams", self.num_beams),
                    "num_beams 1".to_owned(),
                );
            }
            Some(_) if self.num_return_sequences > BEAM_LIMIT => {
                return fail(
                    format!("num_return_sequences {}", self.num_return_sequences),
                    format!("at most {BEAM_LIMIT}"),
                );
            }
            Some(sampling) => sampling.check()?,
            None => {}
        }
        if !self.length_penalty.is_finite() {
            return fail(
                format!("length_penalty {}", self.length_penalty),
                "a finite number".to_owned(),
            );
        }
        if !(self.repetition_penalty.is_finite() && self.repetition_penalty > 0.0) {
            return fail(
                format!("repetition_penalty {}", self.repetition_penalty),
                "a number above 0".to_owned(),
            );
        }
        if self.max_length < 2 || positions.is_some_and(|positions| self.max_length > positions) {
            let most = positions.map_or(String::new(), |positions| {
                format!(" to {positions}, the positions of the model")
            });
            return fail(format!("max_length {}", self.max_length), format!("2{most}"));
        }
        if self.bad_words_ids.iter().any(Vec::is_empty) {
            return fail(
                "an empty sequence in bad_words_ids".to_owned(),
                "token ids".to_owned(),
            );
        }
        match self.ids().find(|&id| id as usize >= vocabulary) {
            Some(id) => fail(
                format!("token id {id} in the settings"),
                format!("ids below {vocabulary}, the size of the vocabulary"),
            ),
            None => Ok(()),
        }
    }

    fn ids(&self) -> impl Iterator<Item = u32> {
        let one = [self.decoder_start_token_id, self.pad_token_id];
        let lists = [
            &self.suppress_tokens,
            &self.begin_suppress_tokens,
            &self.forced_eos_token_ids,
            &self.eos_token_ids,
        ];
        let lists = lists.into_iter().chain(&self.bad_words_ids).flatten().copied();
        one.into_iter().chain(self.forced_bos_token_id).chain(lists)
    }
}

impl Sampling {
    fn check(&self) -> Result<(), SettingsError> {
        let fail = |found: String, expected: &str| {
            Err(SettingsError {
                found,
                expected: expected.to_owned(),
            })
        };
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return fail(format!("temperature {}", self.temperature), "a number above 0");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return fail(format!("top_p {}", self.top_p), "above 0 to 1");
        }
        Ok(())
    }
}
