//! Texts to token ids and back for Marian and M2M100 translators: from their SentencePiece models and vocab.json as
//! transformers' own tokenizers do it, or from tokenizer.json where a folder has only that.
//!
//! What a user writes is text: special tokens are added here, and their names in a text mean nothing.

use std::collections::HashSet;
use std::path::PathBuf;

use super::languages::{LanguageError, Languages};
use super::naming::{Frame, Naming};
use super::numbers::Numbers;
use super::special::SpecialFiles;
use crate::onnx::folder::{FolderError, ModelFolder};
use crate::onnx::spm::SentencePiece;
use crate::onnx::tokens::TokenError;

/// The tokenizer of a translator.
#[derive(Debug)]
pub struct Vocabulary {
    pieces: Pieces,
    naming: Naming,
    end: u32,
    special: HashSet<u32>,
    tidy: bool,
    files: Vec<PathBuf>,
}

#[derive(Debug)]
enum Pieces {
    Spm(Box<Spm>),
    Whole(Box<tokenizers::Tokenizer>),
}

#[derive(Debug)]
struct Spm {
    source: SentencePiece,
    target: SentencePiece,
    numbers: Numbers,
    /// Where the two languages have lists of their own.
    target_numbers: Option<Numbers>,
    unknown: u32,
}

/// The kinds of translator, as config.json names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One pair of languages, or one source and several targets.
    Marian,
    /// Many to many.
    M2m100,
}

