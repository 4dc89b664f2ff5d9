//! What comes in: utterances with their labels, from one of several readers.
//!
//! A reader (`folder`, `manifest`, `pattern`, `iemocap`) lists a corpus as it is; `labels::apply` then maps labels and
//! chooses classes. A listing depends on the corpus alone, never on the order in which a folder gives its
//! entries. What cannot be used is named with its reason, and the rest is read.

use std::collections::BTreeMap;
use std::path::PathBuf;

pub mod bank;
mod builder;
pub mod cache;
mod error;
pub mod folder;
pub mod iemocap;
pub mod index;
pub mod labels;
pub mod manifest;
pub mod pattern;
mod recording;
pub mod scan;
mod slug;
mod transcript;

pub use error::CorpusError;

/// The part of the dataset that an utterance belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Originals and everything that is made from them.
    Train,
    /// Held-out originals for choosing a model.
    Validation,
    /// Held-out originals for the last measurement.
    Test,
}

impl Split {
    /// All splits, in the order in which they are listed.
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

    /// The folder and the word used for this split in a dataset.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }

    /// Reads the names that corpora use: `train`, `training`, `valid`, `validation`, `val`, `dev`, `test`, ...
    #[must_use]
    pub fn parse(word: &str) -> Option<Split> {
        match word.trim().to_ascii_lowercase().as_str() {
            "train" | "training" => Some(Split::Train),
            "validation" | "valid" | "val" | "dev" | "development" => Some(Split::Validation),
            "test" | "testing" | "eval" | "evaluation" => Some(Split::Test),
            _ => None,
        }
    }
}

/// One recording with its label, as a reader found it. Empty strings stand for what the corpus does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Utterance {
    /// Source id: the corpus-relative path without extension (`/` between folders), or the manifest's own id.
    pub id: String,
    /// Where the audio is.
    pub audio: PathBuf,
    /// The label, as it is in the corpus.
    pub label: String,
    /// The transcript.
    pub text: String,
    /// The speaker.
    pub speaker: String,
    /// The recording session.
    pub session: String,
    /// The split that the corpus itself names.
    pub split: Option<Split>,
}

/// Something that a reader found and could not use, with the reason in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Source id; the corpus-relative path of a file that gets none; `file:line` for a row.
    pub id: String,
    /// What is wrong with it.
    pub reason: String,
}

/// What a reader found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Utterances, sorted by id, ids unique.
    pub utterances: Vec<Utterance>,
    /// Rows and files that could not be used, in the order of the corpus.
    pub skipped: Vec<Skipped>,
}

impl Listing {
    /// How many entries were skipped for each reason, the most frequent first.
    #[must_use]
    pub fn skipped_by_reason(&self) -> Vec<(&str, usize)> {
        let mut counts = BTreeMap::<&str, usize>::new();
        for skipped in &self.skipped {
            *counts.entry(&skipped.reason).or_default() += 1;
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        counts
    }
}
