//! Which candidates there are, and in which order. Pure.

use crate::draw::permuted;

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
    /// What a class needs: `reserve` is the share of candidates beyond the need, `max_per_source` the most that any
    /// source has.
    #[must_use]
    pub fn new(
        label: String,
        need: usize,
        reserve: f64,
        max_per_source: Option<u32>,
        pool: Vec<u32>,
    ) -> Self {
        let asked = (need as f64 * (1.0 + reserve)).ceil() as usize;
        let most = max_per_source.map_or(usize::MAX, |most| most as usize);
        let candidates = asked.min(pool.len().saturating_mul(most));
        ClassNeed {
            label,
            need,
            candidates: if pool.is_empty() { 0 } else { candidates },
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_source_has_its_turn_before_any_has_a_second() {
        let need = ClassNeed::new("joy".to_owned(), 10, 1.5, None, (100..107).collect());
        let few = ClassNeed::new("joy".to_owned(), 10, 1.5, Some(2), (100..107).collect());
        assert_eq!(few.candidates, 14);
        assert_eq!(need.candidates, 25);
        let all: Vec<Candidate> = (0..25).map(|rank| need.candidate(3, rank)).collect();
        for (turn, part) in all.chunks(7).enumerate() {
            let sources: HashSet<u32> = part.iter().map(|candidate| candidate.source).collect();
            assert_eq!(sources.len(), part.len());
            assert!(part.iter().all(|candidate| candidate.copy == turn as u64));
        }
    }
}
