//! What the gate would let through of the recipe's own corpus.

use serde::Serialize;

use super::places::Filler;
use crate::draw::{Draw, permuted};
use crate::job::text::load::TextJob;
use crate::onnx::masked::MaskedLm;
use crate::onnx::sentence::{SentenceEncoder, cosine};
use crate::run::interrupt::Interrupt;
use crate::text::calibrate::{Flip, Group, Measured, flipped, group, measure};
use crate::text::fill::{FillGuards, Vocabulary};
use crate::text::gate::{Gate, Pair};
use crate::text::models::{Meaning as _, RoundError};
use crate::text::rounds::{Memory, Models, RoundSettings, Task, decide};

/// Sentences of the corpus that are looked at, at most.
const SENTENCES: u64 = 200;

/// What was found in the recipe's corpus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Own {
    /// Sentences that were drawn.
    pub sentences: usize,
    /// Training sentences that new ones may be made of.
    pub of: usize,
    /// The share of the sentences whose first fill passes; a sentence without one does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fills: Option<Group>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fills_left_out: Option<String>,
    /// Sentences whose meaning was changed by rule.
    pub flips: Vec<Group>,
    /// Cosines of sentences with another of their class.
    pub same_class: Spread,
    /// With one of another class.
    pub other_class: Spread,
}

/// Where cosines lie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// The middle one; 0 without any.
    pub median: f64,
    /// Of a hundred, 99 are not above it.
    pub p99: f64,
}

/// A sentence of the corpus: its source and its class.
#[derive(Clone, Copy)]
struct Drawn {
    source: usize,
    class: usize,
}

/// Measures sentences of the corpus; `None` if it has none that new ones may be made of.
pub(super) fn own(
    job: &TextJob,
    model: &mut SentenceEncoder,
    filler: Filler,
    thresholds: &[f64],
    interrupt: &Interrupt,
) -> Result<Option<Own>, RoundError> {
    let pools = job.needs.iter().enumerate();
    let all: Vec<Drawn> = pools
        .flat_map(|(class, need)| {
            let drawn = move |&source: &u32| Drawn {
                source: source as usize,
                class,
            };
            need.pool.iter().map(drawn)
        })
        .collect();
    let (seed, count) = (job.recipe.seed, all.len() as u64);
    let drawn: Vec<Drawn> = (0..count.min(SENTENCES))
        .filter_map(|index| usize::try_from(permuted(seed, "calibrate", "sentences", count, index)).ok())
        .filter_map(|at| all.get(at).copied())
        .collect();
    if drawn.is_empty() {
        return Ok(None);
    }
    let text = |one: &Drawn| job.utterances[one.source].text.trim();
    let section = &job.recipe.text;
    let mut gate = Gate::new(section.gate.settings(section.threshold, section.language));
    let mut flips = Vec::new();
    for flip in Flip::ALL {
        let news: Vec<(&str, String)> = drawn
            .iter()
            .filter_map(|one| {
                let mut draw = Draw::new(seed, &job.utterances[one.source].id, "calibrate flip");
                Some((text(one), flipped(text(one), flip, &section.language, &mut draw)?))
            })
            .collect();
        let pairs: Vec<Pair<'_>> = news.iter().map(|(old, new)| Pair { old, new }).collect();
        let measured = measure(&pairs, &mut gate, model, interrupt)?;
        flips.push(group(flip.name(), Some(false), measured.into_iter(), thresholds));
    }
    let (fills, fills_left_out) = match filler {
        Ok((mut filler, vocabulary)) => {
            let new = first_fills(job, &drawn, (&mut filler, &vocabulary), model, interrupt)?;
            let pairs: Vec<Pair<'_>> = new.iter().map(|(old, new)| Pair { old, new }).collect();
            let measured = measure(&pairs, &mut gate, model, interrupt)?;
            // A sentence without a fill passes no threshold.
            let none = Measured {
                similarity: f64::NEG_INFINITY,
                guards: false,
            };
            let all = measured
                .into_iter()
                .chain(std::iter::repeat(none))
                .take(drawn.len());
            (Some(group("first fill", None, all, thresholds)), None)
        }
        Err(reason) => (None, Some(reason)),
    };
    Ok(Some(Own {
        sentences: drawn.len(),
        of: all.len(),
        fills,
        fills_left_out,
        flips,
        same_class: unrelated(job, &drawn, &all, true, model, interrupt)?,
        other_class: unrelated(job, &drawn, &all, false, model, interrupt)?,
    }))
}

