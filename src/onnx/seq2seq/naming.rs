//! How a model is told the languages: a code before the text, or tokens of its own.

use std::collections::BTreeMap;

use super::languages::{LanguageError, Languages};
use super::special::SpecialFiles;
use crate::onnx::folder::{FolderError, ModelFolder};

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

/// The languages of M2M100 in the order of their tokens (Fan et al. 2020).
const M2M100: &str = "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he \
    hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl \
    ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu";

/// Those of the models that were trained for the conference's task of 2021 (Tran et al. 2021).
const WMT21: &str = "en ha is ja cs ru zh de";

impl Naming {
    /// Of a Marian model, by the tokens of its vocabulary.
    pub fn marian(tokens: Vec<(String, u32)>, special: &SpecialFiles) -> Self {
        let code = |(token, id): (String, u32)| {
            let code = token.strip_prefix(">>")?.strip_suffix("<<")?;
            Some((code.to_owned(), id))
        };
        let name = |role: &str| special.word(role).map(str::to_owned);
        Naming::Prefix {
            codes: tokens.into_iter().filter_map(code).collect(),
            pair: name("source_lang").zip(name("target_lang")),
        }
    }

    /// Of an M2M100 model: by the tokens that were added to its vocabulary. Where no file lists them, they follow the
    /// vocabulary of this `size`: in the order of the special tokens, or in that of the first release.
    pub fn m2m100(
        folder: &ModelFolder,
        size: Option<usize>,
        special: &SpecialFiles,
    ) -> Result<Self, FolderError> {
        let mut found: BTreeMap<String, u32> =
            special.added(folder)?.into_iter().filter_map(language).collect();
        if found.is_empty()
            && let Some(size) = size.and_then(|size| u32::try_from(size).ok())
        {
            let listed = special
                .additional()
                .into_iter()
                .map(|token| (token.to_owned(), 0));
            let mut codes: Vec<String> = listed.filter_map(language).map(|(code, _)| code).collect();
            if codes.is_empty() {
                let wmt = special.word("language_codes") == Some("wmt21");
                let known = if wmt { WMT21 } else { M2M100 };
                codes = known.split_ascii_whitespace().map(str::to_owned).collect();
            }
            found = codes.into_iter().zip(size..).collect();
        }
        if found.is_empty() {
            return Err(FolderError::Missing {
                folder: folder.path().to_owned(),
                missing: "language tokens such as __en__ in its tokenizer's files".to_owned(),
                hint: Some(
                    "added_tokens.json, tokenizer_config.json or tokenizer.json lists them".to_owned(),
                ),
            });
        }
        Ok(Naming::Tokens(found))
    }

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

/// The code within `__fr__`, with the token's number.
fn language((token, id): (String, u32)) -> Option<(String, u32)> {
    let code = token.strip_prefix("__")?.strip_suffix("__")?;
    let plain = code.starts_with(|c: char| c.is_ascii_alphabetic())
        && code
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    plain.then(|| (code.to_owned(), id))
}

#[cfg(test)]
mod tests;
