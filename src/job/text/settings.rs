//! What the recipe asks of rounds and gate, and the hashes that tell runs apart.

use serde_json::json;

use super::load::TextJob;
use super::models::Loaded;
use crate::dataset::mark::{FORMAT, RunInfo};
use crate::job::JobError;
use crate::text::fill::{PickSettings, SlotSettings};
use crate::text::gate::GateSettings;
use crate::text::rounds::RoundSettings;

impl TextJob {
    /// What attempts are made of.
    #[must_use]
    pub fn rounds(&self) -> RoundSettings {
        let text = &self.recipe.text;
        RoundSettings {
            seed: self.recipe.seed,
            attempts: text.attempts,
            p_backtranslate: text.p_backtranslate,
            count: text.fill.count,
            slots: SlotSettings {
                slots: text.fill.words,
                language: text.language,
                short_words: text.short_words.clone(),
            },
            picks: PickSettings {
                top_k: text.fill.top_k,
                temperature: text.fill.temperature,
                limits: text.gate.guarded.then_some(text.fill.limits),
            },
        }
    }

    /// What new sentences have to pass.
    #[must_use]
    pub fn gate(&self) -> GateSettings {
        let text = &self.recipe.text;
        text.gate.settings(text.threshold, text.language)
    }

    /// Hash of everything that all candidates depend on: settings, and the hash of the models.
    #[must_use]
    pub fn around(&self, models: &[u8; 32]) -> [u8; 32] {
        let text = &self.recipe.text;
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"augment text settings 1");
        hasher.update(models);
        for part in [
            format!("{:?}", self.rounds()),
            format!("{:?}", self.gate()),
            format!("{:?} {:?}", text.gate.classifier, text.case),
            format!("{:?} {}", text.translate.chains, text.translate.num_beams),
        ] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// What the rows of a run have in common.
    ///
    /// # Errors
    /// [`JobError::Recipe`].
    pub fn info(&self, loaded: &Loaded) -> Result<RunInfo, JobError> {
        let around = self.around(&loaded.hash);
        let mut index = blake3::Hasher::new();
        for utterance in &self.utterances {
            for part in [&utterance.id, &utterance.label, &utterance.text] {
                index.update(&(part.len() as u64).to_le_bytes());
                index.update(part.as_bytes());
            }
        }
        let mut plan = blake3::Hasher::new();
        plan.update(&around);
        for item in &self.plan.items {
            plan.update(self.utterances[item.source as usize].id.as_bytes());
            plan.update(item.split.name().as_bytes());
        }
        for need in &self.needs {
            plan.update(need.label.as_bytes());
            plan.update(&(need.need as u64).to_le_bytes());
            plan.update(&(need.candidates as u64).to_le_bytes());
            for source in &need.pool {
                plan.update(self.utterances[*source as usize].id.as_bytes());
            }
        }
        let recipe = self.recipe.document.path().file_name().unwrap_or_default();
        let wanted = self.plan.classes.iter();
        let text = &self.recipe.text;
        let settings = [
            ("threshold", json!(text.threshold)),
            ("attempts", json!(text.attempts)),
            ("models", json!(loaded.hashes)),
        ];
        Ok(RunInfo {
            format: FORMAT,
            kind: "text".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            numerics: loaded.numerics.clone(),
            seed: self.recipe.seed,
            recipe: recipe.to_string_lossy().into_owned(),
            recipe_hash: self.recipe.hash()?,
            index_hash: index.finalize().to_hex()[..32].to_owned(),
            plan_hash: plan.finalize().to_hex()[..32].to_owned(),
            transforms: vec!["fill".to_owned(), "translation".to_owned()],
            wanted: wanted.map(|class| (class.name.clone(), class.wanted)).collect(),
            accept_short: self.recipe.balance.accept_short,
            settings: settings
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            shard: self.shard,
        })
    }
}
