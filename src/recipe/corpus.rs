//! `[corpus]`: what comes in.

use std::path::Path;

use super::{RecipeError, Table, did_you_mean};
use crate::corpus::folder::{self, FolderSettings};
use crate::corpus::iemocap::{self, IemocapSettings};
use crate::corpus::labels::{self, LabelRules};
use crate::corpus::manifest::{self, ManifestSettings, Required};
use crate::corpus::pattern::{self, PatternSettings};
use crate::corpus::{CorpusError, Listing};

/// Which reader, with its settings.
#[derive(Debug, Clone)]
pub enum CorpusKind {
    /// A folder per class.
    Folder(FolderSettings),
    /// CSV, TSV or JSONL.
    Manifest(ManifestSettings),
    /// IEMOCAP.
    Iemocap(IemocapSettings),
    /// Labels in file names.
    Pattern(PatternSettings),
}

/// The validated section.
#[derive(Debug, Clone)]
pub struct CorpusSection {
    /// The reader.
    pub kind: CorpusKind,
    /// What is done with labels.
    pub rules: LabelRules,
}

const READERS: [&str; 4] = ["folder", "manifest", "iemocap", "pattern"];
const LABEL_KEYS: [&str; 5] = ["classes", "keep", "label_map", "label_separator", "multi_label"];
const COMMON: [&str; 6] = [
    "kind",
    "classes",
    "keep",
    "label_map",
    "label_separator",
    "multi_label",
];

/// Reads `[corpus]`.
pub(super) fn read(root: &Table<'_>) -> Result<CorpusSection, RecipeError> {
    let readers = || Some(format!("kinds are {}", READERS.join(", ")));
    let Some(table) = root.table("corpus")? else {
        return Err(root.error("", "the table [corpus] is missing", readers()));
    };
    let Some(kind) = table.get::<String>("kind")? else {
        return Err(table.error("", "the key kind is missing", readers()));
    };
    let kind = match kind.as_str() {
        "folder" => CorpusKind::Folder(table.read(&COMMON)?),
        "manifest" => CorpusKind::Manifest(table.read(&COMMON)?),
        "iemocap" => CorpusKind::Iemocap(table.read(&COMMON)?),
        "pattern" => CorpusKind::Pattern(table.read(&COMMON)?),
        other => {
            let message = format!("there is no reader {other:?}");
            return Err(table.error("kind", message, did_you_mean(other, &READERS).or_else(readers)));
        }
    };
    Ok(CorpusSection {
        kind,
        rules: table.read_only(&LABEL_KEYS)?,
    })
}

impl CorpusSection {
    /// The folder that is searched for audio as a whole; a manifest and IEMOCAP name their files instead.
    #[must_use]
    pub fn searched(&self) -> Option<&Path> {
        match &self.kind {
            CorpusKind::Folder(settings) => Some(&settings.root),
            CorpusKind::Pattern(settings) => Some(&settings.root),
            CorpusKind::Manifest(_) | CorpusKind::Iemocap(_) => None,
        }
    }

    /// Lists the recordings of the corpus, labels mapped and cut to the classes; `base` is the folder of the recipe.
    ///
    /// # Errors
    /// [`CorpusError`]; [`AudioRecipe::at_corpus`](super::AudioRecipe::at_corpus) puts it at its line.
    pub fn list(&self, base: &Path) -> Result<Listing, CorpusError> {
        self.listing(base, Required::SPEECH)
    }

    /// The same for sentences: the rows of a manifest need a text instead of a recording.
    ///
    /// # Errors
    /// [`CorpusError`].
    pub fn list_texts(&self, base: &Path) -> Result<Listing, CorpusError> {
        self.listing(base, Required::SENTENCES)
    }

    fn listing(&self, base: &Path, required: Required) -> Result<Listing, CorpusError> {
        let listing = match &self.kind {
            CorpusKind::Folder(settings) => folder::list(settings, base),
            CorpusKind::Manifest(settings) => manifest::list(settings, base, required),
            CorpusKind::Iemocap(settings) => iemocap::list(settings, base),
            CorpusKind::Pattern(settings) => pattern::list(settings, base),
        }?;
        labels::apply(&self.rules, listing)
    }
}
