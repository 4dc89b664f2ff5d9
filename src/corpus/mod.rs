//! What comes in: utterances with their labels, from one of several readers.

use std::path::PathBuf;

pub mod folder;
pub mod iemocap;
pub mod manifest;
pub mod pattern;

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
    /// Source id, or `file:line` where there is none.
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
