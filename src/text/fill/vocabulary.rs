//! Which tokens of a masked language model are whole words that can stand alone.

use crate::onnx::tokens::Tokens;
use crate::text::language::Language;

/// The words of a vocabulary by their ids; `None` for pieces of words, signs, digits and special tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    words: Vec<Option<Box<str>>>,
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
        let words = texts
            .into_iter()
            .map(|text| {
                let text = text?;
                let word = match mark {
                    Some(mark) => text.strip_prefix(mark)?,
                    None => &text,
                };
                let whole = word.chars().count() > 1 && word.chars().all(char::is_lowercase);
                whole.then(|| word.into())
            })
            .collect();
        Vocabulary { words }
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

    /// The id of a word in lower case.
    #[must_use]
    pub fn id(&self, word: &str) -> Option<usize> {
        self.words.iter().position(|known| known.as_deref() == Some(word))
    }

    /// Its words with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &str)> {
        self.words
            .iter()
            .enumerate()
            .filter_map(|(id, word)| Some((id, word.as_deref()?)))
    }
}
