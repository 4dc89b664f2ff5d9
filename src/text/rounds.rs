//! Rounds: all open candidates advance together, one attempt a round, so that models see batches instead of single
//! sentences (Algorithm 1 of the paper, without its loop over sentences).
//!
//! An attempt's draws depend on (seed, source, copy, attempt) alone, so what becomes of a candidate does not depend
//! on which others share its rounds.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::candidate::{Change, Hop, Made, Outcome, Route, earlier, route};
use super::casing;
use super::classifier::{self, Claim, Classifier};
use super::fill::{
    FillGuards, Pick, PickSettings, SlotSettings, Vocabulary, filled, neighbours, ordered, shortlist, slots,
};
use super::gate::{Gate, Pair, Verdict};
use super::models::{BackTranslator, Filler, Meaning, Request, RoundError};
use super::refusal::Reason;
use crate::draw::permuted;
use crate::onnx::masked::Gap;
use crate::run::interrupt::Interrupt;

/// What attempts are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundSettings {
    /// The run's seed.
    pub seed: u64,
    /// Attempts of each candidate.
    pub attempts: u32,
    /// The share of attempts that translate.
    pub p_backtranslate: f64,
    /// How many words of a sentence are replaced in one attempt.
    pub count: usize,
    /// Which words may be replaced.
    pub slots: SlotSettings,
    /// Which words may come.
    pub picks: PickSettings,
}

/// The models of a run; a route that the settings never take needs none.
pub struct Models<'a> {
    /// For fills, with the words of its vocabulary.
    pub filler: Option<(&'a mut dyn Filler, &'a Vocabulary)>,
    /// What is known of words, where fills are guarded.
    pub guards: Option<&'a mut FillGuards>,
    /// For translations.
    pub translator: Option<&'a mut dyn BackTranslator>,
    /// For the gate.
    pub meaning: &'a mut dyn Meaning,
    /// For the labels, where the gate asks for them.
    pub classifier: Option<&'a mut dyn Classifier>,
}

/// A candidate to be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task<'a> {
    /// Source id.
    pub source: &'a str,
    /// The source's sentence.
    pub text: &'a str,
    /// The source's label.
    pub label: &'a str,
    /// Which candidate of this source.
    pub copy: u64,
}

/// A sentence that an attempt proposes.
struct Proposal {
    task: usize,
    text: String,
    route: Route,
    changes: Vec<Change>,
    hops: Vec<Hop>,
}

/// The words for a slot, by source and slot: scored once, whichever copies and attempts ask.
type Picks<'a> = HashMap<(&'a str, usize), Vec<Pick>>;

