//! The part of a round that fills: which word an attempt replaces, and by what.

use std::ops::Range;

use super::memory::Picks;
use super::{Asked, Models, Proposal, Task};
use crate::draw::permuted;
use crate::onnx::masked::Gap;
use crate::run::interrupt::Interrupt;
use crate::text::candidate::{Change, Route, route};
use crate::text::casing;
use crate::text::fill::{Pick, filled, neighbours, ordered, shortlist};
use crate::text::gate::Verdict;
use crate::text::models::RoundError;
use crate::text::refusal::Reason;

/// Words of a slot that attempts try before they go to the next slot.
const WORDS: u64 = 2;

impl Asked<'_> {
    /// Proposes a fill for each open task, or says why there is none.
    pub(super) fn fill(
        &self,
        open: &[usize],
        models: &mut Models<'_>,
        known: &mut Picks,
        interrupt: &Interrupt,
        refuse: &mut dyn FnMut(usize, Reason),
    ) -> Result<Vec<Proposal>, RoundError> {
        self.score(open, models, known, interrupt)?;
        let mut proposals = Vec::with_capacity(open.len());
        for &task in open {
            let text = self.tasks[task].text;
            let words = match self.places[task].as_slice() {
                [] => Err(Reason::NoWord),
                _ if models.filler.is_none() => Err(Reason::NoFill),
                _ if self.guarded() => self.fitting(task, known),
                _ => self.any(task, known),
            };
            let words = match words {
                Ok(words) => words,
                Err(reason) => {
                    refuse(task, reason);
                    continue;
                }
            };
            let fills: Vec<(Range<usize>, &str)> = words
                .iter()
                .map(|&(slot, pick)| (self.places[task][slot].clone(), pick.word.as_str()))
                .collect();
            proposals.push(Proposal {
                task,
                text: filled(text, &fills),
                route: Route::Fill,
                changes: words
                    .iter()
                    .map(|&(slot, pick)| Change {
                        old: text[self.places[task][slot].clone()].to_owned(),
                        new: pick.word.clone(),
                        probability: pick.probability,
                        plausibility: pick.plausibility,
                    })
                    .collect(),
                hops: Vec::new(),
            });
        }
        Ok(proposals)
    }

    fn guarded(&self) -> bool {
        self.settings.picks.limits.is_some()
    }

    /// The slots that an attempt fills where every word may come, each with the number of its word: slots in a keyed
    /// order, each with two words before the next has its turn, since a slot that was scored costs nothing more; and when
    /// all had theirs, all again with their next words. Never more slots than the sentence has.
    fn choice(&self, task: usize) -> Vec<(usize, usize)> {
        let count = self.places[task].len() as u64;
        let wanted = (self.settings.count as u64).min(count);
        let number = self.number(task);
        let first = number / WORDS * wanted;
        (first..first + wanted)
            .map(|index| {
                let source = self.tasks[task].source;
                let slot = permuted(self.settings.seed, source, "slot", count, index % count);
                (slot as usize, (index / count * WORDS + number % WORDS) as usize)
            })
            .collect()
    }

    fn any<'p>(&self, task: usize, known: &'p Picks) -> Result<Vec<(usize, &'p Pick)>, Reason> {
        let source = self.tasks[task].source;
        let pick = |(slot, number): (usize, usize)| Some((slot, known.get(source, slot)?.get(number)?));
        let words: Option<Vec<_>> = self.choice(task).into_iter().map(pick).collect();
        words.ok_or(Reason::NoFill)
    }

    /// Guards leave few words, in some slots none, so all slots share one drawn order. Each copy of a source begins at a
    /// place of its own and goes on from there: no word that would pass is missed because an earlier copy had it in
    /// reserve.
    fn fitting<'p>(&self, task: usize, known: &'p Picks) -> Result<Vec<(usize, &'p Pick)>, Reason> {
        let Task { source, copy, .. } = self.tasks[task];
        let mut all: Vec<(usize, &Pick)> = (0..self.places[task].len())
            .filter_map(|slot| Some((slot, known.get(source, slot)?)))
            .flat_map(|(slot, picks)| picks.iter().map(move |pick| (slot, pick)))
            .collect();
        all.sort_by(|a, b| a.1.order.total_cmp(&b.1.order).then(a.0.cmp(&b.0)));
        let settings = self.settings;
        let earlier = (0..self.attempt)
            .filter(|&at| route(settings.seed, source, copy, at, settings.p_backtranslate) == Route::Fill)
            .count();
        let first = usize::try_from(copy).unwrap_or(usize::MAX);
        // A copy beyond the last word could only repeat what others make.
        if first >= all.len() || earlier >= all.len() {
            return Err(Reason::NoFill);
        }
        let mut words: Vec<(usize, &Pick)> = Vec::with_capacity(settings.count);
        for (slot, pick) in all.iter().cycle().skip(first + earlier).take(all.len()) {
            if words.len() < settings.count && !words.iter().any(|(taken, _)| taken == slot) {
                words.push((*slot, pick));
            }
        }
        Ok(words)
    }

    /// Finds the words for all slots that this attempt needs and nobody has asked for yet.
    fn score(
        &self,
        open: &[usize],
        models: &mut Models<'_>,
        known: &mut Picks,
        interrupt: &Interrupt,
    ) -> Result<(), RoundError> {
        let Some((filler, vocabulary)) = &mut models.filler else {
            return Ok(());
        };
        let needed = |task: usize| -> Vec<usize> {
            match self.guarded() {
                true => (0..self.places[task].len()).collect(),
                false => self.choice(task).into_iter().map(|(slot, _)| slot).collect(),
            }
        };
        let mut missing: Vec<(usize, usize)> = open
            .iter()
            .flat_map(|&task| needed(task).into_iter().map(move |slot| (task, slot)))
            .filter(|&(task, slot)| known.get(self.tasks[task].source, slot).is_none())
            .collect();
        // Copies of one source ask for the same.
        missing.sort_unstable_by_key(|&(task, slot)| (self.tasks[task].source, slot));
        missing.dedup_by_key(|&mut (task, slot)| (self.tasks[task].source, slot));
        let lower: Vec<Option<String>> = missing
            .iter()
            .map(|&(task, _)| {
                let text = self.tasks[task].text;
                casing::is_upper_text(text).then(|| casing::sentence_case(text))
            })
            .collect();
        let gaps: Vec<Gap<'_>> = missing
            .iter()
            .zip(&lower)
            .map(|(&(task, slot), lower)| {
                let range = &self.places[task][slot];
                // Where small letters take other room than capitals, the capitals stay.
                let text = lower
                    .as_deref()
                    .filter(|lower| lower.len() == self.tasks[task].text.len())
                    .filter(|lower| lower.is_char_boundary(range.start) && lower.is_char_boundary(range.end))
                    .unwrap_or(self.tasks[task].text);
                Gap {
                    left: &text[..range.start],
                    right: &text[range.end..],
                }
            })
            .collect();
        let settings = &self.settings.picks;
        let mut guards = models.guards.as_deref_mut();
        let old: Vec<String> = missing
            .iter()
            .map(|&(task, slot)| self.tasks[task].text[self.places[task][slot].clone()].to_lowercase())
            .collect();
        let mut lists: Vec<Vec<Pick>> = vec![Vec::new(); missing.len()];
        filler.score(&gaps, interrupt, &mut |index, logits| {
            let at = (gaps[index].left, old[index].as_str());
            lists[index] = shortlist(logits, at, vocabulary, guards.as_deref(), settings);
        })?;
        if let (Some(guards), Some(limits)) = (&mut guards, settings.limits) {
            let words = lists.iter().flatten().map(|pick| pick.word.as_str());
            let words = words.chain(old.iter().map(String::as_str));
            guards.near.learn(words, models.meaning, interrupt)?;
            for (old, list) in old.iter().zip(&mut lists) {
                list.retain(|pick| {
                    let near = guards.near.between(old, &pick.word);
                    near >= limits.nearness
                        && (pick.probability >= limits.probability || near >= limits.synonym)
                });
            }
        }
        for (&(task, slot), list) in missing.iter().zip(lists) {
            let source = self.tasks[task].source;
            let id = format!("{source} {slot}");
            let found = ordered(list, settings, (self.settings.seed, id.as_str()));
            known.insert(source, slot, found);
        }
        Ok(())
    }

    /// Refuses fills that passed the gate and break the words beside them.
    pub(super) fn neighbours(
        &self,
        proposals: &[Proposal],
        verdicts: &mut [Verdict],
        models: &mut Models<'_>,
        interrupt: &Interrupt,
    ) -> Result<(), RoundError> {
        let limits = self.settings.picks.limits;
        let Some(limits) = limits.filter(|limits| limits.neighbours > 0.0) else {
            return Ok(());
        };
        let Some((filler, vocabulary)) = &mut models.filler else {
            return Ok(());
        };
        let (passed, pairs) = self.passed(Route::Fill, proposals, verdicts);
        let kept = neighbours::kept(&pairs, &mut **filler, vocabulary, interrupt)?;
        for (index, kept) in passed.into_iter().zip(kept) {
            if kept < limits.neighbours {
                verdicts[index].1 = Err(Reason::Neighbours);
            }
        }
        Ok(())
    }
}
