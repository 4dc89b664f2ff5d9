//! How a translation is searched for: what the model's own files say, and what the caller changes.

use serde_json::Value;

use crate::onnx::folder::{FolderError, ModelFolder};

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

/// What transformers takes where nothing is said: 20 tokens behind the first one.
const DEFAULT_LENGTH: u64 = 20;

/// Settings that would change the result and are not supported, each with the value that changes nothing.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("constraints", "null"),
    ("diversity_penalty", "0.0"),
    ("encoder_no_repeat_ngram_size", "0"),
    ("encoder_repetition_penalty", "1.0"),
    ("epsilon_cutoff", "0.0"),
    ("eta_cutoff", "0.0"),
    ("exponential_decay_length_penalty", "null"),
    ("force_words_ids", "null"),
    ("forced_decoder_ids", "null"),
    ("guidance_scale", "1.0"),
    ("min_p", "null"),
    ("num_beam_groups", "1"),
    ("penalty_alpha", "0.0"),
    ("sequence_bias", "null"),
    ("stop_strings", "null"),
    ("typical_p", "1.0"),
    ("watermarking_config", "null"),
];

impl GenerationSettings {
    /// What the model's generation_config.json says; without that file its config.json, which also has the tokens'
    /// numbers where the first lacks them.
    ///
    /// # Errors
    /// [`FolderError::File`] for values that make no sense and for settings that are not supported.
    pub fn of(folder: &ModelFolder) -> Result<Self, FolderError> {
        let own = "generation_config.json";
        let config = folder.json("config.json")?;
        let first = folder.json(own)?;
        let has_own = folder.path().join(own).is_file();
        let file = if has_own { own } else { "config.json" };
        read(if has_own { &first } else { &config }, &config).map_err(|error| FolderError::File {
            path: folder.path().join(file),
            reason: error.to_string(),
        })
    }

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

fn read(own: &Value, config: &Value) -> Result<GenerationSettings, SettingsError> {
    for (name, neutral) in UNSUPPORTED {
        let value = &own[name];
        let harmless = value.is_null()
            || value == &Value::Bool(false)
            || value.as_f64().is_some_and(|number| Ok(number) == neutral.parse());
        if !harmless {
            return Err(SettingsError {
                found: format!("{name} {value}"),
                expected: format!("{neutral}: others are not supported"),
            });
        }
    }
    let fields = Fields { own, config };
    let start = match fields.token("decoder_start_token_id")? {
        Some(start) => Some(start),
        None => fields.token("bos_token_id")?,
    };
    let start = start.ok_or_else(|| SettingsError {
        found: "no decoder_start_token_id".to_owned(),
        expected: "the token that the decoder starts with".to_owned(),
    })?;
    let eos = fields.tokens("eos_token_id")?;
    let pad = fields
        .token("pad_token_id")?
        .or(eos.first().copied())
        .unwrap_or(start);
    let sampled = fields.flag("do_sample")?.unwrap_or(false);
    let defaults = Sampling::default();
    let sampling = Sampling {
        seed: defaults.seed,
        temperature: fields
            .number("temperature")?
            .unwrap_or(defaults.temperature.into()) as f32,
        top_k: fields.count("top_k")?.unwrap_or(defaults.top_k),
        top_p: fields.number("top_p")?.unwrap_or(defaults.top_p.into()) as f32,
    };
    let settings = GenerationSettings {
        num_beams: fields.count("num_beams")?.unwrap_or(1),
        num_return_sequences: fields.count("num_return_sequences")?.unwrap_or(1),
        length_penalty: fields.number("length_penalty")?.unwrap_or(1.0),
        early_stopping: fields.early_stopping()?,
        max_length: fields.max_length()?,
        min_length: match fields.count("min_new_tokens")? {
            Some(count) => count.saturating_add(1),
            None => fields.count("min_length")?.unwrap_or(0),
        },
        repetition_penalty: fields.number("repetition_penalty")?.unwrap_or(1.0) as f32,
        no_repeat_ngram_size: fields.count("no_repeat_ngram_size")?.unwrap_or(0),
        bad_words_ids: fields.sequences("bad_words_ids")?,
        suppress_tokens: fields.listed("suppress_tokens")?,
        begin_suppress_tokens: fields.listed("begin_suppress_tokens")?,
        forced_bos_token_id: fields.id(&own["forced_bos_token_id"], "forced_bos_token_id")?,
        forced_eos_token_ids: fields.listed("forced_eos_token_id")?,
        renormalize_logits: fields.flag("renormalize_logits")?.unwrap_or(false),
        decoder_start_token_id: start,
        eos_token_ids: eos,
        pad_token_id: pad,
        sampling: sampled.then_some(sampling),
    };
    Ok(settings)
}

/// The two files that are asked.
struct Fields<'a> {
    own: &'a Value,
    config: &'a Value,
}

