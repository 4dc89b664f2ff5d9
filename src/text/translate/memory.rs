//! Which texts a hop could not translate: so that they are not asked for again, and to be told at the end.

use std::collections::{HashMap, HashSet};

/// So many reasons are told apart: those with a text's own numbers in them would be thousands.
const REASONS: usize = 20;
/// Characters of a reason.
const LENGTH: usize = 300;
/// For all reasons beyond them.
const OTHERS: &str = "other reasons";

/// Failures of this run by the key of hop and text. Reasons are told once and repeat, so they are kept apart.
#[derive(Debug, Default)]
pub struct Failures {
    /// With how many texts each is about.
    reasons: Vec<(String, usize)>,
    by_key: HashMap<[u8; 16], usize>,
    useless: HashSet<[u8; 16]>,
}

impl Failures {
    /// Why a text has no translation, if it was tried and has none.
    pub fn get(&self, key: &[u8; 16]) -> Option<&str> {
        let index = *self.by_key.get(key)?;
        self.reasons.get(index).map(|(reason, _)| reason.as_str())
    }

    /// Remembers a failure.
    pub fn add(&mut self, key: [u8; 16], reason: &str) {
        let index = self.index(reason);
        if self.by_key.insert(key, index).is_none() {
            self.count(index);
        }
    }

    /// Counts a translation that came and is of no use. Others of the same text may be.
    pub fn add_useless(&mut self, key: [u8; 16], reason: &str) {
        if self.useless.insert(key) {
            let index = self.index(reason);
            self.count(index);
        }
    }

    /// The reasons with how many texts each is about, most first.
    pub fn reasons(&self) -> Vec<(String, usize)> {
        let mut reasons = self.reasons.clone();
        reasons.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        reasons
    }

    fn count(&mut self, index: usize) {
        if let Some((_, count)) = self.reasons.get_mut(index) {
            *count += 1;
        }
    }

    fn index(&mut self, reason: &str) -> usize {
        let mut short: String = reason.chars().take(LENGTH).collect();
        if short.len() < reason.len() {
            short.push('…');
        }
        if let Some(index) = self.reasons.iter().position(|(known, _)| *known == short) {
            return index;
        }
        match self.reasons.len() {
            full if full >= REASONS => full - 1,
            last if last + 1 == REASONS => {
                self.reasons.push((OTHERS.to_owned(), 0));
                last
            }
            next => {
                self.reasons.push((short, 0));
                next
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_counted_by_texts_most_first() {
        let mut failures = Failures::default();
        failures.add([1; 16], "rare");
        for number in 2..5 {
            failures.add([number; 16], "common");
            failures.add([number; 16], "common");
            failures.add_useless([number; 16], "useless");
        }
        failures.add_useless([2; 16], "useless");
        let told = [("common", 3), ("useless", 3), ("rare", 1)];
        assert_eq!(
            failures.reasons(),
            told.map(|(reason, count)| (reason.to_owned(), count))
        );
        assert_eq!(failures.get(&[1; 16]), Some("rare"));
        assert_eq!(failures.get(&[9; 16]), None);
        // A translation that is of no use is no failure of the text.
        failures.add_useless([9; 16], "useless");
        assert_eq!(failures.get(&[9; 16]), None);
    }

    #[test]
    fn reasons_are_few_and_short() {
        let mut failures = Failures::default();
        for number in 0..200_u8 {
            failures.add([number; 16], &format!("{number} {}", "ü".repeat(5_000)));
        }
        let told = failures.reasons();
        assert_eq!(told.len(), REASONS);
        assert_eq!(told[0], (OTHERS.to_owned(), 200 - REASONS + 1));
        assert!(
            told.iter()
                .all(|(reason, _)| reason.chars().count() <= LENGTH + 1)
        );
        assert_eq!(failures.get(&[199; 16]), Some(OTHERS));
    }
}
