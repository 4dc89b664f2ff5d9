//! The features of a list of inputs.

use std::sync::Arc;

use super::FeatureError;
use super::store::Store;

/// A row of 16-bit numbers for each input, in the order of the inputs, in memory or in a temporary file. Equal inputs
/// share one row, and clones share all.
#[derive(Debug, Clone)]
pub struct Features {
    /// The row of each input.
    rows: Arc<[u32]>,
    store: Arc<Store>,
}

impl Features {
    /// `rows` counts rows of `store`.
    pub(super) fn new(rows: Vec<u32>, store: Store) -> Self {
        Features {
            rows: rows.into(),
            store: Arc::new(store),
        }
    }

    /// How many inputs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The numbers of a row; 0 only where there are no inputs and the encoder's length is not known.
    #[must_use]
    pub fn size(&self) -> usize {
        self.store.size()
    }

    /// Whether the rows lie in a temporary file, because they are too many for memory.
    #[must_use]
    pub fn on_disk(&self) -> bool {
        self.store.on_disk()
    }

    /// Writes the feature of an input in 32 bits to `out`.
    ///
    /// # Errors
    /// [`FeatureError::Place`], and nothing is written, if there is no such input or `out` has not
    /// [`Features::size`] numbers. [`FeatureError::File`] if the temporary file can't be read.
    pub fn copy_to(&self, input: usize, out: &mut [f32]) -> Result<(), FeatureError> {
        match self.rows.get(input) {
            Some(&row) if out.len() == self.size() => self.store.copy_to(row as usize, out),
            _ => Err(FeatureError::Place {
                input,
                inputs: self.len(),
                found: out.len(),
                size: self.size(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use half::f16;

    use super::*;

    #[test]
    fn rows_are_those_of_the_inputs() {
        let values = [1.0, 2.0, 3.0, 4.0].map(f16::from_f32).to_vec();
        let features = Features::new(vec![1, 0, 1], Store::of(2, values));
        let mut out = [0.0; 2];
        for (input, row) in [[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]].into_iter().enumerate() {
            features.copy_to(input, &mut out).unwrap();
            assert_eq!(out, row);
        }
        let error = features.copy_to(3, &mut out).unwrap_err();
        let expected =
            "found input 3 of 3 and a place of 2 numbers, expected an input below 3 and a place of 2";
        assert_eq!(error.to_string(), expected);
        assert!(features.copy_to(0, &mut [0.0; 3]).is_err());
    }
}