impl Fields<'_> {
    fn unfit<T>(name: &str, value: &Value, expected: &str) -> Result<T, SettingsError> {
        Err(SettingsError {
            found: format!("{name} {value}"),
            expected: expected.to_owned(),
        })
    }

    fn number(&self, name: &str) -> Result<Option<f64>, SettingsError> {
        match &self.own[name] {
            Value::Null => Ok(None),
            value => match value.as_f64() {
                Some(number) => Ok(Some(number)),
                None => Self::unfit(name, value, "a number"),
            },
        }
    }

    fn count(&self, name: &str) -> Result<Option<usize>, SettingsError> {
        match &self.own[name] {
            Value::Null => Ok(None),
            value => match value.as_u64().and_then(|count| usize::try_from(count).ok()) {
                Some(count) => Ok(Some(count)),
                None => Self::unfit(name, value, "a whole number from 0"),
            },
        }
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, SettingsError> {
        match &self.own[name] {
            Value::Null => Ok(None),
            Value::Bool(flag) => Ok(Some(*flag)),
            value => Self::unfit(name, value, "true or false"),
        }
    }

    fn early_stopping(&self) -> Result<EarlyStopping, SettingsError> {
        match &self.own["early_stopping"] {
            Value::Null | Value::Bool(false) => Ok(EarlyStopping::Likely),
            Value::Bool(true) => Ok(EarlyStopping::Full),
            Value::String(word) if word == "never" => Ok(EarlyStopping::Never),
            value => Self::unfit("early_stopping", value, "true, false or \"never\""),
        }
    }

    /// As transformers has it: 20, said or not, means 20 tokens behind the first one. More positions than the model
    /// has are of no use.
    fn max_length(&self) -> Result<usize, SettingsError> {
        let positions = self.config["max_position_embeddings"]
            .as_u64()
            .unwrap_or(u64::MAX);
        let length = match self.count("max_new_tokens")? {
            Some(count) => (count as u64).saturating_add(1),
            None => match self
                .count("max_length")?
                .map_or(DEFAULT_LENGTH, |count| count as u64)
            {
                DEFAULT_LENGTH => DEFAULT_LENGTH + 1,
                length => length,
            },
        };
        Ok(usize::try_from(length.min(positions)).unwrap_or(usize::MAX))
    }

    fn id(&self, value: &Value, name: &str) -> Result<Option<u32>, SettingsError> {
        match value {
            Value::Null => Ok(None),
            value => match value.as_u64().and_then(|id| u32::try_from(id).ok()) {
                Some(id) => Ok(Some(id)),
                None => Self::unfit(name, value, "a token id"),
            },
        }
    }

    fn list(&self, value: &Value, name: &str) -> Result<Vec<u32>, SettingsError> {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        let ids = values.iter().map(|value| self.id(value, name));
        Ok(ids
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect())
    }

    fn listed(&self, name: &str) -> Result<Vec<u32>, SettingsError> {
        self.list(&self.own[name], name)
    }

    fn sequences(&self, name: &str) -> Result<Vec<Vec<u32>>, SettingsError> {
        match &self.own[name] {
            Value::Null => Ok(Vec::new()),
            Value::Array(sequences) => sequences.iter().map(|value| self.list(value, name)).collect(),
            value => Self::unfit(name, value, "lists of token ids"),
        }
    }

    /// The number of a token, which the second file tells where the first does not.
    fn token(&self, name: &str) -> Result<Option<u32>, SettingsError> {
        Ok(self.tokens(name)?.first().copied())
    }

    fn tokens(&self, name: &str) -> Result<Vec<u32>, SettingsError> {
        let own = self.listed(name)?;
        if own.is_empty() {
            return self.list(&self.config[name], name);
        }
        Ok(own)
    }
}
