//! A text classifier as a recipe asks for it: by the label of the row, or for natural language inference.

use std::collections::BTreeMap;

use super::classifier::{Claim, Classifier, Opinion};
use super::models::RoundError;
use crate::onnx::classifier::{Inference, TextClassifier};
use crate::run::interrupt::Interrupt;

/// The classifier of a gate.
#[derive(Debug)]
pub struct LabelGate {
    model: TextClassifier,
    names: BTreeMap<String, String>,
    least: f64,
}

/// What does not fit between the labels of a corpus and those of a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct LabelError {
    /// What was found and what is expected.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl LabelGate {
    /// A gate of a model. `names` says which of the model's labels stands for one of the corpus; others go by their own
    /// name. `least` is the least probability, 0 to 1, that the label, or entailment, needs beside being the likeliest.
    #[must_use]
    pub fn new(model: TextClassifier, names: BTreeMap<String, String>, least: f64) -> Self {
        LabelGate { model, names, least }
    }

    /// A hash of the model and of how it is asked.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let settings = format!("{} {:?} {}", self.model.hash(), self.names, self.least);
        *blake3::hash(settings.as_bytes()).as_bytes()
    }

    /// Whether every label of the corpus has one of the model. A model of inference needs none.
    ///
    /// # Errors
    /// [`LabelError`], with both lists.
    pub fn check(&self, corpus: &[&str]) -> Result<(), LabelError> {
        let model = self.model.labels();
        match self.model.inference() {
            None => fits(corpus, model, &self.names),
            Some(_) if self.names.is_empty() => Ok(()),
            Some(_) => Err(LabelError {
                message: format!(
                    "found labels for a model that has {}, expected none: it compares sentences and knows no labels of a corpus",
                    listed(model)
                ),
                hint: "leave labels out".to_owned(),
            }),
        }
    }
}

