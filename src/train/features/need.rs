//! The different inputs of a list: equal ones are computed once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::encoder::{Input, key};
use super::{FeatureError, Key};

/// Which inputs are needed. A *row* is the number of a different input, in the order of their first places.
#[derive(Debug)]
pub(super) struct Need {
    by_key: HashMap<Key, u32>,
    keys: Vec<Key>,
    /// The first place of each row in the list.
    firsts: Vec<usize>,
    /// The row of each place.
    rows: Vec<u32>,
}

impl Need {
    /// Of a list. Each input is read once and not kept.
    ///
    /// # Errors
    /// [`FeatureError::Input`]; [`FeatureError::Memory`] for more than 2³² different ones.
    pub(super) fn of<I: Input + ?Sized>(inputs: &[&I]) -> Result<Self, FeatureError> {
        let mut need = Need {
            by_key: HashMap::new(),
            keys: Vec::new(),
            firsts: Vec::new(),
            rows: Vec::with_capacity(inputs.len()),
        };
        for (place, input) in inputs.iter().enumerate() {
            let next = u32::try_from(need.keys.len()).map_err(|_| FeatureError::Memory {
                kind: I::KIND,
                inputs: inputs.len(),
                size: 1,
            })?;
            let content = input.content().map_err(FeatureError::Input)?;
            let key = key(I::KIND, &content);
            let row = match need.by_key.entry(key) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    need.keys.push(key);
                    need.firsts.push(place);
                    *new.insert(next)
                }
            };
            need.rows.push(row);
        }
        Ok(need)
    }

    /// How many different inputs there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The row of a key, if it is needed.
    pub(super) fn row(&self, key: &Key) -> Option<usize> {
        self.by_key.get(key).map(|&row| row as usize)
    }

    /// Key and first place of a row.
    pub(super) fn input(&self, row: usize) -> Option<(Key, usize)> {
        self.keys.get(row).copied().zip(self.firsts.get(row).copied())
    }

    /// The row of each place of the list.
    pub(super) fn into_rows(self) -> Vec<u32> {
        self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::super::encoder::Kind;
    use super::*;

    #[test]
    fn equal_texts_are_one_input() {
        let need = Need::of(&["b", "a", "b", "", "a"]).unwrap();
        assert_eq!(need.len(), 3);
        assert_eq!(need.firsts, [0, 1, 3]);
        assert_eq!(need.rows, [0, 1, 0, 2, 1]);
        assert_eq!(need.row(&key(Kind::Text, b"a")), Some(1));
        assert_eq!(need.row(&key(Kind::Text, b"c")), None);
    }
}
