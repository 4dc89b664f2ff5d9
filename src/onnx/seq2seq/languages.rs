//! Languages of a translator and how its sources name them.

/// From which language into which, by the codes that the model uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Languages<'a> {
    /// Of the text.
    pub source: &'a str,
    /// Of the translation.
    pub target: &'a str,
}

/// Why a model can't translate between two languages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LanguageError {
    /// The model translates between many and has to be told.
    #[error(
        "found no languages, expected a source and a target: the model translates between many\nhint: it knows {known}"
    )]
    Unnamed {
        /// The codes it has.
        known: String,
    },
    /// The model does not know the language.
    #[error("found language \"{found}\", which the model does not know\nhint: it knows {known}")]
    Unknown {
        /// What was asked for.
        found: String,
        /// The codes it has.
        known: String,
    },
    /// The model translates between two others.
    #[error(
        "found {source_found} to {target_found}, expected {source_known} to {target_known}: the model translates only those"
    )]
    Pair {
        /// The source that was asked for.
        source_found: String,
        /// The target that was asked for.
        target_found: String,
        /// The model's source.
        source_known: String,
        /// The model's target.
        target_known: String,
    },
}
