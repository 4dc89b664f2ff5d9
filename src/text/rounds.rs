//! Rounds: all open candidates advance together, one attempt a round, so that models see batches instead of single
//! sentences (Algorithm 1 of the paper, without its loop over sentences).
//!
//! An attempt's draws depend on (seed, source, copy, attempt) alone, so what becomes of a candidate does not depend
//! on which others share its rounds.

mod fills;
mod memory;
mod translations;

use std::collections::BTreeMap;
use std::ops::Range;

use super::candidate::{Change, Hop, Made, Outcome, Route, earlier, route};
use super::classifier::{self, Claim, Classifier};
use super::fill::{FillGuards, PickSettings, SlotSettings, Vocabulary, slots};
use super::gate::{Pair, Verdict};
use super::models::{BackTranslator, Filler, Meaning, RoundError};
use super::refusal::Reason;
use crate::draw::permuted;
use crate::run::interrupt::Interrupt;

pub use memory::Memory;

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

/// Decides candidates; their outcomes come in order.
///
/// # Errors
/// [`RoundError`]: nothing is decided then.
pub fn decide(
    tasks: &[Task<'_>],
    settings: &RoundSettings,
    models: &mut Models<'_>,
    memory: &mut Memory,
    interrupt: &Interrupt,
) -> Result<Vec<Outcome>, RoundError> {
    let places: Vec<Vec<Range<usize>>> = tasks.iter().map(|task| places(task, settings)).collect();
    memory.trim();
    let Memory { gate, picks: known } = memory;
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
        proposals.extend(asked.fill(&fills, models, known, interrupt, &mut refuse)?);
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
        asked.fluency(&proposals, &mut verdicts, gate.settings(), models, interrupt)?;
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
        .map(|(made, reasons)| Outcome { made, reasons })
        .collect())
}

/// Words of a sentence that may be replaced, at most: of a longer text so many are drawn, because guards look at each of
/// them in its context before the first attempt.
const PLACES: u64 = 32;

/// The places of the words that may be replaced.
fn places(task: &Task<'_>, settings: &RoundSettings) -> Vec<Range<usize>> {
    let all = slots(task.text, &settings.slots);
    let count = all.len() as u64;
    if count <= PLACES {
        return all;
    }
    let mut drawn: Vec<usize> = (0..PLACES)
        .map(|index| permuted(settings.seed, task.source, "places", count, index) as usize)
        .collect();
    drawn.sort_unstable();
    drawn
        .into_iter()
        .filter_map(|index| all.get(index).cloned())
        .collect()
}

/// What one round works on.
struct Asked<'a> {
    tasks: &'a [Task<'a>],
    places: &'a [Vec<Range<usize>>],
    settings: &'a RoundSettings,
    attempt: u32,
}

impl Asked<'_> {
    /// The proposals of a route that passed all tests so far: their places, and each beside its original.
    fn passed<'p>(
        &'p self,
        route: Route,
        proposals: &'p [Proposal],
        verdicts: &[Verdict],
    ) -> (Vec<usize>, Vec<(&'p str, &'p str)>) {
        let all = proposals.iter().zip(verdicts).enumerate();
        all.filter(|(_, (proposal, (_, verdict)))| proposal.route == route && verdict.is_ok())
            .map(|(index, (proposal, _))| {
                let original = self.tasks[proposal.task].text;
                (index, (original, proposal.text.as_str()))
            })
            .unzip()
    }

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
}

#[cfg(test)]
mod tests;
