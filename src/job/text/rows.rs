//! Rows of sentences: originals, new ones, and those kept in place of a failure.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::load::TextJob;
use super::select::Candidate;
use crate::corpus::Split;
use crate::dataset::refused::{Refused, Stage};
use crate::dataset::row::{Row, sha256};
use crate::plan::{ORIGINAL, PlanItem, item_id, item_seed};
use crate::text::candidate::{Made, Route, Scores};
use crate::text::refusal::Reason;

/// The transform of an original that stands in place of a candidate that failed.
pub const KEPT: &str = "kept";

/// The name under which a candidate is known before its route is.
pub const CANDIDATE: &str = "text";

impl TextJob {
    /// A candidate's fingerprint: a hash of all that decides its sentence. `around` is the hash of the settings and
    /// models.
    #[must_use]
    pub fn fingerprint(&self, candidate: Candidate, around: &[u8; 32]) -> String {
        let utterance = &self.utterances[candidate.source as usize];
        let mut hasher = blake3::Hasher::new();
        hasher.update(b"augment text candidate 1");
        for part in [&utterance.id, &utterance.label, &utterance.text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(&candidate.copy.to_le_bytes());
        hasher.update(around);
        hasher.finalize().to_hex()[..32].to_owned()
    }

    /// The row of an original.
    #[must_use]
    pub fn original(&self, item: &PlanItem) -> Row {
        let text = self.utterances[item.source as usize].text.trim().to_owned();
        let mut row = self.row(item.source, ORIGINAL, 0, text);
        row.split = item.split;
        row
    }

    /// The row of a new sentence.
    #[must_use]
    pub fn made(
        &self,
        candidate: Candidate,
        made: &Made,
        fingerprint: String,
        models: &BTreeMap<&'static str, String>,
    ) -> Row {
        let mut row = self.row(
            candidate.source,
            made.route.name(),
            candidate.copy,
            self.recipe.text.case.of(&made.text),
        );
        row.fingerprint = fingerprint;
        row.attempts = Some(made.attempts);
        row.scores = Some(Scores {
            similarity: rounded(made.scores.similarity),
            window: rounded(made.scores.window),
            classifier: made.scores.classifier.map(rounded),
        });
        let parameters = match made.route {
            Route::Fill => {
                let changes = made.changes.iter().map(|change| {
                    json!({
                        "old": change.old, "new": change.new, "probability": rounded(change.probability),
                        "plausibility": rounded(change.plausibility),
                    })
                });
                json!({ "changes": changes.collect::<Vec<_>>() })
            }
            Route::Translation => {
                let start = self.recipe.text.language.code.to_owned();
                let hops = made.hops.iter().map(|hop| hop.language.clone());
                json!({ "chain": std::iter::once(start).chain(hops).collect::<Vec<_>>() })
            }
        };
        if let Value::Object(parameters) = parameters {
            row.parameters = parameters;
        }
        // Half of the digits tell models apart; run.json has all of them.
        let hashes = models.iter().filter(|(what, _)| match made.route {
            Route::Fill => **what != "translation",
            Route::Translation => **what != "fill",
        });
        let hashes = hashes.map(|(what, hash)| ((*what).to_owned(), json!(hash.get(..32).unwrap_or(hash))));
        row.parameters
            .insert("models".to_owned(), Value::Object(hashes.collect()));
        if made.route == Route::Translation {
            row.hops = Some(made.hops.clone());
        }
        row
    }

    /// The row of an original kept in place of a candidate that failed.
    #[must_use]
    pub fn kept(&self, candidate: Candidate, fingerprint: String) -> Row {
        let text = self.utterances[candidate.source as usize].text.trim().to_owned();
        let mut row = self.row(candidate.source, KEPT, candidate.copy, text);
        row.fingerprint = fingerprint;
        row.attempts = Some(self.recipe.text.attempts);
        row
    }

    /// The row of `refused.jsonl` for a candidate.
    #[must_use]
    pub fn refusal(
        &self,
        candidate: Candidate,
        reasons: &BTreeMap<Reason, u32>,
        fingerprint: String,
    ) -> Refused {
        let utterance = &self.utterances[candidate.source as usize];
        let reasons: Vec<String> = reasons
            .iter()
            .map(|(reason, count)| format!("{reason} ({count})"))
            .collect();
        Refused {
            id: item_id(&utterance.id, CANDIDATE, candidate.copy),
            source_id: utterance.id.clone(),
            label: utterance.label.clone(),
            transform: CANDIDATE.to_owned(),
            stage: Stage::Item,
            reason: reasons.join(", "),
            fingerprint,
            rank: None,
        }
    }

    fn row(&self, source: u32, transform: &str, copy: u64, text: String) -> Row {
        let utterance = &self.utterances[source as usize];
        let id = item_id(&utterance.id, transform, copy);
        Row {
            seed: item_seed(self.recipe.seed, &id),
            id,
            file: String::new(),
            split: Split::Train,
            label: utterance.label.clone(),
            sha256: sha256(text.as_bytes()),
            text,
            source_id: utterance.id.clone(),
            speaker: utterance.speaker.clone(),
            group: self.plan.groups[source as usize].clone(),
            transform: transform.to_owned(),
            copy,
            parameters: Map::new(),
            measured: Map::new(),
            fingerprint: String::new(),
            mel_path: String::new(),
            mel_sha256: String::new(),
            array_path: String::new(),
            array_sha256: String::new(),
            rank: None,
            scores: None,
            attempts: None,
            hops: None,
        }
    }
}

/// Four decimals, as scores are written.
fn rounded(score: f64) -> f64 {
    (score * 10_000.0).round() / 10_000.0
}
