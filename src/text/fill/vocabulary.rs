//! Which tokens of a masked language model are whole words that can stand alone.

use std::collections::HashMap;

use crate::onnx::tokens::Tokens;
use crate::text::language::Language;

/// The words of a vocabulary by their ids; `None` for pieces of words, signs, digits and special tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    words: Vec<Option<Box<str>>>,
    /// Every whole word, those of one letter and those that no fill may use among them.
    ids: HashMap<Box<str>, usize>,
}

impl Vocabulary {
    /// Reads the vocabulary of a tokenizer: WordPiece marks pieces that go on (`##ing`), byte-level BPE and
    /// SentencePiece mark those that begin a word (`Ġ`, `▁`).
    #[must_use]
    pub fn of(tokens: &Tokens) -> Self {
        let texts: Vec<Option<String>> = (0..u32::try_from(tokens.size()).unwrap_or(u32::MAX))
            .map(|id| tokens.token(id))
            .collect();
        let marked = |mark: char| {
            texts
                .iter()
                .flatten()
                .filter(|text| text.starts_with(mark))
                .count()
        };
        // Whichever mark is common is the tokenizer's.
        let mark = ['Ġ', '▁']
            .into_iter()
            .find(|&mark| marked(mark) > texts.len() / 10);
        Self::new(texts.into_iter().map(|text| {
            let text = text?;
            let word = match mark {
                Some(mark) => text.strip_prefix(mark)?,
                None => &text,
            };
            word.chars().all(char::is_lowercase).then(|| word.to_owned())
        }))
    }

    /// A vocabulary of words in lower case, in the order of their ids; `None` for what is no whole word.
    #[must_use]
    pub fn new(words: impl IntoIterator<Item = Option<String>>) -> Self {
        let mut ids = HashMap::new();
        let words = words
            .into_iter()
            .enumerate()
            .map(|(id, word)| {
                let word = word?;
                ids.entry(word.as_str().into()).or_insert(id);
                (word.chars().count() > 1).then(|| word.into())
            })
            .collect();
        Vocabulary { words, ids }
    }

    /// Without the function words and negations of a language, and its words for numbers.
    #[must_use]
    pub fn content(mut self, language: &Language) -> Self {
        for slot in &mut self.words {
            let drop = slot
                .as_deref()
                .is_some_and(|word| language.is_function(word) || language.number(word).is_some());
            if drop {
                *slot = None;
            }
        }
        self
    }

    /// The word of an id.
    #[must_use]
    pub fn word(&self, id: usize) -> Option<&str> {
        self.words.get(id)?.as_deref()
    }

    /// The id of a whole word in lower case, whether or not fills may use it.
    #[must_use]
    pub fn id(&self, word: &str) -> Option<usize> {
        self.ids.get(word).copied()
    }

    /// How many ids there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.words.len()
    }

    /// The words that fills may use, with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.words
            .iter()
            .enumerate()
            .filter_map(|(id, word)| Some((id, word.as_deref()?)))
    }
}