/// The first fill of each sentence that has one, as a run makes it, whatever its cosine.
fn first_fills<'a>(
    job: &'a TextJob,
    drawn: &[Drawn],
    (filler, vocabulary): (&mut MaskedLm, &Vocabulary),
    model: &mut SentenceEncoder,
    interrupt: &Interrupt,
) -> Result<Vec<(&'a str, String)>, RoundError> {
    let text = &job.recipe.text;
    let tasks: Vec<Task<'a>> = drawn
        .iter()
        .map(|one| {
            let utterance = &job.utterances[one.source];
            Task {
                source: &utterance.id,
                text: utterance.text.trim(),
                label: &utterance.label,
                copy: 0,
            }
        })
        .collect();
    let settings = RoundSettings {
        attempts: 1,
        p_backtranslate: 0.0,
        ..job.rounds()
    };
    let mut open = text.gate.settings(-1.0, text.language);
    open.guarded = false;
    open.window_words = 0;
    let mut guards = match text.gate.guarded {
        true => Some(FillGuards::learn(
            filler,
            vocabulary,
            text.language.code,
            interrupt,
        )?),
        false => None,
    };
    let mut models = Models {
        filler: Some((filler, vocabulary)),
        guards: guards.as_mut(),
        translator: None,
        meaning: model,
        classifier: None,
    };
    let outcomes = decide(&tasks, &settings, &mut models, &mut Memory::new(open), interrupt)?;
    Ok(tasks
        .iter()
        .zip(outcomes)
        .filter_map(|(task, outcome)| Some((task.text, outcome.made?.text)))
        .collect())
}

/// How near sentences lie to a keyed other one of their class, or of another class.
fn unrelated(
    job: &TextJob,
    drawn: &[Drawn],
    all: &[Drawn],
    same: bool,
    model: &mut SentenceEncoder,
    interrupt: &Interrupt,
) -> Result<Spread, RoundError> {
    let seed = job.recipe.seed;
    let purpose = if same { "calibrate same" } else { "calibrate other" };
    let mut texts: Vec<&str> = Vec::new();
    for one in drawn {
        let fits = |other: &&Drawn| (other.class == one.class) == same && other.source != one.source;
        let count = all.iter().filter(fits).count() as u64;
        let at = Draw::new(seed, &job.utterances[one.source].id, purpose).below(count);
        let Some(other) = usize::try_from(at)
            .ok()
            .and_then(|at| all.iter().filter(fits).nth(at))
        else {
            continue;
        };
        texts.push(job.utterances[one.source].text.trim());
        texts.push(job.utterances[other.source].text.trim());
    }
    let vectors = model.vectors(&texts, interrupt)?;
    let mut cosines: Vec<f64> = vectors
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [a, b] => Some(f64::from(cosine(a, b))),
            _ => None,
        })
        .collect();
    cosines.sort_by(f64::total_cmp);
    Ok(spread(&cosines))
}

/// The median and the 99th percentile of sorted numbers, by nearest rank.
fn spread(sorted: &[f64]) -> Spread {
    let at = |share: f64| {
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().unwrap_or(0.0)
    };
    Spread {
        count: sorted.len(),
        median: at(0.5),
        p99: at(0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let numbers: Vec<f64> = (1..=200).map(f64::from).collect();
        let found = spread(&numbers);
        assert_eq!((found.count, found.median, found.p99), (200, 100.0, 198.0));
        assert_eq!(spread(&[0.5]).p99, 0.5);
        assert_eq!(spread(&[]), Spread::default());
    }
}
