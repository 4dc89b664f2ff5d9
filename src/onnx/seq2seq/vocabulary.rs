//! Texts to token ids and back for Marian and M2M100 translators, as transformers' own tokenizers do it.
//!
//! What a user writes is text: special tokens are added here, and their names in a text mean nothing.

use std::collections::HashSet;
use std::path::PathBuf;

use super::languages::{LanguageError, Languages};
use super::naming::{Frame, Naming};
use super::pieces::Pieces;
use super::special::SpecialFiles;
use crate::onnx::folder::{FolderError, ModelFolder};
use crate::onnx::tokens::TokenError;

/// The tokenizer of a translator.
#[derive(Debug)]
pub struct Vocabulary {
    pieces: Pieces,
    naming: Naming,
    end: u32,
    /// The ids that have no text.
    silent: HashSet<u32>,
    tidy: bool,
    files: Vec<PathBuf>,
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
        let (pieces, mut files) = Pieces::open(folder, kind, &special)?;
        let name = special.named("eos_token", "</s>");
        let end = pieces.id(&name).ok_or_else(|| FolderError::File {
            path: files.last().unwrap_or(&folder.path().to_owned()).clone(),
            reason: format!("has no {name}, the eos_token"),
        })?;
        let naming = match kind {
            Kind::Marian => Naming::marian(pieces.tokens(), &special),
            Kind::M2m100 => Naming::m2m100(folder, pieces.size(), &special)?,
        };
        files.extend(special.files(folder));
        Ok(Vocabulary {
            silent: silent(&special, &pieces, &naming),
            // A tokenizer.json does this itself if it is wanted.
            tidy: special.tidy() && pieces.size().is_some(),
            pieces,
            naming,
            end,
            files,
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
        let mut text = text;
        if frame.named_in_text
            && let Some((code, rest)) = leading_code(text)
            && let Some(id) = self.pieces.id(code)
        {
            ids.push(id);
            text = rest;
        }
        ids.extend(self.pieces.encode(text)?);
        if let Some(limit) = limit {
            ids.truncate(limit.saturating_sub(1));
        }
        ids.push(self.end);
        Ok(ids)
    }

    /// The text of ids, without special tokens.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenError> {
        let shown: Vec<u32> = ids
            .iter()
            .copied()
            .filter(|id| !self.silent.contains(id))
            .collect();
        let text = self.pieces.decode(&shown)?;
        let text = if self.tidy { tidied(&text) } else { text };
        Ok(text.trim().to_owned())
    }
}

/// `>>fra<<` at the beginning of a text, and what follows.
fn leading_code(text: &str) -> Option<(&str, &str)> {
    let end = text.strip_prefix(">>")?.find("<<")? + 4;
    text.split_at_checked(end)
}

/// The ids that have no text.
fn silent(special: &SpecialFiles, pieces: &Pieces, naming: &Naming) -> HashSet<u32> {
    let roles = [
        ("eos_token", "</s>"),
        ("unk_token", "<unk>"),
        ("pad_token", "<pad>"),
        ("bos_token", "<s>"),
    ];
    let named = roles.map(|(role, usual)| special.named(role, usual));
    let mut ids: HashSet<u32> = named.iter().filter_map(|name| pieces.id(name)).collect();
    ids.extend(
        special
            .additional()
            .into_iter()
            .filter_map(|name| pieces.id(name)),
    );
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
