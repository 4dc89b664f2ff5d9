//! The words to put into one slot, in the order in which attempts take them.

use super::polarity::Polarity;
use super::vocabulary::Vocabulary;
use crate::draw::Draw;
use crate::onnx::masked::log_sum_exp;

/// What decides about words.
#[derive(Debug, Clone, PartialEq)]
pub struct PickSettings {
    /// How many of the likeliest words may come.
    pub top_k: usize,
    /// How much likelier words are preferred: each weighs probability^(1/temperature).
    pub temperature: f64,
    /// The least probability, as a share of the original word's; 0 lets everything come.
    pub floor: f64,
    /// Whether inflected forms must agree (plural with plural, "-ing" with "-ing", ...).
    pub same_form: bool,
}

/// A word for a slot.
#[derive(Debug, Clone, PartialEq)]
pub struct Pick {
    /// The word, in lower case.
    pub word: String,
    /// Its probability in the slot.
    pub probability: f64,
    /// Its probability as a share of the original word's (of the likeliest word's, where the original is no single
    /// token).
    pub plausibility: f64,
}

/// The words for a slot of one sentence: the likeliest that fit, in an order drawn without replacement where likelier
/// words tend to come first (Efraimidis and Spirakis 2006). `old` is the original word in lower case; the key is
/// (seed, id).
#[must_use]
pub fn picks(
    logits: &[f32],
    old: &str,
    vocabulary: &Vocabulary,
    polarity: Option<&Polarity>,
    settings: &PickSettings,
    (seed, id): (u64, &str),
) -> Vec<Pick> {
    let total = log_sum_exp(logits);
    let log_probability = |token: usize| logits.get(token).map(|&logit| f64::from(logit) - total);
    let mut known: Vec<(usize, &str, f64)> = vocabulary
        .iter()
        .filter_map(|(token, word)| Some((token, word, log_probability(token)?)))
        .filter(|(_, word, _)| *word != old)
        .collect();
    let reference = vocabulary.id(old).and_then(log_probability).unwrap_or_else(|| {
        known
            .iter()
            .map(|&(_, _, probability)| probability)
            .fold(f64::NEG_INFINITY, f64::max)
    });
    // More than are asked for, as some of them will not fit.
    let many = settings.top_k.saturating_mul(8).max(64);
    let higher = |a: &(usize, &str, f64), b: &(usize, &str, f64)| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0));
    if many < known.len() {
        known.select_nth_unstable_by(many, higher);
        known.truncate(many);
    }
    known.sort_unstable_by(higher);
    let mut drawn: Vec<(f64, usize, Pick)> = known
        .into_iter()
        .filter(|&(_, _, log)| settings.floor <= 0.0 || log - reference >= settings.floor.ln())
        .filter(|(_, word, _)| !is_inflection(old, word))
        .filter(|(_, word, _)| !settings.same_form || form(old) == form(word))
        .filter(|(_, word, _)| polarity.is_none_or(|polarity| !polarity.differs(old, word)))
        .take(settings.top_k)
        .map(|(token, word, log)| {
            let pick = Pick {
                word: word.to_owned(),
                probability: log.exp(),
                plausibility: (log - reference).exp(),
            };
            // −ln(u) / w, smallest first; in logarithms, as weights may be too small to be written.
            let unit = Draw::new(seed, id, &format!("pick {word}"))
                .unit()
                .max(f64::MIN_POSITIVE);
            let order = (-unit.ln()).max(f64::MIN_POSITIVE).ln() - log / settings.temperature.max(1e-6);
            (order, token, pick)
        })
        .collect();
    drawn.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    drawn.into_iter().map(|(_, _, pick)| pick).collect()
}

/// Whether two words are forms of one: then nothing was replaced. Snowball's English stemmer.
fn is_inflection(old: &str, new: &str) -> bool {
    let stemmer = rust_stemmers::Stemmer::create(rust_stemmers::Algorithm::English);
    stemmer.stem(old) == stemmer.stem(new)
}

/// What the ending of a word says about its form. Coarse, but a plural for a singular breaks most sentences.
fn form(word: &str) -> &'static str {
    let long = word.chars().count() > 4;
    let ends = |ending: &str| long && word.ends_with(ending);
    match () {
        () if ends("ing") => "ing",
        () if ends("ed") => "ed",
        () if ends("ly") => "ly",
        () if ends("est") => "est",
        () if ends("ss") || ends("us") || ends("is") || ends("ous") => "",
        () if word.chars().count() > 3 && word.ends_with('s') => "s",
        () => "",
    }
}