/// Decides candidates; their outcomes come in order.
///
/// # Errors
/// [`RoundError`]: nothing is decided then.
pub fn decide(
    tasks: &[Task<'_>],
    settings: &RoundSettings,
    models: &mut Models<'_>,
    gate: &mut Gate,
    interrupt: &Interrupt,
) -> Result<Vec<Outcome>, RoundError> {
    let places: Vec<Vec<Range<usize>>> = tasks
        .iter()
        .map(|task| slots(task.text, &settings.slots))
        .collect();
    let mut known = Picks::new();
    let mut outcomes: Vec<Option<Made>> = vec![None; tasks.len()];
    let mut reasons: Vec<BTreeMap<Reason, u32>> = vec![BTreeMap::new(); tasks.len()];
    for attempt in 0..settings.attempts {
        let open: Vec<usize> = (0..tasks.len())
            .filter(|&task| outcomes[task].is_none())
            .collect();
        if open.is_empty() {
            break;
        }
        if interrupt.stopped() {
            return Err(RoundError::Interrupted);
        }
        let (fills, translations): (Vec<usize>, Vec<usize>) = open.iter().partition(|&&task| {
            let Task { source, copy, .. } = tasks[task];
            route(settings.seed, source, copy, attempt, settings.p_backtranslate) == Route::Fill
        });
        let mut proposals = Vec::with_capacity(open.len());
        let mut refuse = |task: usize, reason: Reason| *reasons[task].entry(reason).or_default() += 1;
        let asked = Asked {
            tasks,
            places: &places,
            settings,
            attempt,
        };
        proposals.extend(asked.fill(&fills, models, &mut known, interrupt, &mut refuse)?);
        proposals.extend(asked.translate(&translations, models, interrupt, &mut refuse)?);
        proposals.retain(|proposal| {
            let pair = Pair {
                old: tasks[proposal.task].text,
                new: &proposal.text,
            };
            gate.check(pair)
                .map_err(|reason| refuse(proposal.task, reason))
                .is_ok()
        });
        let pairs: Vec<Pair<'_>> = proposals
            .iter()
            .map(|proposal| Pair {
                old: tasks[proposal.task].text,
                new: &proposal.text,
            })
            .collect();
        let mut verdicts = gate.judge(&pairs, models.meaning, interrupt)?;
        asked.neighbours(&proposals, &mut verdicts, models, interrupt)?;
        if let Some(model) = &mut models.classifier {
            let labels = proposals.iter().map(|proposal| tasks[proposal.task].label);
            let claims = pairs
                .iter()
                .zip(labels)
                .map(|(&pair, label)| Claim { pair, label });
            classifier::confirm(&claims.collect::<Vec<_>>(), &mut verdicts, *model, interrupt)?;
        }
        for (proposal, (scores, verdict)) in proposals.into_iter().zip(verdicts) {
            match verdict {
                Err(reason) => refuse(proposal.task, reason),
                Ok(()) => {
                    outcomes[proposal.task] = Some(Made {
                        text: proposal.text,
                        route: proposal.route,
                        attempts: attempt + 1,
                        changes: proposal.changes,
                        hops: proposal.hops,
                        scores,
                    });
                }
            }
        }
    }
    Ok(outcomes
        .into_iter()
        .zip(reasons)
        .map(|(made, reasons)| made.map_or(Outcome::Refused(reasons), Outcome::Made))
        .collect())
}

/// What one round works on.
struct Asked<'a> {
    tasks: &'a [Task<'a>],
    places: &'a [Vec<Range<usize>>],
    settings: &'a RoundSettings,
    attempt: u32,
}

impl<'a> Asked<'a> {
    /// The number of this attempt among those of its route, over all copies of the source.
    fn number(&self, task: usize) -> u64 {
        let Task { source, copy, .. } = self.tasks[task];
        let settings = self.settings;
        let at = (copy, self.attempt);
        earlier(
            settings.seed,
            source,
            at,
            settings.attempts,
            settings.p_backtranslate,
        )
    }

    /// The slots that an attempt fills, each with the number of its word: slots in a keyed order, and when all had
    /// their first word, all their second ones. Never more slots than the sentence has.
    fn choice(&self, task: usize) -> Vec<(usize, usize)> {
        let count = self.places[task].len() as u64;
        let wanted = (self.settings.count as u64).min(count);
        let first = self.number(task) * wanted;
        (first..first + wanted)
            .map(|index| {
                let source = self.tasks[task].source;
                let slot = permuted(self.settings.seed, source, "slot", count, index % count);
                (slot as usize, (index / count) as usize)
            })
            .collect()
    }

