//! The words to put into one slot, in the order in which attempts take them.

use super::article;
use super::guards::{FillGuards, FillLimits};
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
    /// What they have to reach; `None` lets every word come but the original one.
    pub limits: Option<FillLimits>,
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
    /// Where it stands in the drawn order, which goes across slots: lower ones first.
    pub order: f64,
}

/// The likeliest words that are looked at where guards will leave few of them.
const POOL: usize = 128;

/// The words that may come into a slot, likeliest first: the `top_k` likeliest, or under guards all of a larger number
/// that pass what can be told without their vectors. `left` is the text before the slot, `old` the original word in
/// lower case.
#[must_use]
pub fn shortlist(
    logits: &[f32],
    (left, old): (&str, &str),
    vocabulary: &Vocabulary,
    guards: Option<&FillGuards>,
    settings: &PickSettings,
) -> Vec<Pick> {
    let total = log_sum_exp(logits);
    let log_probability = |token: usize| logits.get(token).map(|&logit| f64::from(logit) - total);
    let mut known: Vec<(usize, &str, f64)> = vocabulary
        .iter()
        .filter_map(|(token, word)| Some((token, word, log_probability(token)?)))
        .filter(|(_, word, _)| *word != old)
        .collect();
    let own = vocabulary.id(old);
    let reference = own.and_then(log_probability).unwrap_or_else(|| {
        known
            .iter()
            .map(|&(_, _, probability)| probability)
            .fold(f64::NEG_INFINITY, f64::max)
    });
    let many = match settings.limits {
        Some(_) => settings.top_k.max(POOL),
        None => settings.top_k,
    };
    let higher = |a: &(usize, &str, f64), b: &(usize, &str, f64)| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0));
    if many < known.len() {
        known.select_nth_unstable_by(many, higher);
        known.truncate(many);
    }
    known.sort_unstable_by(higher);
    let fits = |&(token, word, log): &(usize, &str, f64)| {
        let Some(limits) = settings.limits else {
            return true;
        };
        let plausible = limits.plausibility <= 0.0 || log - reference >= limits.plausibility.ln();
        if !plausible || is_inflection(old, word) || form(old) != form(word) {
            return false;
        }
        let Some(guards) = guards else { return true };
        let of_kind = match (&guards.kinds, own) {
            (Some(kinds), Some(own)) => kinds.alike(own, token) >= limits.kind,
            // What the model does not know as a word cannot be compared.
            (Some(_), None) => limits.kind <= 0.0,
            (None, _) => true,
        };
        let english = guards.polarity.is_english();
        of_kind && (!english || article::agrees(left, word)) && !guards.polarity.differs(old, word)
    };
    known
        .into_iter()
        .filter(fits)
        .map(|(_, word, log)| Pick {
            word: word.to_owned(),
            probability: log.exp(),
            plausibility: (log - reference).exp(),
            order: 0.0,
        })
        .collect()
}

