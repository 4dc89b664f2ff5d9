//! What can be wrong with a corpus as a whole. What is wrong with one file or row is a [`Skipped`](super::Skipped).

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use super::labels::MAX_SLUG;

/// Why a corpus cannot be listed. The message says what was found and what is expected; [`CorpusError::hint`]
/// what to do; [`CorpusError::key`] which key of the recipe is at fault.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A key that the reader needs is not in the recipe.
    #[error("`{key}` is missing; expected {expected}")]
    MissingKey {
        /// Key below `[corpus]`.
        key: &'static str,
        /// What it holds.
        expected: &'static str,
    },
    /// A key has a value that does not fit.
    #[error("`{key}`: found {found}; expected {expected}")]
    Setting {
        /// Key below `[corpus]`, with a dot between the parts of a nested one.
        key: String,
        /// The value, or what it leads to.
        found: String,
        /// What would fit.
        expected: String,
        /// What to do.
        hint: Option<String>,
    },
    /// A file or folder is not where the recipe says.
    #[error("`{key}`: there is no {what} {}", path.display())]
    NotFound {
        /// Key below `[corpus]`.
        key: &'static str,
        /// Where it was looked for.
        path: PathBuf,
        /// "file" or "folder", with what it should hold.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The operating system refuses to read a file or folder.
    #[error("`{key}`: cannot read {}: {error}", path.display())]
    Unreadable {
        /// Key below `[corpus]`.
        key: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// A manifest whose rows cannot be told apart.
    #[error("{}:{line}: found {found}; expected {expected}", path.display())]
    Content {
        /// The manifest.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// What is there.
        found: &'static str,
        /// What should be there.
        expected: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A manifest has no such column.
    #[error("{}: found no column {wanted}; the columns are {}", path.display(), columns_in_words(columns))]
    NoColumn {
        /// Key below `[corpus]`: `columns.label`, or `columns` where the column is not named there.
        key: String,
        /// The manifest.
        path: PathBuf,
        /// The column, or the names that were tried, in words.
        wanted: String,
        /// The columns there are; numbers for a file without a header.
        columns: Vec<String>,
        /// What to do.
        hint: Option<String>,
    },
    /// A class of the recipe has no utterance.
    #[error(
        "class `{class}` has no utterance; the labels found are {}",
        counts_in_words(found)
    )]
    EmptyClass {
        /// The class, as in `classes`.
        class: String,
        /// The labels there are, after `label_map`, with their numbers of utterances.
        found: Vec<(String, usize)>,
    },
    /// Two labels would share one folder on some file system.
    #[error(
        "the labels `{first}` and `{second}` both get the folder `{slug}`; expected labels that differ in more than case and punctuation"
    )]
    LabelCollision {
        /// The label that sorts first.
        first: String,
        /// The other one.
        second: String,
        /// The folder.
        slug: String,
        /// `classes` where both are listed there.
        key: Option<&'static str>,
    },
    /// A label from which no folder name can be made.
    #[error("the label `{label}` has no letter or digit; expected at least one, for the name of its folder")]
    EmptySlug {
        /// The label.
        label: String,
    },
    /// No utterance is left.
    #[error("the corpus has no utterance that can be used{}", reasons_in_words(reasons))]
    Nothing {
        /// Reasons with their numbers of utterances, the most frequent first.
        reasons: Vec<(String, usize)>,
    },
}

impl CorpusError {
    /// The key of the recipe's `[corpus]` table that is at fault, with a dot between the parts of a nested key.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            CorpusError::MissingKey { key, .. }
            | CorpusError::NotFound { key, .. }
            | CorpusError::Unreadable { key, .. } => Some(key),
            CorpusError::Setting { key, .. } | CorpusError::NoColumn { key, .. } => Some(key),
            CorpusError::Content { .. } => Some("path"),
            CorpusError::EmptyClass { .. } => Some("classes"),
            CorpusError::LabelCollision { key, .. } => *key,
            CorpusError::EmptySlug { .. } | CorpusError::Nothing { .. } => None,
        }
    }

    /// What to do about it, where there is something better to say than the message itself.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            CorpusError::Setting { hint, .. }
            | CorpusError::NotFound { hint, .. }
            | CorpusError::NoColumn { hint, .. } => hint.clone(),
            CorpusError::Content { hint, .. } => Some((*hint).to_owned()),
            CorpusError::EmptyClass { class, found } => {
                did_you_mean(class, found.iter().map(|(label, _)| label.as_str()))
                    .or_else(|| Some(format!("write the class as in the corpus, or map labels to it: label_map = {{ \"...\" = \"{class}\" }}")))
            }
            CorpusError::LabelCollision { first, second, .. } => {
                Some(format!("make them one class: label_map = {{ \"{second}\" = \"{first}\" }}; folder names are cut to {MAX_SLUG} characters"))
            }
            CorpusError::EmptySlug { label } => {
                Some(format!("give it a name: label_map = {{ \"{label}\" = \"...\" }}"))
            }
            CorpusError::MissingKey { .. } | CorpusError::Unreadable { .. } | CorpusError::Nothing { .. } => None,
        }
    }
}

/// The most labels, columns or reasons that a message lists.
const LISTED: usize = 20;

fn columns_in_words(columns: &[String]) -> String {
    in_words(columns.iter().map(|column| format!("`{column}`")))
}

fn counts_in_words(counts: &[(String, usize)]) -> String {
    in_words(counts.iter().map(|(label, count)| format!("`{label}` ({count})")))
}

fn reasons_in_words(reasons: &[(String, usize)]) -> String {
    let mut words = String::new();
    for (reason, count) in reasons.iter().take(5) {
        let _ = write!(words, "\n  {count} × {reason}");
    }
    words
}

fn in_words(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(LISTED);
    let mut words = items.take(LISTED).collect::<Vec<_>>().join(", ");
    if more > 0 {
        let _ = write!(words, " and {more} more");
    }
    if words.is_empty() {
        "none".to_owned()
    } else {
        words
    }
}

/// "did you mean `...`?" for the candidate that is most like `word`, where one is.
pub(super) fn did_you_mean<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let word = word.trim().to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.trim().to_lowercase();
        // A shortened form ("neu" of "neutral") is a likely slip in this field, though far by edits.
        let shortened = word.len().min(candidate.len()) >= 3
            && (word.starts_with(&candidate) || candidate.starts_with(&word));
        let edits = strsim::normalized_damerau_levenshtein(&word, &candidate);
        if shortened { edits.max(0.7) } else { edits }
    };
    candidates
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|&(likeness, _)| likeness >= 0.6)
        // The first of equals, so that the answer does not depend on anything but the order given.
        .reduce(|best, next| if next.0 > best.0 { next } else { best })
        .map(|(_, candidate)| format!("did you mean `{candidate}`?"))
}
