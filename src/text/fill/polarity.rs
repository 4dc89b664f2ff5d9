//! Whether a fill turns around what a sentence feels: a word of the other polarity, of another emotion, or an opposite.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use vader_sentimental::SentimentIntensityAnalyzer;

use super::antonyms;
use super::emotions::{self, Emotions};

/// How far two words may lie apart on the scale −1…1. "weird" → "great" is 0.80 and "filthy" → "good" 0.44, while
/// synonyms of one strength lie within 0.3.
const FAR: f64 = 0.4;

/// Polarities of English words by the VADER lexicon (Hutto and Gilbert 2014), beside lists of emotion words and of
/// opposites; for other languages none is known, and every fill passes.
pub struct Polarity {
    english: Option<SentimentIntensityAnalyzer<'static>>,
    known: Mutex<HashMap<Box<str>, f64>>,
}

impl fmt::Debug for Polarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polarity").finish_non_exhaustive()
    }
}

impl Polarity {
    /// For sentences of a language, by its code.
    #[must_use]
    pub fn new(language: &str) -> Self {
        Polarity {
            english: (language == "en").then(SentimentIntensityAnalyzer::new),
            known: Mutex::new(HashMap::new()),
        }
    }

    /// Whether it knows the language: English.
    #[must_use]
    pub fn is_english(&self) -> bool {
        self.english.is_some()
    }

    /// −1 (most unkind) … 1 (kindest), 0 for a word without polarity.
    #[must_use]
    pub fn of(&self, word: &str) -> f64 {
        let Some(lexicon) = &self.english else {
            return 0.0;
        };
        let Ok(mut known) = self.known.lock() else {
            return lexicon.polarity_scores(word).compound;
        };
        if let Some(&value) = known.get(word) {
            return value;
        }
        let value = lexicon.polarity_scores(word).compound;
        known.insert(word.into(), value);
        value
    }

    /// Whether one word in place of the other, both in lower case, changes the polarity or the emotion of what is
    /// said, or turns it into its opposite.
    #[must_use]
    pub fn differs(&self, old: &str, new: &str) -> bool {
        if self.english.is_none() {
            return false;
        }
        let emotions = emotions::compare(old, new);
        if emotions == Emotions::Different || antonyms::opposed(old, new) {
            return true;
        }
        let (old, new) = (self.of(old), self.of(new));
        // The lexicon knows "scared" and not "afraid": of one emotion, only the sign counts.
        old * new < 0.0 || (emotions == Emotions::None && (old - new).abs() >= FAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opposite_words_differ_and_synonyms_do_not() {
        let polarity = Polarity::new("en");
        for (old, new) in [
            ("weird", "great"),
            ("filthy", "good"),
            ("love", "hate"),
            ("happy", "sad"),
            // Both are 0 in the lexicon.
            ("afraid", "ready"),
            ("young", "old"),
        ] {
            assert!(polarity.differs(old, new), "{old} {new}");
        }
        for (old, new) in [
            ("happy", "glad"),
            ("afraid", "scared"),
            ("woman", "person"),
            ("hate", "despise"),
            ("ago", "later"),
        ] {
            assert!(!polarity.differs(old, new), "{old} {new}");
        }
        assert!(!Polarity::new("de").differs("liebe", "hass"));
    }
}
