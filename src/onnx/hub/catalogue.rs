//! The models that have a short name.

mod entries;

pub use entries::ENTRIES;

use super::super::folder::Precision;

/// What a model is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Fills a masked word.
    MaskedLm,
    /// Gives a sentence a vector.
    SentenceEncoder,
    /// Gives a sentence, or a pair of them, a label.
    TextClassifier,
    /// Translates.
    Translator,
    /// Gives a picture a vector.
    ImageEncoder,
    /// Gives speech a vector, or its emotion.
    SpeechEncoder,
    /// Writes down what is said.
    SpeechToText,
}

impl Role {
    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Role::MaskedLm => "masked language model",
            Role::SentenceEncoder => "sentence encoder",
            Role::TextClassifier => "text classifier",
            Role::Translator => "translator",
            Role::ImageEncoder => "image encoder",
            Role::SpeechEncoder => "speech encoder",
            Role::SpeechToText => "speech to text",
        }
    }

    /// Whether the model is an encoder and a decoder, each with its graph.
    #[must_use]
    pub fn has_decoder(self) -> bool {
        matches!(self, Role::Translator | Role::SpeechToText)
    }

    /// Whether it reads or writes text, so that it needs a tokenizer.
    #[must_use]
    pub fn has_tokenizer(self) -> bool {
        !matches!(self, Role::ImageEncoder | Role::SpeechEncoder)
    }

    /// The graphs it needs, without precision and `.onnx`. A decoder may also come as `decoder_model` with
    /// `decoder_with_past_model`, or alone; see [`super::choose`].
    #[must_use]
    pub fn stems(self) -> &'static [&'static str] {
        if self.has_decoder() {
            &["encoder_model", "decoder_model_merged"]
        } else {
            &["model"]
        }
    }
}

/// What a translator translates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Languages {
    /// From one language to another, as two-letter codes.
    Pair {
        /// From.
        source: &'static str,
        /// To.
        target: &'static str,
    },
    /// Many in all directions.
    Many,
}

/// A model of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its short name.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// For a translator.
    pub languages: Option<Languages>,
    /// `ORG/NAME` on the hub.
    pub repo: &'static str,
    /// A commit where one is known to hold the files, otherwise a branch.
    pub revision: &'static str,
    /// The precisions there are, and about how many bytes each takes with everything that belongs to it.
    pub sizes: &'static [(Precision, u64)],
    /// The licence of the model, as the hub abbreviates it.
    pub licence: &'static str,
    /// One line.
    pub about: &'static str,
}

impl Entry {
    /// About how many bytes it takes; `None` if it is not known to exist in this precision.
    #[must_use]
    pub fn size(&self, precision: Precision) -> Option<u64> {
        let mut sizes = self.sizes.iter();
        sizes.find(|(p, _)| *p == precision).map(|(_, size)| *size)
    }
}

/// The model with this short name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.name == name)
}

/// The translator of the catalogue for a pair of languages: the one made for it, else the one for many.
#[must_use]
pub fn translator(source: &str, target: &str) -> Option<&'static Entry> {
    let pair = |entry: &&Entry| matches!(entry.languages, Some(Languages::Pair { source: s, target: t }) if s == source && t == target);
    let many = |entry: &&Entry| entry.languages == Some(Languages::Many);
    ENTRIES.iter().find(pair).or_else(|| ENTRIES.iter().find(many))
}

/// The short name that is nearest, if one is near.
#[must_use]
pub fn nearest(found: &str) -> Option<&'static str> {
    ENTRIES
        .iter()
        .map(|entry| {
            let distance = strsim::damerau_levenshtein(&found.to_lowercase(), &entry.name.to_lowercase());
            (distance, entry.name)
        })
        .filter(|&(distance, name)| distance <= (name.len().max(found.len()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::super::reference::{Repo, is_revision};
    use super::*;

    #[test]
    fn every_entry_can_be_asked_for() {
        let mut names: Vec<_> = ENTRIES.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ENTRIES.len());
        for entry in ENTRIES {
            assert!(Repo::new(entry.repo).is_ok(), "{}", entry.repo);
            assert!(is_revision(entry.revision), "{}", entry.revision);
            assert!(entry.size(Precision::Fp32).is_some(), "{}", entry.name);
            assert_eq!(entry.languages.is_some(), entry.role == Role::Translator);
            assert!(!entry.name.contains('/') && !entry.name.starts_with(['.', '~']));
        }
    }

    #[test]
    fn the_table_in_the_docs_is_the_catalogue() {
        let docs = include_str!("../../../docs/models.md");
        for entry in ENTRIES {
            let begin = format!("| `{}` | {}: {} |", entry.name, entry.role.name(), entry.about);
            let row = docs.lines().find(|line| line.starts_with(&begin));
            let row = row.unwrap_or_else(|| panic!("{begin}"));
            assert!(row.contains(&format!("[{}]", entry.repo)), "{row}");
            assert!(row.ends_with(&format!("| {} |", entry.licence)), "{row}");
            for &(precision, size) in entry.sizes {
                let size = super::super::error::bytes(size);
                let cell = if precision == Precision::Fp32 {
                    format!("| {size} |")
                } else {
                    format!("{precision} {size}")
                };
                assert!(row.contains(&cell), "{cell}: {row}");
            }
        }
    }

    #[test]
    fn every_hop_of_the_paper_has_a_translator() {
        for (source, target, name) in [
            ("en", "fr", "opus-mt-en-fr"),
            ("fr", "de", "opus-mt-fr-de"),
            ("de", "tr", "m2m100-418M"),
            ("tr", "en", "opus-mt-tr-en"),
        ] {
            assert_eq!(translator(source, target).unwrap().name, name);
        }
    }
}
