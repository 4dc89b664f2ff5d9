//! Which candidates there are, in which order, and which of those made become the dataset. Pure.

use std::collections::HashSet;

use crate::draw::permuted;
use crate::text::sameness;

/// What a class needs beyond its originals, and from what it can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassNeed {
    /// The class.
    pub label: String,
    /// How many sentences are to be made.
    pub need: usize,
    /// How many candidates are tried at most.
    pub candidates: usize,
    /// Indices of the sentences that new ones may be made of.
    pub pool: Vec<u32>,
}

/// A candidate: a source and which of its candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Index of the source.
    pub source: u32,
    /// Which of the source's candidates, from 0.
    pub copy: u64,
}

impl ClassNeed {
    /// What a class needs: `reserve` is the share of candidates beyond the need.
    #[must_use]
    pub fn new(label: String, need: usize, reserve: f64, pool: Vec<u32>) -> Self {
        let candidates = if pool.is_empty() {
            0
        } else {
            (need as f64 * (1.0 + reserve)).ceil() as usize
        };
        ClassNeed {
            label,
            need,
            candidates,
            pool,
        }
    }

    /// The candidate of a rank: the sources in a keyed order, and when all had their first, all their second ones.
    #[must_use]
    pub fn candidate(&self, seed: u64, rank: usize) -> Candidate {
        let count = self.pool.len().max(1) as u64;
        let rank = rank as u64;
        let at = permuted(seed, &self.label, "candidates", count, rank % count);
        Candidate {
            source: usize::try_from(at)
                .ok()
                .and_then(|at| self.pool.get(at))
                .copied()
                .unwrap_or(0),
            copy: rank / count,
        }
    }
}

/// Takes made candidates of a class in the order of their ranks, as long as they differ from every original and
/// from every one that was taken.
#[derive(Debug, Default)]
pub struct Selection {
    taken: HashSet<[u8; 16]>,
}

impl Selection {
    /// A selection that knows the originals of the corpus.
    pub fn new<'a>(originals: impl Iterator<Item = &'a str>) -> Self {
        Selection {
            taken: originals.map(hash).collect(),
        }
    }

    /// Whether a sentence differs from all before it; it is taken then.
    pub fn take(&mut self, text: &str) -> bool {
        self.taken.insert(hash(text))
    }
}

/// What tells sentences apart, short enough for millions.
fn hash(text: &str) -> [u8; 16] {
    let hash = blake3::hash(sameness::key(text).as_bytes());
    let mut short = [0; 16];
    short.copy_from_slice(&hash.as_bytes()[..16]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_turn_before_any_has_a_second() {
        let need = ClassNeed::new("joy".to_owned(), 10, 1.5, (100..107).collect());
        assert_eq!(need.candidates, 25);
        let all: Vec<Candidate> = (0..25).map(|rank| need.candidate(3, rank)).collect();
        for (turn, part) in all.chunks(7).enumerate() {
            let sources: HashSet<u32> = part.iter().map(|candidate| candidate.source).collect();
            assert_eq!(sources.len(), part.len());
            assert!(part.iter().all(|candidate| candidate.copy == turn as u64));
        }
    }

    #[test]
    fn what_is_written_otherwise_is_not_taken_twice() {
        let mut selection = Selection::new(["I am here."].into_iter());
        assert!(!selection.take("I'M HERE"));
        assert!(selection.take("I am there."));
        assert!(!selection.take("i'm there"));
    }
}
