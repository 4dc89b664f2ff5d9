//! A candidate for a new sentence, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::refusal::Reason;
use crate::draw::Draw;

/// How a new sentence is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Words replaced by a masked language model.
    Fill,
    /// Translated into other languages and back.
    Translation,
}

impl Route {
    /// Its name in rows and ids.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Route::Fill => "fill",
            Route::Translation => "translation",
        }
    }
}

/// The route of an attempt: a draw that depends on (seed, source, copy, attempt) only.
#[must_use]
pub fn route(seed: u64, source: &str, copy: u64, attempt: u32, p_backtranslate: f64) -> Route {
    let mut draw = Draw::new(seed, source, &format!("route {copy} {attempt}"));
    if draw.unit() < p_backtranslate {
        Route::Translation
    } else {
        Route::Fill
    }
}

/// How many attempts of one route came before this one, over all copies of a source: fills and translations are
/// numbered by it, so that none is tried twice.
#[must_use]
pub fn earlier(seed: u64, source: &str, (copy, attempt): (u64, u32), attempts: u32, p: f64) -> u64 {
    let this = route(seed, source, copy, attempt, p);
    if p <= 0.0 || p >= 1.0 {
        return copy * u64::from(attempts) + u64::from(attempt);
    }
    let mut count = 0;
    for earlier in 0..=copy {
        let until = if earlier == copy { attempt } else { attempts };
        count += (0..until)
            .filter(|&at| route(seed, source, earlier, at, p) == this)
            .count() as u64;
    }
    count
}

/// A word that was replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The word of the original.
    pub old: String,
    /// What stands there now.
    pub new: String,
    /// Its probability in its place.
    pub probability: f64,
    /// That as a share of the original word's.
    pub plausibility: f64,
}

/// One translation of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hop {
    /// The language it is in.
    pub language: String,
    /// The text.
    pub text: String,
}

/// What the gate measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Cosine of the whole sentences.
    pub similarity: f64,
    /// Cosine of the stretches around the change; 1 where it was not asked for.
    pub window: f64,
    /// What the classifier gives the label of the row, or the entailment; `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub classifier: Option<f64>,
}

/// A new sentence that passed.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// The sentence.
    pub text: String,
    /// How it was made.
    pub route: Route,
    /// The attempt that gave it, from 1.
    pub attempts: u32,
    /// The words that were replaced.
    pub changes: Vec<Change>,
    /// Every hop of its translation, the last one being the sentence before its casing was put back.
    pub hops: Vec<Hop>,
    /// What the gate measured.
    pub scores: Scores,
}

/// What became of a candidate.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its sentence; none if no attempt passed.
    pub made: Option<Made>,
    /// How many attempts failed for which reason.
    pub reasons: BTreeMap<Reason, u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_of_a_route_are_numbered_without_gaps() {
        for p in [0.0, 0.3, 0.5, 1.0] {
            let (mut fills, mut translations) = (0, 0);
            for copy in 0..5 {
                for attempt in 0..10 {
                    let number = earlier(7, "a/b", (copy, attempt), 10, p);
                    let next = match route(7, "a/b", copy, attempt, p) {
                        Route::Fill => &mut fills,
                        Route::Translation => &mut translations,
                    };
                    assert_eq!(number, *next);
                    *next += 1;
                }
            }
            assert_eq!(fills + translations, 50);
            assert!((f64::from(u32::try_from(translations).unwrap()) / 50.0 - p).abs() < 0.25);
        }
    }
}