impl Classifier for LabelGate {
    fn judge(&mut self, claims: &[Claim<'_>], interrupt: &Interrupt) -> Result<Vec<Opinion>, RoundError> {
        let least = self.least;
        if let Some(inference) = self.model.inference() {
            let forward = claims.iter().map(|claim| (claim.pair.old, claim.pair.new));
            let backward = claims.iter().map(|claim| (claim.pair.new, claim.pair.old));
            let forward = self
                .model
                .classify_pairs(&forward.collect::<Vec<_>>(), interrupt)?;
            let backward = self
                .model
                .classify_pairs(&backward.collect::<Vec<_>>(), interrupt)?;
            let both = forward.iter().zip(&backward);
            return Ok(both
                .map(|both| match both {
                    (Some(forward), Some(backward)) => follows([forward, backward], inference, least),
                    // What the model can't read as a whole it can't agree with.
                    _ => Opinion {
                        probability: 0.0,
                        agrees: false,
                    },
                })
                .collect());
        }
        let texts: Vec<&str> = claims.iter().map(|claim| claim.pair.new).collect();
        let found = self.model.classify(&texts, interrupt)?;
        let wanted = claims
            .iter()
            .map(|claim| place(claim.label, self.model.labels(), &self.names));
        Ok(found
            .iter()
            .zip(wanted)
            .map(|(probabilities, wanted)| has(probabilities, wanted, least))
            .collect())
    }
}

/// Which of the model's labels stands for one of the corpus: the one that `names` says, or else its own name, first as
/// it is written, then in any case.
fn place(label: &str, model: &[String], names: &BTreeMap<String, String>) -> Option<usize> {
    let name = names.get(label).map_or(label, String::as_str);
    let lower = name.to_lowercase();
    let exact = model.iter().position(|known| known == name);
    exact.or_else(|| model.iter().position(|known| known.to_lowercase() == lower))
}

fn fits(corpus: &[&str], model: &[String], names: &BTreeMap<String, String>) -> Result<(), LabelError> {
    let hint = |label: &str| {
        format!(
            "labels = {{ {label:?} = \"...\" }} in [text.gate] classifier says which label of the model stands for one of \
             the corpus"
        )
    };
    let lists = || {
        format!(
            "the corpus has {}; the model has {}",
            listed(corpus),
            listed(model)
        )
    };
    if let Some(unknown) = names.keys().find(|name| !corpus.contains(&name.as_str())) {
        return Err(LabelError {
            message: format!(
                "found labels for {unknown:?}, which is no label of the corpus: {}",
                lists()
            ),
            hint: hint(corpus.first().unwrap_or(&"...")),
        });
    }
    let without: Vec<&str> = corpus
        .iter()
        .copied()
        .filter(|label| place(label, model, names).is_none())
        .collect();
    if without.is_empty() {
        return Ok(());
    }
    Err(LabelError {
        message: format!("the model has no label for {}: {}", listed(&without), lists()),
        hint: hint(without.first().unwrap_or(&"...")),
    })
}

/// Labels that a message names at most; some models have thousands.
const NAMED: usize = 30;

fn listed<S: AsRef<str>>(labels: &[S]) -> String {
    let mut named: Vec<String> = labels
        .iter()
        .take(NAMED)
        .map(|label| format!("{:?}", label.as_ref()))
        .collect();
    if labels.len() > NAMED {
        named.push(format!("and {} more", labels.len() - NAMED));
    }
    named.join(", ")
}

/// Whether the wanted label is the likeliest and likely enough.
fn has(probabilities: &[f64], wanted: Option<usize>, least: f64) -> Opinion {
    let probability = wanted.and_then(|wanted| probabilities.get(wanted)).copied();
    let agrees =
        probability.is_some_and(|own| own >= least && probabilities.iter().all(|&other| other <= own));
    Opinion {
        probability: probability.unwrap_or(0.0),
        agrees,
    }
}

/// Whether neither direction is rather a contradiction than anything else, and one rather an entailment and a likely
/// one.
fn follows(directions: [&Vec<f64>; 2], inference: Inference, least: f64) -> Opinion {
    let contradicts = |found: &&Vec<f64>| has(found, Some(inference.contradiction), 0.0).agrees;
    let entails = directions.map(|found| has(found, Some(inference.entailment), least));
    Opinion {
        probability: entails[0].probability.max(entails[1].probability),
        agrees: entails.iter().any(|one| one.agrees) && !directions.iter().any(contradicts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn labels_by_name_by_case_and_by_table() {
        let model = ["Joy", "joy", "ANGER", "sadness"].map(str::to_owned);
        let none = names(&[]);
        assert_eq!(place("joy", &model, &none), Some(1));
        assert_eq!(place("Anger", &model, &none), Some(2));
        assert_eq!(place("sad", &model, &none), None);
        assert_eq!(place("sad", &model, &names(&[("sad", "Sadness")])), Some(3));
        assert_eq!(fits(&["joy", "anger"], &model, &none), Ok(()));
    }

    #[test]
    fn labels_that_do_not_fit_are_told_with_both_lists() {
        let model = ["joy", "anger"].map(str::to_owned);
        let error = fits(&["joy", "sad", "neu"], &model, &names(&[("neu", "neutral")])).unwrap_err();
        assert_eq!(
            error.message,
            "the model has no label for \"sad\", \"neu\": the corpus has \"joy\", \"sad\", \"neu\"; the model has \
             \"joy\", \"anger\""
        );
        let many: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let error = fits(&["joy"], &many, &names(&[])).unwrap_err();
        assert!(error.message.ends_with("\"29\", and 970 more"), "{error}");
        let error = fits(&["joy"], &model, &names(&[("jyo", "joy")])).unwrap_err();
        assert!(
            error.message.contains("\"jyo\", which is no label of the corpus"),
            "{error}"
        );
    }

    #[test]
    fn the_label_has_to_be_the_likeliest_and_likely_enough() {
        let found = [0.2, 0.5, 0.3];
        assert!(has(&found, Some(1), 0.5).agrees);
        assert!(!has(&found, Some(1), 0.51).agrees);
        assert!(!has(&found, Some(2), 0.0).agrees);
        assert!(!has(&found, None, 0.0).agrees);
        assert_eq!(has(&found, Some(2), 0.0).probability, 0.3);
    }

    #[test]
    fn one_sentence_follows_from_the_other_and_none_contradicts() {
        let inference = Inference {
            contradiction: 0,
            entailment: 1,
        };
        let (against, follows_from, neutral) =
            (vec![0.8, 0.1, 0.1], vec![0.1, 0.7, 0.2], vec![0.1, 0.2, 0.7]);
        let ask = |a: &Vec<f64>, b: &Vec<f64>, least: f64| follows([a, b], inference, least);
        assert!(ask(&follows_from, &follows_from, 0.0).agrees);
        assert!(ask(&neutral, &follows_from, 0.7).agrees);
        assert!(!ask(&neutral, &follows_from, 0.71).agrees);
        assert!(!ask(&neutral, &neutral, 0.0).agrees);
        assert!(!ask(&follows_from, &against, 0.0).agrees);
        assert_eq!(ask(&against, &neutral, 0.0).probability, 0.2);
    }
}
