//! The settings that a model's own files ask for.

use serde_json::Value;

use super::settings::{EarlyStopping, GenerationSettings, Sampling, SettingsError};
use crate::onnx::folder::{FolderError, ModelFolder};

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

#[cfg(test)]
pub(super) mod tests;
