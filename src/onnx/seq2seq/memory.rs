//! What the decoder remembers of a batch between two steps.

use std::collections::HashMap;

use ort::value::DynValue;

use super::ports::Past;
use super::rows;

/// What the encoder made of a batch of sources, and how far the decoder is with them. Row for row: the decoder's rows
/// of the last step.
#[derive(Debug)]
pub struct Memory {
    /// The encoder's output: rows × width × numbers.
    pub hidden: DynValue,
    /// How much of each row is not padding.
    pub lengths: Vec<usize>,
    pub width: usize,
    /// Which source each row belongs to.
    sources: Vec<usize>,
    /// By the names of the outputs that gave it; empty before the first step.
    pub cache: HashMap<String, DynValue>,
}

impl Memory {
    /// The encoder's output with the lengths of its rows.
    pub fn new(hidden: DynValue, lengths: Vec<usize>, width: usize) -> Self {
        Memory {
            hidden,
            width,
            sources: (0..lengths.len()).collect(),
            lengths,
            cache: HashMap::new(),
        }
    }

    /// A part of the rows, without the cache.
    pub fn part(&self, rows: &[usize]) -> Result<Self, String> {
        let length = |&row: &usize| self.lengths.get(row).copied().unwrap_or(0);
        let lengths = rows.iter().map(length).collect();
        Ok(Memory::new(
            rows::picked(&self.hidden, rows)?,
            lengths,
            self.width,
        ))
    }

    /// Makes the rows those that continue these rows of the last step.
    pub fn regroup(&mut self, parents: &[usize], pasts: &[&Past]) -> Result<(), String> {
        if parents.iter().copied().eq(0..self.sources.len()) {
            return Ok(());
        }
        let of = |list: &[usize]| -> Result<Vec<usize>, String> {
            let picked = parents.iter().map(|&parent| list.get(parent).copied());
            picked
                .collect::<Option<_>>()
                .ok_or_else(|| "a row continues none".to_owned())
        };
        let sources = of(&self.sources)?;
        // What is about the source is the same for all rows of a text.
        let moved = sources != self.sources;
        if moved {
            self.hidden = rows::picked(&self.hidden, parents)?;
            self.lengths = of(&self.lengths)?;
            self.sources = sources;
        }
        for past in pasts {
            if let Some(value) = self.cache.get_mut(&past.present)
                && (moved || !past.source)
            {
                *value = rows::picked(value, parents)?;
            }
        }
        Ok(())
    }
}