impl Vocabulary {
    /// Reads the tokenizer's files.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn open(folder: &ModelFolder, kind: Kind) -> Result<Self, TokenError> {
        let special = SpecialFiles::open(folder)?;
        let models = match kind {
            Kind::Marian => ["source.spm", "target.spm"],
            Kind::M2m100 => ["sentencepiece.bpe.model"; 2],
        };
        let there = |name: &str| folder.path().join(name).is_file();
        let whole = "tokenizer.json";
        if there(whole) && !models.iter().all(|name| there(name) && there("vocab.json")) {
            return Self::whole(folder, kind, &special);
        }
        let separate = kind == Kind::Marian && special.config["separate_vocabs"].as_bool() == Some(true);
        let mut names = vec![models[0], models[1], "vocab.json"];
        names.extend(separate.then_some("target_vocab.json"));
        names.dedup();
        let files = names
            .iter()
            .map(|name| folder.file(name))
            .collect::<Result<Vec<_>, _>>()?;
        let numbers = Numbers::open(folder, "vocab.json")?;
        let target_numbers = separate
            .then(|| Numbers::open(folder, "target_vocab.json"))
            .transpose()?;
        let id = |role: &str, usual: &str| {
            let name = special.named(role, usual);
            numbers.id(&name).ok_or_else(|| FolderError::File {
                path: folder.path().join("vocab.json"),
                reason: format!("has no {name}, the {role}"),
            })
        };
        let (end, unknown) = (id("eos_token", "</s>")?, id("unk_token", "<unk>")?);
        let naming = match kind {
            Kind::Marian => Naming::marian(numbers.iter(), separate, &special),
            Kind::M2m100 => Naming::m2m100(folder, Some(numbers.len()), &special)?,
        };
        let silent = silent(&special, |name| numbers.id(name), &naming);
        let source = open(folder, models[0])?;
        let target = if models[0] == models[1] {
            source.clone()
        } else {
            open(folder, models[1])?
        };
        Ok(Vocabulary {
            naming,
            end,
            special: silent,
            tidy: special.config["clean_up_tokenization_spaces"].as_bool() == Some(true),
            files,
            pieces: Pieces::Spm(Box::new(Spm {
                source,
                target,
                numbers,
                target_numbers,
                unknown,
            })),
        })
    }

    fn whole(folder: &ModelFolder, kind: Kind, special: &SpecialFiles) -> Result<Self, TokenError> {
        let path = folder.file("tokenizer.json")?;
        let fail = |reason: String| TokenError::Tokenizer {
            path: path.clone(),
            reason,
        };
        let mut inner = tokenizers::Tokenizer::from_file(&path).map_err(|error| fail(error.to_string()))?;
        inner.with_padding(None);
        inner
            .with_truncation(None)
            .map_err(|error| fail(error.to_string()))?;
        inner.set_encode_special_tokens(true);
        let name = special.named("eos_token", "</s>");
        let end = inner
            .token_to_id(&name)
            .ok_or_else(|| fail(format!("has no {name}, the eos_token")))?;
        let all = inner.get_vocab(true);
        let listed = || all.iter().map(|(token, &id)| (token.as_str(), id));
        let naming = match kind {
            Kind::Marian => Naming::marian(listed(), false, special),
            Kind::M2m100 => Naming::m2m100(folder, None, special)?,
        };
        Ok(Vocabulary {
            special: silent(special, |name| inner.token_to_id(name), &naming),
            naming,
            end,
            tidy: false,
            files: vec![path],
            pieces: Pieces::Whole(Box::new(inner)),
        })
    }

    /// The files that were read, for a hash.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The codes of the languages that can be asked for; none for a model of one pair.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.naming.known()
    }

    /// What two languages put around each text.
    pub fn frame(&self, languages: Option<Languages<'_>>) -> Result<Frame, LanguageError> {
        self.naming.frame(languages)
    }

    /// The ids of a text with its frame. With a limit, what is too long is cut at its end.
    pub fn encode(&self, text: &str, frame: &Frame, limit: Option<usize>) -> Result<Vec<u32>, TokenError> {
        let mut ids = frame.before.clone();
        match &self.pieces {
            Pieces::Whole(tokenizer) => {
                let encoding = tokenizer
                    .encode_fast(text, false)
                    .map_err(|error| TokenError::Text {
                        text: text.chars().take(80).collect(),
                        reason: error.to_string(),
                    })?;
                ids.extend_from_slice(encoding.get_ids());
            }
            Pieces::Spm(spm) => {
                let mut text = text;
                if frame.named_in_text
                    && let Some((code, rest)) = leading_code(text)
                    && let Some(id) = spm.numbers.id(code)
                {
                    ids.push(id);
                    text = rest;
                }
                let pieces = spm.source.pieces(text);
                ids.extend(
                    pieces
                        .iter()
                        .map(|piece| spm.numbers.id(piece).unwrap_or(spm.unknown)),
                );
            }
        }
        if let Some(limit) = limit {
            ids.truncate(limit.saturating_sub(1));
        }
        ids.push(self.end);
        Ok(ids)
    }

    /// The text of ids, without special tokens.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenError> {
        let shown = ids.iter().copied().filter(|id| !self.special.contains(id));
        let text = match &self.pieces {
            Pieces::Whole(tokenizer) => {
                let shown: Vec<u32> = shown.collect();
                tokenizer.decode(&shown, true).map_err(|error| TokenError::Text {
                    text: format!("{ids:?}").chars().take(80).collect(),
                    reason: error.to_string(),
                })?
            }
            Pieces::Spm(spm) => {
                let numbers = spm.target_numbers.as_ref().unwrap_or(&spm.numbers);
                let pieces: Vec<&str> = shown.filter_map(|id| numbers.piece(id)).collect();
                // Pieces of the other language's model keep their mark.
                spm.target.join(&pieces).replace('\u{2581}', " ")
            }
        };
        let text = if self.tidy { tidied(&text) } else { text };
        Ok(text.trim().to_owned())
    }
}

fn open(folder: &ModelFolder, name: &str) -> Result<SentencePiece, FolderError> {
    let path = folder.file(name)?;
    SentencePiece::open(&path).map_err(|error| FolderError::File {
        path,
        reason: error.to_string(),
    })
}

/// `>>fra<<` at the beginning of a text, and what follows.
fn leading_code(text: &str) -> Option<(&str, &str)> {
    let end = text.strip_prefix(">>")?.find("<<")? + 4;
    text.split_at_checked(end)
}

/// The ids that have no text.
fn silent(special: &SpecialFiles, id: impl Fn(&str) -> Option<u32>, naming: &Naming) -> HashSet<u32> {
    let roles = [
        ("eos_token", "</s>"),
        ("unk_token", "<unk>"),
        ("pad_token", "<pad>"),
        ("bos_token", "<s>"),
    ];
    let named = roles.map(|(role, usual)| special.named(role, usual));
    let mut ids: HashSet<u32> = named.iter().filter_map(|name| id(name)).collect();
    ids.extend(special.additional().into_iter().filter_map(&id));
    if let Naming::Tokens(languages) = naming {
        ids.extend(languages.values());
    }
    ids
}

/// Takes blanks before punctuation and English endings away, as some tokenizers' settings ask for.
fn tidied(text: &str) -> String {
    let endings = [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];
    endings
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
