//! Rows as a network is fed with them.

use super::Texts;
use super::sight::Sight;
use crate::train::rows::{Place, Rows};

/// Rows with their names, classes and numbers.
#[derive(Debug, Default)]
pub struct Examples {
    /// The rows' ids.
    pub names: Vec<String>,
    /// Their classes.
    pub classes: Vec<usize>,
    /// Their images, or what was made of them, for a network that takes them.
    pub sight: Option<Sight>,
    /// Their texts, for a network that takes them.
    pub texts: Option<Texts>,
}

impl Rows for Examples {
    fn len(&self) -> usize {
        self.names.len()
    }

    fn name(&self, row: usize) -> &str {
        self.names.get(row).map_or("", String::as_str)
    }

    fn class(&self, row: usize) -> usize {
        self.classes.get(row).copied().unwrap_or(0)
    }

    fn fill(&self, row: usize, epoch: Option<u64>, inputs: &mut [Place<'_>]) -> Result<(), String> {
        // A network that takes both takes the image first.
        if let Some(sight) = &self.sight
            && let Some(Place::F32(into)) = inputs.first_mut()
        {
            sight.fill(row, into)?;
        }
        let rest = inputs.get_mut(usize::from(self.sight.is_some())..);
        if let (Some(texts), Some(rest)) = (&self.texts, rest) {
            texts.fill(row, self.name(row), epoch, rest)?;
        }
        Ok(())
    }
}
