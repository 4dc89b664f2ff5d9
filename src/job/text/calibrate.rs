//! `augment text calibrate`: what a recipe's gate lets through at each threshold, over the bundled tables and over the
//! recipe's own corpus.

use serde::Serialize;

use super::load::{LoadOptions, TextJob};
use super::models::ModelsError;
use crate::draw::{Draw, permuted};
use crate::onnx::engine::Engine;
use crate::onnx::folder::{ModelFolder, Precision};
use crate::onnx::hub::catalogue::Role;
use crate::onnx::hub::environment::Environment;
use crate::onnx::hub::installed::resolve;
use crate::onnx::hub::reference::Reference;
use crate::onnx::masked::MaskedLm;
use crate::onnx::sentence::{SentenceEncoder, cosine};
use crate::recipe::{TextRecipe, TextSection};
use crate::run::interrupt::Interrupt;
use crate::text::calibrate::{
    Example, Flip, Group, Length, Measured, fills, flipped, group, measure, pairs, thresholds,
};
use crate::text::fill::{FillGuards, Polarity, Slots, Vocabulary};
use crate::text::gate::{Gate, Pair};
use crate::text::language::Language;
use crate::text::models::{Meaning as _, RoundError};
use crate::text::rounds::{Memory, Models, RoundSettings, Task, decide};

/// Sentences of the corpus that are looked at, at most.
const SENTENCES: u64 = 200;

/// Why there is no calibration.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// The encoder can't be had.
    #[error(transparent)]
    Models(#[from] ModelsError),
    /// A model failed.
    #[error(transparent)]
    Round(#[from] RoundError),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// The encoder, as the recipe names it.
    pub encoder: String,
    /// In which numbers it computes.
    pub precision: String,
    /// Its hash, 64 hexadecimal digits.
    pub hash: String,
    /// The recipe's threshold.
    pub threshold: f64,
    /// Whether the recipe asks for the guards.
    pub guarded: bool,
    /// Words on either side of a change in the second cosine, 0 for none.
    pub window_words: usize,
    /// The least second cosine.
    pub window_threshold: f64,
    /// The thresholds that the shares are for, in order.
    pub thresholds: Vec<f64>,
    /// The bundled pairs by their kind.
    pub pairs: Vec<Group>,
    /// The bundled pairs by whether the meaning is kept, and by length.
    pub lengths: Vec<Group>,
    /// The bundled fills by what was said of them.
    pub fills: Vec<Group>,
    /// The recipe's own corpus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus: Option<Own>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corpus_left_out: Option<String>,
}

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

/// Where the models of a calibration are.
#[derive(Debug)]
pub struct CalibrationPlaces {
    encoder: ModelFolder,
    fill: Result<ModelFolder, String>,
}

/// Finds the models.
///
/// # Errors
/// [`ModelsError`] if the encoder is not there, with its size and the command that gets it. A missing model for fills
/// is no error: that part is left out.
pub fn find_for_calibration(recipe: &TextRecipe) -> Result<CalibrationPlaces, ModelsError> {
    let environment = Environment::of_process()?;
    let folder = |name: &str, role: Role, precision: Precision| -> Result<ModelFolder, ModelsError> {
        let reference = match Reference::parse(name)? {
            // Paths in a recipe are relative to its file.
            Reference::Folder(path) => Reference::Folder(recipe.base().join(path)),
            other => other,
        };
        Ok(resolve(&reference, Some(role), precision, &environment)?.folder)
    };
    let TextSection { gate, fill, .. } = &recipe.text;
    Ok(CalibrationPlaces {
        encoder: folder(&gate.model, Role::SentenceEncoder, gate.precision)?,
        fill: match recipe.text.p_backtranslate < 1.0 {
            true => folder(&fill.model, Role::MaskedLm, fill.precision).map_err(|error| error.to_string()),
            false => Err("the recipe makes no fills (p_backtranslate = 1)".to_owned()),
        },
    })
}

/// Measures the bundled tables and the recipe's corpus. A corpus that can't be read is left out, with the reason.
///
/// # Errors
/// [`CalibrateError`].
pub fn calibrate(
    recipe: TextRecipe,
    places: &CalibrationPlaces,
    engine: &Engine,
    interrupt: &Interrupt,
) -> Result<Calibration, CalibrateError> {
    let text = &recipe.text;
    let mut model =
        SentenceEncoder::open(engine, &places.encoder, text.gate.precision).map_err(ModelsError::from)?;
    let thresholds = thresholds(text.threshold);
    // The bundled tables are English whatever the corpus is.
    let mut gate = Gate::new(text.gate.settings(text.threshold, Language::of("en")));
    let pairs = pairs();
    let measured = measure(&as_pairs(&pairs), &mut gate, &mut model, interrupt)?;
    let fills = fills();
    let mut of_fills = measure(&as_pairs(&fills), &mut gate, &mut model, interrupt)?;
    if text.gate.guarded {
        // Fills are guarded once more, where they are made.
        let polarity = Polarity::new("en");
        for (example, one) in fills.iter().zip(&mut of_fills) {
            let (old, new) = &example.words;
            one.guards &= !polarity.differs(&old.to_lowercase(), &new.to_lowercase());
        }
    }
    let mut found = Calibration {
        encoder: text.gate.model.clone(),
        precision: text.gate.precision.to_string(),
        hash: model.hash().to_owned(),
        threshold: text.threshold,
        guarded: text.gate.guarded,
        window_words: text.gate.window_words,
        window_threshold: text.gate.window_threshold,
        pairs: by_kind(&pairs, &measured, &thresholds),
        lengths: by_length(&pairs, &measured, &thresholds),
        fills: by_kind(&fills, &of_fills, &thresholds),
        corpus: None,
        corpus_left_out: None,
        thresholds,
    };
    match TextJob::load(recipe, LoadOptions::default()) {
        Ok(job) => {
            let filler = filler(places, &job.recipe.text, engine);
            match own(&job, &mut model, filler, &found.thresholds, interrupt)? {
                Some(own) => found.corpus = Some(own),
                None => {
                    found.corpus_left_out = Some("it has no sentence that new ones may be made of".to_owned())
                }
            }
        }
        Err(error) => found.corpus_left_out = Some(error.to_string()),
    }
    Ok(found)
}

fn as_pairs(examples: &[Example]) -> Vec<Pair<'_>> {
    let pairs = examples.iter().map(|example| Pair {
        old: &example.old,
        new: &example.new,
    });
    pairs.collect()
}

