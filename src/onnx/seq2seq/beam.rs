//! Beam search, equal to that of transformers 4.57 (`GenerationMixin._beam_search`), for one text: its result depends
//! on the scores alone and not on other texts that are searched beside it.
//!
//! Of all continuations of the running beams the best 2K are looked at (more with several end tokens), so that K go on
//! even if K end. One that ends counts only among the best K. Its score is the sum of its log-probabilities divided by
//! its length to the power of the penalty; the length counts the end token but not the start token.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::hypothesis::{Prefix, Scored};
use super::probability::highest;
use super::settings::{EarlyStopping, GenerationSettings};

/// The search for one text.
#[derive(Debug)]
pub struct Beam {
    beams: usize,
    candidates: usize,
    penalty: f64,
    early: EarlyStopping,
    max_length: usize,
    ends: Vec<u32>,
    running: Vec<Prefix>,
    /// The best first, at most as many as beams.
    finished: Vec<Scored>,
    done: bool,
}

/// A token behind a running beam.
#[derive(PartialEq)]
struct Candidate {
    score: f32,
    row: usize,
    token: u32,
}

impl Eq for Candidate {}

impl Ord for Candidate {
    /// Of equal scores the earlier row and the lower token are the better one.
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |candidate: &Candidate| (candidate.row, candidate.token);
        self.score
            .total_cmp(&other.score)
            .then(place(other).cmp(&place(self)))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Beam {
    /// A search that has not begun: one running beam with the start token.
    pub fn new(settings: &GenerationSettings) -> Self {
        let ends = settings.eos_token_ids.clone();
        Beam {
            beams: settings.num_beams,
            candidates: (1 + ends.len()).max(2) * settings.num_beams,
            penalty: settings.length_penalty,
            early: settings.early_stopping,
            max_length: settings.max_length,
            ends,
            running: vec![Prefix::start(settings.decoder_start_token_id)],
            finished: Vec::new(),
            done: false,
        }
    }

    /// The beams that the next scores are about.
    pub fn running(&self) -> &[Prefix] {
        if self.done { &[] } else { &self.running }
    }

    /// What was found, the best first.
    pub fn found(self) -> Vec<Scored> {
        self.finished
    }

    /// Takes the log-probabilities of what may follow each running beam, after all rules.
    pub fn advance(&mut self, rows: &[&[f32]]) {
        let full = self.finished.len() == self.beams;
        let closed = full && self.early == EarlyStopping::Full;
        let mut running = Vec::with_capacity(self.beams);
        for (rank, candidate) in self.best(rows).into_iter().enumerate() {
            let Some(parent) = self.running.get(candidate.row) else {
                continue;
            };
            let prefix = parent.then(candidate.row, candidate.token, candidate.score);
            let ends = self.ends.contains(&candidate.token) || prefix.tokens.len() >= self.max_length;
            if !ends {
                if running.len() < self.beams {
                    running.push(prefix);
                }
            } else if rank < self.beams && !closed {
                let score = prefix.score / self.divisor(prefix.generated());
                self.finished.push(Scored::of(prefix, score));
            }
        }
        // Stable: of equal ones the earlier stays.
        self.finished.sort_by(|a, b| b.score.total_cmp(&a.score));
        self.finished.truncate(self.beams);
        self.running = running;
        self.done = !self.worthwhile();
    }

    /// Whether a running beam is worth going on with.
    fn worthwhile(&self) -> bool {
        let Some(best) = self.running.first() else {
            return false;
        };
        if self.finished.len() < self.beams {
            return true;
        }
        let Some(worst) = self.finished.last() else {
            return true;
        };
        let length = match self.early {
            EarlyStopping::Full => return false,
            // A longer one has the better score then, so the longest is what it could become.
            EarlyStopping::Never if self.penalty > 0.0 => self.max_length - 1,
            EarlyStopping::Never | EarlyStopping::Likely => best.generated(),
        };
        best.score / self.divisor(length) > worst.score
    }

    fn divisor(&self, length: usize) -> f32 {
        (length as f64).powf(self.penalty) as f32
    }

    /// The best continuations, the best first.
    fn best(&self, rows: &[&[f32]]) -> Vec<Candidate> {
        let mut best: BinaryHeap<Reverse<Candidate>> = BinaryHeap::with_capacity(self.candidates + 1);
        // Forbidden tokens are at −∞, which is never above this.
        let mut threshold = f32::NEG_INFINITY;
        for (row, (scores, prefix)) in rows.iter().zip(&self.running).enumerate() {
            for (start, group) in (0_u32..).step_by(GROUP).zip(scores.chunks(GROUP)) {
                // Adding keeps the order, so a group whose best does not reach the threshold can be skipped.
                let reached = highest(group).is_some_and(|score| score + prefix.score > threshold);
                for (token, score) in (start..).zip(group).filter(|_| reached) {
                    let score = score + prefix.score;
                    if score > threshold {
                        best.push(Reverse(Candidate { score, row, token }));
                        if best.len() > self.candidates {
                            best.pop();
                        }
                        if best.len() == self.candidates
                            && let Some(Reverse(worst)) = best.peek()
                        {
                            threshold = worst.score;
                        }
                    }
                }
            }
        }
        let sorted = best.into_sorted_vec();
        sorted.into_iter().map(|Reverse(candidate)| candidate).collect()
    }
}

/// Tokens that are looked at together.
const GROUP: usize = 64;

#[cfg(test)]
mod tests;
