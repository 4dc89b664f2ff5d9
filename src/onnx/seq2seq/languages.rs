//! Languages of a translator and how its sources name them.

use std::collections::BTreeMap;

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

/// How languages are named to a model.
#[derive(Debug, Clone)]
pub enum Naming {
    /// Marian: one pair, or a target code such as `>>fra<<` before the text.
    Prefix {
        /// Codes and their numbers; empty for models of one pair.
        codes: BTreeMap<String, u32>,
        /// The languages of the pair, if the files tell.
        pair: Option<(String, String)>,
    },
    /// M2M100: the source's token before the text, the target's token forced at the first step.
    Tokens(BTreeMap<String, u32>),
}

/// What languages mean for a source and its translation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// Tokens before the text.
    pub before: Vec<u32>,
    /// The token that a translation is made to begin with.
    pub first: Option<u32>,
    /// Whether a text may name its target itself, by a code at its beginning.
    pub named_in_text: bool,
}

impl Naming {
    /// The codes of all languages that the model can be asked for, sorted; none for a model of one pair.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        let (Naming::Prefix { codes, .. } | Naming::Tokens(codes)) = self;
        codes.keys().map(String::as_str)
    }

    /// The frame of two languages.
    pub fn frame(&self, languages: Option<Languages<'_>>) -> Result<Frame, LanguageError> {
        match (self, languages) {
            (Naming::Prefix { .. }, None) => Ok(Frame {
                named_in_text: true,
                ..Frame::default()
            }),
            (Naming::Prefix { codes, pair }, Some(languages)) => self.prefix(codes, pair.as_ref(), languages),
            (Naming::Tokens(_), None) => Err(LanguageError::Unnamed { known: self.listed() }),
            (Naming::Tokens(tokens), Some(languages)) => Ok(Frame {
                before: vec![self.token(tokens, languages.source)?],
                first: Some(self.token(tokens, languages.target)?),
                named_in_text: false,
            }),
        }
    }

    fn prefix(
        &self,
        codes: &BTreeMap<String, u32>,
        pair: Option<&(String, String)>,
        languages: Languages<'_>,
    ) -> Result<Frame, LanguageError> {
        if let Some(&code) = codes.get(languages.target) {
            return Ok(Frame {
                before: vec![code],
                ..Frame::default()
            });
        }
        match pair {
            // Only codes of one length can be compared: "en" and "eng" are one language, "ROMANCE" is several.
            Some((source, target))
                if differ(source, languages.source) || differ(target, languages.target) =>
            {
                Err(LanguageError::Pair {
                    source_found: languages.source.to_owned(),
                    target_found: languages.target.to_owned(),
                    source_known: source.clone(),
                    target_known: target.clone(),
                })
            }
            Some((_, target)) if target == languages.target => Ok(Frame::default()),
            _ if codes.is_empty() => Ok(Frame::default()),
            _ => self.token(codes, languages.target).map(|_| Frame::default()),
        }
    }

    fn token(&self, tokens: &BTreeMap<String, u32>, code: &str) -> Result<u32, LanguageError> {
        tokens.get(code).copied().ok_or_else(|| LanguageError::Unknown {
            found: code.to_owned(),
            known: self.listed(),
        })
    }

    fn listed(&self) -> String {
        self.known().collect::<Vec<_>>().join(", ")
    }
}

fn differ(known: &str, asked: &str) -> bool {
    let plain = |code: &str| code.len() <= 3 && code.chars().all(|c| c.is_ascii_lowercase());
    plain(known) && plain(asked) && known.len() == asked.len() && known != asked
}