/// The groups of the kinds in the order of the table, those that keep the meaning first, each with their sum.
fn by_kind(examples: &[Example], measured: &[Measured], thresholds: &[f64]) -> Vec<Group> {
    let of = |name: &str, keeps: bool, take: &dyn Fn(&Example) -> bool| {
        let chosen = examples.iter().zip(measured).filter(|(example, _)| take(example));
        group(name, Some(keeps), chosen.map(|(_, one)| *one), thresholds)
    };
    let mut groups = Vec::new();
    for keeps in [true, false] {
        let mut kinds: Vec<_> = examples.iter().map(|example| example.kind).collect();
        kinds.retain(|kind| kind.keeps() == keeps);
        kinds.dedup();
        groups.extend(
            kinds
                .iter()
                .map(|&kind| of(kind.name(), keeps, &|example| example.kind == kind)),
        );
        if kinds.len() > 1 {
            let name = if keeps {
                "all that keep the meaning"
            } else {
                "all that change it"
            };
            groups.push(of(name, keeps, &|example| example.kind.keeps() == keeps));
        }
    }
    groups
}

fn by_length(examples: &[Example], measured: &[Measured], thresholds: &[f64]) -> Vec<Group> {
    let mut groups = Vec::new();
    for keeps in [true, false] {
        for length in Length::ALL {
            let chosen = examples
                .iter()
                .zip(measured)
                .filter(|(example, _)| example.kind.keeps() == keeps && Length::of(&example.old) == length);
            let what = if keeps { "kept" } else { "changed" };
            let name = format!("{what}, {}", length.name());
            groups.push(group(name, Some(keeps), chosen.map(|(_, one)| *one), thresholds));
        }
    }
    groups
}

type Filler = Result<(MaskedLm, Vocabulary), String>;

fn filler(places: &CalibrationPlaces, text: &TextSection, engine: &Engine) -> Filler {
    let folder = places.fill.as_ref().map_err(Clone::clone)?;
    let model = MaskedLm::open(engine, folder, text.fill.precision).map_err(|error| error.to_string())?;
    let mut vocabulary = Vocabulary::of(model.tokens());
    if text.fill.words == Slots::Content {
        vocabulary = vocabulary.content(&text.language);
    }
    Ok((model, vocabulary))
}

/// A sentence of the corpus: its source and its class.
#[derive(Clone, Copy)]
struct Drawn {
    source: usize,
    class: usize,
}

fn own(
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

    #[test]
    fn groups_of_the_tables_with_their_sums() {
        let examples = pairs();
        let measured: Vec<Measured> = examples
            .iter()
            .map(|example| Measured {
                similarity: if example.kind.keeps() { 0.95 } else { 0.5 },
                guards: true,
            })
            .collect();
        let groups = by_kind(&examples, &measured, &[0.4, 0.9]);
        let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "synonym",
                "paraphrase",
                "writing",
                "function word",
                "all that keep the meaning",
                "word order",
                "negation",
                "number",
                "name",
                "opposite",
                "all that change it"
            ]
        );
        for group in &groups {
            let kept = group.keeps == Some(true);
            assert_eq!(group.alone, [1.0, f64::from(u8::from(kept))]);
        }
        let sums = groups.iter().filter(|group| group.name.starts_with("all"));
        assert_eq!(sums.map(|group| group.count).sum::<usize>(), examples.len());
        let lengths = by_length(&examples, &measured, &[0.9]);
        assert_eq!(
            lengths.iter().map(|group| group.count).sum::<usize>(),
            examples.len()
        );
    }
}