    fn fill(
        &self,
        open: &[usize],
        models: &mut Models<'_>,
        known: &mut Picks<'a>,
        interrupt: &Interrupt,
        refuse: &mut dyn FnMut(usize, Reason),
    ) -> Result<Vec<Proposal>, RoundError> {
        let Some((filler, vocabulary)) = &mut models.filler else {
            open.iter().for_each(|&task| refuse(task, Reason::NoFill));
            return Ok(Vec::new());
        };
        let chosen: Vec<(usize, Vec<(usize, usize)>)> =
            open.iter().map(|&task| (task, self.choice(task))).collect();
        let mut missing: Vec<(usize, usize)> = chosen
            .iter()
            .flat_map(|(task, choice)| choice.iter().map(|&(slot, _)| (*task, slot)))
            .filter(|&(task, slot)| !known.contains_key(&(self.tasks[task].source, slot)))
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
        let picks = &self.settings.picks;
        let mut guards = models.guards.as_deref_mut();
        let old: Vec<String> = missing
            .iter()
            .map(|&(task, slot)| self.tasks[task].text[self.places[task][slot].clone()].to_lowercase())
            .collect();
        let mut lists: Vec<Vec<Pick>> = vec![Vec::new(); missing.len()];
        filler.score(&gaps, interrupt, &mut |index, logits| {
            let at = (gaps[index].left, old[index].as_str());
            lists[index] = shortlist(logits, at, vocabulary, guards.as_deref(), picks);
        })?;
        if let (Some(guards), Some(limits)) =
            (&mut guards, picks.limits.filter(|limits| limits.nearness > 0.0))
        {
            let words = lists.iter().flatten().map(|pick| pick.word.as_str());
            let words = words.chain(old.iter().map(String::as_str));
            guards.near.learn(words, models.meaning, interrupt)?;
            for (old, list) in old.iter().zip(&mut lists) {
                list.retain(|pick| guards.near.between(old, &pick.word) >= limits.nearness);
            }
        }
        for (&(task, slot), list) in missing.iter().zip(lists) {
            let source = self.tasks[task].source;
            let id = format!("{source} {slot}");
            let found = ordered(list, picks, (self.settings.seed, id.as_str()));
            known.insert((source, slot), found);
        }
        let mut proposals = Vec::with_capacity(chosen.len());
        for (task, choice) in chosen {
            let Task { source, text, .. } = self.tasks[task];
            if choice.is_empty() {
                refuse(task, Reason::NoWord);
                continue;
            }
            let words: Option<Vec<(Range<usize>, &Pick)>> = choice
                .iter()
                .map(|&(slot, number)| {
                    let pick = known.get(&(source, slot))?.get(number)?;
                    Some((self.places[task][slot].clone(), pick))
                })
                .collect();
            let Some(words) = words else {
                refuse(task, Reason::NoFill);
                continue;
            };
            let fills: Vec<(Range<usize>, &str)> = words
                .iter()
                .map(|(range, pick)| (range.clone(), pick.word.as_str()))
                .collect();
            proposals.push(Proposal {
                task,
                text: filled(text, &fills),
                route: Route::Fill,
                changes: words
                    .into_iter()
                    .map(|(range, pick)| Change {
                        old: text[range].to_owned(),
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

    /// Refuses fills that passed the gate and break the words beside them.
    fn neighbours(
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
        let (Some((filler, vocabulary)), Some(_)) = (&mut models.filler, &models.guards) else {
            return Ok(());
        };
        let passed: Vec<usize> = proposals
            .iter()
            .zip(&*verdicts)
            .enumerate()
            .filter(|(_, (proposal, (_, verdict)))| proposal.route == Route::Fill && verdict.is_ok())
            .map(|(index, _)| index)
            .collect();
        let pairs: Vec<(&str, &str)> = passed
            .iter()
            .map(|&index| {
                (
                    self.tasks[proposals[index].task].text,
                    proposals[index].text.as_str(),
                )
            })
            .collect();
        let kept = neighbours::kept(&pairs, &mut **filler, vocabulary, interrupt)?;
        for (index, kept) in passed.into_iter().zip(kept) {
            if kept < limits.neighbours {
                verdicts[index].1 = Err(Reason::Neighbours);
            }
        }
        Ok(())
    }

    fn translate(
        &self,
        open: &[usize],
        models: &mut Models<'_>,
        interrupt: &Interrupt,
        refuse: &mut dyn FnMut(usize, Reason),
    ) -> Result<Vec<Proposal>, RoundError> {
        let Some(translator) = &mut models.translator else {
            open.iter().for_each(|&task| refuse(task, Reason::NoTranslation));
            return Ok(Vec::new());
        };
        let requests: Vec<Request> = open
            .iter()
            .map(|&task| {
                let text = self.tasks[task].text;
                Request {
                    text: if casing::is_upper_text(text) {
                        casing::sentence_case(text)
                    } else {
                        text.to_owned()
                    },
                    number: self.number(task),
                }
            })
            .collect();
        let answers = translator.translate(&requests, interrupt)?;
        let mut proposals = Vec::with_capacity(open.len());
        for (&task, answer) in open.iter().zip(answers) {
            let hops = answer.unwrap_or_default();
            let Some(last) = hops.last().filter(|hop| !hop.text.trim().is_empty()) else {
                refuse(task, Reason::NoTranslation);
                continue;
            };
            let text = if casing::is_upper_text(self.tasks[task].text) {
                last.text.to_uppercase()
            } else {
                last.text.clone()
            };
            proposals.push(Proposal {
                task,
                text,
                route: Route::Translation,
                changes: Vec::new(),
                hops,
            });
        }
        Ok(proposals)
    }
}

#[cfg(test)]
mod tests;
