//! `refused.jsonl`: what was asked for and not made, and why.

use serde::{Deserialize, Serialize};

use super::row::Row;

/// When something was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// By the reader: a row or file of the corpus that can't be used.
    Corpus,
    /// By the index: audio that can't be used.
    Index,
    /// By the plan: a draw that can't be made, or a source that would leak. Another took its place.
    Plan,
    /// After it was made: it says what another sentence says. Another took its place.
    Choice,
    /// While the item was made. Making it again would not help.
    Item,
    /// Not a refusal: making it failed, and is tried again by the next run.
    Failed,
}

/// A row of `refused.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refused {
    /// Id of the item, or of the source where no item was planned.
    pub id: String,
    /// The source.
    pub source_id: String,
    /// Its label; empty if the reader could not tell.
    pub label: String,
    /// The transform's name; `original` for a source.
    pub transform: String,
    /// When.
    pub stage: Stage,
    /// Why.
    pub reason: String,
    /// Fingerprint of the item, for [`Stage::Item`]: it is not tried again as long as this stays the same.
    pub fingerprint: String,
    /// The rank of a new sentence among the candidates of its class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u64>,
}

impl Refused {
    /// A sentence that was made, and says what an original or a sentence of a lower rank says.
    #[must_use]
    pub fn repeated(row: Row, rank: u64) -> Self {
        Refused {
            id: row.id,
            source_id: row.source_id,
            label: row.label,
            transform: row.transform,
            stage: Stage::Choice,
            reason: "says what another sentence says".to_owned(),
            fingerprint: row.fingerprint,
            rank: Some(rank),
        }
    }
}
