//! Dealing the sources of a class to a maker: in a keyed permutation, round after round, never one draw twice.

use std::collections::BTreeSet;

use super::{Maker, PlanRefusal, Source};
use crate::draw::rank;

/// After this many refused draws in a row a source is given up: with endless draws there would be no end.
const PATIENCE: u64 = 16;

/// Deals the sources of one class to one maker.
pub(super) struct Dealer {
    maker: usize,
    /// Sources still in the game, in keyed order, each with its next draw and the end of its draws.
    hand: Vec<Turn>,
    position: usize,
}

struct Turn {
    source: usize,
    next: u64,
    distinct: u64,
}

/// How often each source was used, over all makers.
pub(super) struct Uses<'a> {
    /// One count a source.
    pub counts: &'a mut [u32],
    /// No source is used more often.
    pub most: u32,
}

impl Dealer {
    pub fn new(seed: u64, maker: usize, with: &dyn Maker, sources: &[Source], members: &[usize]) -> Self {
        let purpose = format!("deal {}", with.name());
        let mut order = members.to_vec();
        order.sort_by_cached_key(|&s| (rank(seed, &sources[s].id, &purpose), sources[s].id.clone()));
        let hand = order
            .into_iter()
            .map(|source| Turn {
                source,
                next: 0,
                distinct: with.distinct(source),
            })
            .collect();
        Dealer {
            maker,
            hand,
            position: 0,
        }
    }

    /// The next (source, copy); `None` when no source has a draw left.
    pub fn next(
        &mut self,
        with: &dyn Maker,
        uses: &mut Uses<'_>,
        refused: &mut Vec<PlanRefusal>,
    ) -> Option<(usize, u64)> {
        while !self.hand.is_empty() {
            if self.position >= self.hand.len() {
                self.position = 0;
            }
            let turn = &mut self.hand[self.position];
            let spent = uses.counts[turn.source] >= uses.most;
            match if spent {
                None
            } else {
                turn.draw(self.maker, with, refused)
            } {
                Some(copy) => {
                    let source = turn.source;
                    uses.counts[source] += 1;
                    self.position += 1;
                    return Some((source, copy));
                }
                // Taken out of the hand, so that the others' order stays.
                None => drop(self.hand.remove(self.position)),
            }
        }
        None
    }
}

impl Turn {
    /// The first draw from `next` on that is not refused.
    fn draw(&mut self, maker: usize, with: &dyn Maker, refused: &mut Vec<PlanRefusal>) -> Option<u64> {
        for _ in 0..PATIENCE {
            if self.next >= self.distinct {
                return None;
            }
            let copy = self.next;
            self.next += 1;
            match with.check(self.source, copy) {
                Ok(()) => return Some(copy),
                Err(reason) => refused.push(PlanRefusal {
                    source: self.source,
                    draw: Some((maker, copy)),
                    reason,
                }),
            }
        }
        None
    }
}

/// Hands out items one by one to the maker that is furthest behind its share, so that a larger number keeps the
/// earlier choice; equal shares go round in recipe order. No maker gets more than its `most`; one out of draws
/// drops out, and is named in the second result.
pub(super) fn deal(
    makers: &[&dyn Maker],
    dealers: &mut [Dealer],
    need: usize,
    most: &[usize],
    uses: &mut Uses<'_>,
    refused: &mut Vec<PlanRefusal>,
) -> (Vec<(usize, usize, u64)>, BTreeSet<usize>) {
    let mut given = vec![0u64; makers.len()];
    let mut dry = BTreeSet::new();
    let mut items = Vec::with_capacity(need);
    while items.len() < need {
        let behind = (0..makers.len())
            .filter(|maker| !dry.contains(maker) && given[*maker] < most[*maker] as u64)
            .min_by(|&a, &b| {
                let due = |m: usize| (given[m] + 1) as f64 / makers[m].share();
                due(a).total_cmp(&due(b)).then(a.cmp(&b))
            });
        let Some(maker) = behind else { break };
        match dealers[maker].next(makers[maker], uses, refused) {
            Some((source, copy)) => {
                given[maker] += 1;
                items.push((source, maker, copy));
            }
            None => {
                dry.insert(maker);
            }
        }
    }
    (items, dry)
}
