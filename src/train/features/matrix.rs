//! The features of a list of inputs.

use std::sync::Arc;

use half::f16;
use half::slice::HalfFloatSliceExt;

/// A row of 16-bit numbers for each input, in the order of the inputs. Equal inputs share one row in memory, and
/// clones share all.
#[derive(Debug, Clone)]
pub struct Features {
    size: usize,
    /// The row of each input.
    rows: Arc<[u32]>,
    /// Row after row.
    values: Arc<Vec<f16>>,
}

impl Features {
    /// `rows` counts rows of `size` numbers in `values`.
    pub(super) fn new(size: usize, rows: Vec<u32>, values: Vec<f16>) -> Self {
        Features {
            size,
            rows: rows.into(),
            values: Arc::new(values),
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
        self.size
    }

    /// The feature of an input, `size` numbers; `None` behind the last one.
    #[must_use]
    pub fn row(&self, input: usize) -> Option<&[f16]> {
        let start = *self.rows.get(input)? as usize * self.size;
        self.values.get(start..start + self.size)
    }

    /// Writes the feature of an input in 32 bits to `out`; `false`, and nothing written, if there is no such input or
    /// `out` has not `size` numbers.
    #[must_use]
    pub fn copy_to(&self, input: usize, out: &mut [f32]) -> bool {
        match self.row(input) {
            Some(row) if row.len() == out.len() => {
                row.convert_to_f32_slice(out);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_inputs() {
        let values = [1.0, 2.0, 3.0, 4.0].map(f16::from_f32).to_vec();
        let features = Features::new(2, vec![1, 0, 1], values);
        let mut out = [0.0; 2];
        for (input, row) in [[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]].into_iter().enumerate() {
            assert!(features.copy_to(input, &mut out));
            assert_eq!(out, row);
        }
        assert_eq!(features.row(3), None);
        assert!(!features.copy_to(0, &mut [0.0; 3]));
    }
}
