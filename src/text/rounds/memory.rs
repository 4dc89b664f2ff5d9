//! What rounds keep from one batch of candidates to the next: copies of a source ask for the same again.

use std::collections::HashMap;

use crate::text::fill::Pick;
use crate::text::gate::{Gate, GateSettings};

/// Slots whose words are kept at most: some 50 MB.
const SLOTS: usize = 50_000;
/// Originals whose vectors are kept at most: 30 MB at 384 numbers each.
const VECTORS: usize = 20_000;

/// The gate with the vectors of originals, and the words for slots. What is forgotten is made again, the same.
#[derive(Debug)]
pub struct Memory {
    /// The gate.
    pub gate: Gate,
    pub(super) picks: Picks,
}

impl Memory {
    /// Knows nothing yet.
    #[must_use]
    pub fn new(gate: GateSettings) -> Self {
        Memory {
            gate: Gate::new(gate),
            picks: Picks::default(),
        }
    }

    /// Makes room, if much is known.
    pub(super) fn trim(&mut self) {
        if self.picks.slots > SLOTS {
            self.picks = Picks::default();
        }
        if self.gate.known() > VECTORS {
            self.gate.forget();
        }
    }
}

/// The words for slots, by source and slot.
#[derive(Debug, Default)]
pub(super) struct Picks {
    sources: HashMap<Box<str>, HashMap<usize, Vec<Pick>>>,
    slots: usize,
}

impl Picks {
    /// The words for a slot; none if nobody has asked for it.
    pub(super) fn get(&self, source: &str, slot: usize) -> Option<&Vec<Pick>> {
        self.sources.get(source)?.get(&slot)
    }

    pub(super) fn insert(&mut self, source: &str, slot: usize, picks: Vec<Pick>) {
        let slots = match self.sources.get_mut(source) {
            Some(slots) => slots,
            None => self.sources.entry(source.into()).or_default(),
        };
        self.slots += usize::from(slots.insert(slot, picks).is_none());
    }
}
