//! Which of the candidates that were made become the dataset: the first ones of each class, in the order of their
//! ranks, that say what nobody says yet. A run chooses while it decides, a merge from what all shards decided; both
//! through here, so that they agree.

use std::collections::HashSet;

use crate::text::sameness;

/// What tells sentences apart: a hash of the words, short enough for millions.
pub type Key = [u8; 16];

/// The key of a sentence: the same for sentences that differ in case, contractions or punctuation alone.
#[must_use]
pub fn key(text: &str) -> Key {
    let hash = blake3::hash(sameness::key(text).as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&hash.as_bytes()[..16]);
    short
}

/// Everything that has been said: the originals of the corpus, and the new sentences that were chosen.
#[derive(Debug, Clone, Default)]
pub struct Said {
    keys: HashSet<Key>,
}

impl Said {
    /// With the keys of all originals.
    pub fn new(originals: impl Iterator<Item = Key>) -> Self {
        Said {
            keys: originals.collect(),
        }
    }

    /// All keys in order.
    #[must_use]
    pub fn sorted(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.keys.iter().copied().collect();
        keys.sort_unstable();
        keys
    }
}

/// Chooses for one class; the classes come in the order of their labels.
#[derive(Debug)]
pub struct Choice<'a> {
    said: &'a mut Said,
    missing: usize,
}

impl<'a> Choice<'a> {
    /// For a class that needs so many sentences.
    pub fn new(said: &'a mut Said, need: usize) -> Self {
        Choice { said, missing: need }
    }

    /// How many sentences are still missing.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.missing
    }

    /// Offers the candidate of the next rank; whether it is taken.
    pub fn offer(&mut self, key: Key) -> bool {
        let taken = self.missing > 0 && self.said.keys.insert(key);
        self.missing -= usize::from(taken);
        taken
    }

    /// Takes an original in place of a candidate that failed.
    pub fn keep(&mut self) {
        self.missing = self.missing.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_otherwise_is_not_taken_twice() {
        let mut said = Said::new(["I am here."].into_iter().map(key));
        let mut choice = Choice::new(&mut said, 2);
        assert!(!choice.offer(key("I'M HERE")));
        assert!(choice.offer(key("I am there.")));
        assert!(!choice.offer(key("i'm there")));
        choice.keep();
        assert_eq!(choice.missing(), 0);
        assert!(!choice.offer(key("Enough now.")));
        // What one class says, no other says again.
        assert!(!Choice::new(&mut said, 1).offer(key("I am there")));
    }
}
