//! The gate: is a new sentence really different, and does it still say the same?

use std::collections::HashMap;
use std::ops::Range;

use super::candidate::Scores;
use super::guard::Kept;
use super::language::Language;
use super::models::{Meaning, RoundError};
use super::refusal::Reason;
use super::sameness;
use super::words::words;
use crate::onnx::sentence::cosine;
use crate::run::interrupt::Interrupt;

/// What has to hold of a new sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct GateSettings {
    /// The least cosine of the two sentences.
    pub threshold: f64,
    /// Whether negations, numbers and names are compared.
    pub guarded: bool,
    /// The least cosine of the stretches around the change.
    pub window_threshold: f64,
    /// Words on either side of the change that belong to its stretch; 0 leaves the second cosine out.
    pub window_words: usize,
    /// The least share of its fluency that a translation keeps; 0 leaves that test out.
    pub fluency: f64,
    /// The language of the sentences.
    pub language: Language,
}

/// A new sentence beside its original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The original.
    pub old: &'a str,
    /// The new one.
    pub new: &'a str,
}

/// What the gate measured of a pair, and whether it passes.
pub type Verdict = (Scores, Result<(), Reason>);

/// Tests pairs of sentences; originals are encoded once.
#[derive(Debug)]
pub struct Gate {
    settings: GateSettings,
    vectors: HashMap<String, Vec<f32>>,
}

impl Gate {
    /// A gate that has seen nothing yet.
    #[must_use]
    pub fn new(settings: GateSettings) -> Self {
        Gate {
            settings,
            vectors: HashMap::new(),
        }
    }

    /// What it is set to.
    #[must_use]
    pub fn settings(&self) -> &GateSettings {
        &self.settings
    }

    /// What can be told without a model.
    ///
    /// # Errors
    /// Why the new sentence does not pass.
    pub fn check(&self, pair: Pair<'_>) -> Result<(), Reason> {
        if sameness::key(pair.old) == sameness::key(pair.new) {
            return Err(Reason::Same);
        }
        if self.settings.guarded {
            let language = &self.settings.language;
            Kept::of(pair.old, language).check(pair.new, language)?;
        }
        Ok(())
    }

    /// The scores of pairs that passed [`Gate::check`], in their order, with the verdict.
    ///
    /// # Errors
    /// [`RoundError`].
    pub fn judge(
        &mut self,
        pairs: &[Pair<'_>],
        model: &mut dyn Meaning,
        interrupt: &Interrupt,
    ) -> Result<Vec<Verdict>, RoundError> {
        let windows: Vec<Option<(&str, &str)>> = pairs.iter().map(|pair| self.windows(*pair)).collect();
        let mut texts: Vec<&str> = Vec::new();
        for (pair, window) in pairs.iter().zip(&windows) {
            if !self.vectors.contains_key(pair.old) {
                texts.push(pair.old);
            }
            texts.push(pair.new);
            texts.extend(window.iter().flat_map(|(old, new)| [*old, *new]));
        }
        texts.sort_unstable();
        texts.dedup();
        let found = model.vectors(&texts, interrupt)?;
        let vectors: HashMap<&str, &Vec<f32>> = texts.iter().copied().zip(&found).collect();
        let mut verdicts = Vec::with_capacity(pairs.len());
        for (pair, window) in pairs.iter().zip(windows) {
            let of = |text: &str| vectors.get(text).copied().or_else(|| self.vectors.get(text));
            let between = |old: &str, new: &str| match (of(old), of(new)) {
                (Some(old), Some(new)) => f64::from(cosine(old, new)),
                _ => 0.0,
            };
            let scores = Scores {
                similarity: between(pair.old, pair.new),
                window: window.map_or(1.0, |(old, new)| between(old, new)),
                classifier: None,
            };
            let verdict = if scores.similarity < self.settings.threshold {
                Err(Reason::Similarity)
            } else if scores.window < self.settings.window_threshold {
                Err(Reason::Window)
            } else {
                Ok(())
            };
            verdicts.push((scores, verdict));
        }
        for pair in pairs {
            if let (false, Some(&vector)) = (self.vectors.contains_key(pair.old), vectors.get(pair.old)) {
                self.vectors.insert(pair.old.to_owned(), vector.clone());
            }
        }
        Ok(verdicts)
    }

    /// How many originals have their vectors here.
    #[must_use]
    pub fn known(&self) -> usize {
        self.vectors.len()
    }

    /// Forgets the vectors of originals.
    pub fn forget(&mut self) {
        self.vectors.clear();
    }

    /// The stretches around the change in both sentences, if they are shorter than the sentences.
    fn windows<'a>(&self, pair: Pair<'a>) -> Option<(&'a str, &'a str)> {
        let width = self.settings.window_words;
        if width == 0 {
            return None;
        }
        let (old, new) = changed(pair.old, pair.new, width)?;
        let (old_part, new_part) = (&pair.old[old], &pair.new[new]);
        (old_part.len() < pair.old.trim().len()).then_some((old_part, new_part))
    }
}

/// The bytes of both texts from `width` words before the first word that differs to `width` words behind the last.
fn changed(old: &str, new: &str, width: usize) -> Option<(Range<usize>, Range<usize>)> {
    let (a, b) = (words(old), words(new));
    let same = |(x, y): &(&super::words::Word<'_>, &super::words::Word<'_>)| {
        x.text == y.text || x.text.to_lowercase() == y.text.to_lowercase()
    };
    let before = a.iter().zip(&b).take_while(same).count();
    let least = a.len().min(b.len());
    let after = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(same)
        .count()
        .min(least - before);
    let stretch = |words: &[super::words::Word<'_>]| {
        let first = before.saturating_sub(width);
        let last = (words.len() - after + width).min(words.len()).checked_sub(1)?;
        Some(words.get(first)?.range.start..words.get(last)?.range.end)
    };
    Some((stretch(&a)?, stretch(&b)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_around_a_change() {
        let old = "one two three four five six seven eight nine ten";
        let stretch = |new: &str| {
            let (a, b) = changed(old, new, 2).unwrap();
            (old[a].to_owned(), new[b].to_owned())
        };
        assert_eq!(
            stretch("one two three four FIFTH six seven eight nine ten"),
            (
                "three four five six seven".into(),
                "three four FIFTH six seven".into()
            )
        );
        assert_eq!(
            stretch("one two three four five and six seven eight nine ten"),
            ("four five six seven".into(), "four five and six seven".into())
        );
        assert_eq!(stretch("x"), (old.into(), "x".into()));
        assert_eq!(
            stretch("one two three four five six seven eight nine"),
            ("eight nine ten".into(), "eight nine".into())
        );
    }
}
