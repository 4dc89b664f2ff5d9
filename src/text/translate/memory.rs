//! Which texts a hop could not translate, so that they are not asked for again.

use std::collections::HashMap;

/// Failures of this run by the key of hop and text. Reasons are told once and repeat, so they are kept apart.
#[derive(Debug, Default)]
pub struct Failures {
    reasons: Vec<String>,
    by_key: HashMap<[u8; 16], usize>,
}

impl Failures {
    /// Why a text has no translation, if it was tried and has none.
    pub fn get(&self, key: &[u8; 16]) -> Option<&str> {
        let index = *self.by_key.get(key)?;
        self.reasons.get(index).map(String::as_str)
    }

    /// Remembers a failure.
    pub fn add(&mut self, key: [u8; 16], reason: &str) {
        let index = match self.reasons.iter().position(|known| known == reason) {
            Some(index) => index,
            // Reasons with a text's own numbers in them are not kept beyond a few: nobody reads thousands.
            None if self.reasons.len() >= 64 => self.reasons.len() - 1,
            None => {
                self.reasons.push(reason.to_owned());
                self.reasons.len() - 1
            }
        };
        self.by_key.insert(key, index);
    }
}