/// The `top_k` likeliest of a shortlist, in an order drawn without replacement where likelier words tend to come first
/// (Efraimidis and Spirakis 2006). The key is (seed, id).
#[must_use]
pub fn ordered(shortlist: Vec<Pick>, settings: &PickSettings, (seed, id): (u64, &str)) -> Vec<Pick> {
    let mut drawn: Vec<Pick> = shortlist
        .into_iter()
        .take(settings.top_k)
        .map(|pick| {
            // −ln(u) / w, smallest first; in logarithms, as weights may be too small to be written.
            let unit = Draw::new(seed, id, &format!("pick {}", pick.word))
                .unit()
                .max(f64::MIN_POSITIVE);
            let weight = pick.probability.max(f64::MIN_POSITIVE).ln() / settings.temperature.max(1e-6);
            let order = (-unit.ln()).max(f64::MIN_POSITIVE).ln() - weight;
            Pick { order, ..pick }
        })
        .collect();
    // Stable: what was drawn equal keeps the likelier word first.
    drawn.sort_by(|a, b| a.order.total_cmp(&b.order));
    drawn
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fill::{Nearness, Polarity};

    fn vocabulary(words: &[&str]) -> Vocabulary {
        Vocabulary::new(words.iter().map(|word| Some((*word).to_owned())))
    }

    fn limits() -> FillLimits {
        FillLimits {
            plausibility: 0.0,
            probability: 0.0,
            synonym: 1.0,
            kind: 0.0,
            nearness: 0.0,
            neighbours: 0.0,
        }
    }

    fn settings(limits: Option<FillLimits>) -> PickSettings {
        PickSettings {
            top_k: 10,
            temperature: 1.0,
            limits,
        }
    }

    fn words(picks: &[Pick]) -> Vec<&str> {
        picks.iter().map(|pick| pick.word.as_str()).collect()
    }

    #[test]
    fn without_guards_the_likeliest_words_come() {
        let vocabulary = vocabulary(&["dog", "dogs", "cat", "awful", "idea"]);
        let mut settings = settings(None);
        let logits = [9.0, 5.0, 4.0, 3.0, 2.0];
        let all = shortlist(&logits, ("a ", "dog"), &vocabulary, None, &settings);
        assert_eq!(words(&all), ["dogs", "cat", "awful", "idea"]);
        assert!((all[1].plausibility - (-5.0_f64).exp()).abs() < 1e-6);
        settings.top_k = 2;
        let two = shortlist(&logits, ("a ", "dog"), &vocabulary, None, &settings);
        assert_eq!(words(&two), ["dogs", "cat"]);
    }

    #[test]
    fn guards_refuse_what_is_implausible_inflected_or_of_another_form() {
        let vocabulary = vocabulary(&["dog", "dogs", "doggie", "cat", "cows", "running", "wolf"]);
        let logits = [5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 0.0];
        let mut limits = limits();
        limits.plausibility = 0.05;
        let found = shortlist(&logits, ("", "dog"), &vocabulary, None, &settings(Some(limits)));
        // "wolf" has e⁻⁵ of the probability of "dog"; "doggie" is a word of its own to the stemmer.
        assert_eq!(words(&found), ["doggie", "cat"]);
    }

    #[test]
    fn guards_refuse_another_feeling_and_a_broken_article() {
        let vocabulary = vocabulary(&["afraid", "scared", "ready", "fearful", "anxious"]);
        let guards = FillGuards {
            polarity: Polarity::new("en"),
            kinds: None,
            near: Nearness::new(),
        };
        let settings = settings(Some(limits()));
        // "scared" ends like another form of a verb.
        let list = |left: &str| shortlist(&[0.0; 5], (left, "afraid"), &vocabulary, Some(&guards), &settings);
        assert_eq!(words(&list("I am ")), ["fearful", "anxious"]);
        assert_eq!(words(&list("A ")), ["fearful"]);
        assert_eq!(words(&list("An ")), ["anxious"]);
        let spanish = FillGuards {
            polarity: Polarity::new("es"),
            ..guards
        };
        let of_spanish = shortlist(
            &[0.0; 5],
            ("Voy a ", "afraid"),
            &vocabulary,
            Some(&spanish),
            &settings,
        );
        assert_eq!(words(&of_spanish), ["ready", "fearful", "anxious"]);
    }

    #[test]
    fn likelier_words_tend_to_come_first_and_none_comes_twice() {
        let pick = |word: &str, probability: f64| Pick {
            word: word.to_owned(),
            probability,
            plausibility: 1.0,
            order: 0.0,
        };
        let mut first = 0;
        for source in 0..400 {
            let list = vec![pick("likely", 0.75), pick("rare", 0.25), pick("late", 0.1)];
            let mut settings = settings(None);
            settings.top_k = 2;
            let order = ordered(list, &settings, (7, &source.to_string()));
            assert_eq!(order.len(), 2);
            assert_ne!(order[0].word, order[1].word);
            first += usize::from(order[0].word == "likely");
        }
        // 300 are expected; the standard deviation is 9.
        assert!((265..=335).contains(&first), "{first}");
    }
}
