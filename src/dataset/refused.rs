//! `refused.jsonl`: what was asked for and not made, and why.

use serde::{Deserialize, Serialize};

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
}
