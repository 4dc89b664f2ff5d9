//! The last test of the gate: does a classifier agree that a new sentence has the label of its row?
//!
//! A model of labels has to find the row's label the likeliest. A model of natural language inference knows no labels:
//! there, one of original and new sentence has to follow from the other, and neither may contradict the other.

use std::collections::BTreeMap;

use super::gate::{Pair, Verdict};
use super::models::RoundError;
use super::refusal::Reason;
use crate::onnx::classifier::{Inference, TextClassifier};
use crate::run::interrupt::Interrupt;

/// A new sentence beside its original, and the label that it is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'a> {
    /// The sentences.
    pub pair: Pair<'a>,
    /// The label of the row.
    pub label: &'a str,
}

/// What a classifier says of a claim.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opinion {
    /// The probability of the label; of a model of inference, that one sentence follows from the other.
    pub probability: f64,
    /// Whether it agrees.
    pub agrees: bool,
}

/// Something that agrees with claims or not.
pub trait Classifier {
    /// An opinion of each claim, in order; none depends on the other claims.
    ///
    /// # Errors
    /// [`RoundError`].
    fn judge(&mut self, claims: &[Claim<'_>], interrupt: &Interrupt) -> Result<Vec<Opinion>, RoundError>;
}

/// Asks the classifier about the claims that passed everything else, and puts what it says into their verdicts.
///
/// # Errors
/// [`RoundError`].
pub fn confirm(
    claims: &[Claim<'_>],
    verdicts: &mut [Verdict],
    classifier: &mut dyn Classifier,
    interrupt: &Interrupt,
) -> Result<(), RoundError> {
    let passed = |verdict: &Verdict| verdict.1.is_ok();
    let open = claims.iter().zip(verdicts.iter());
    let asked: Vec<Claim<'_>> = open
        .filter(|(_, verdict)| passed(verdict))
        .map(|(claim, _)| *claim)
        .collect();
    let opinions = classifier.judge(&asked, interrupt)?;
    let open = verdicts.iter_mut().filter(|verdict| passed(verdict));
    for (verdict, opinion) in open.zip(opinions) {
        verdict.0.classifier = Some(opinion.probability);
        if !opinion.agrees {
            verdict.1 = Err(Reason::Classifier);
        }
    }
    Ok(())
}

/// A text classifier as the recipe asks for it.
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
    use crate::text::candidate::Scores;

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

    #[test]
    fn only_what_passed_is_asked_about() {
        struct Even(Vec<String>);
        impl Classifier for Even {
            fn judge(&mut self, claims: &[Claim<'_>], _: &Interrupt) -> Result<Vec<Opinion>, RoundError> {
                self.0
                    .extend(claims.iter().map(|claim| claim.pair.new.to_owned()));
                let opinion = |claim: &Claim<'_>| Opinion {
                    probability: 0.25,
                    agrees: claim.pair.new.len().is_multiple_of(2),
                };
                Ok(claims.iter().map(opinion).collect())
            }
        }
        let claims = ["a", "bb", "ccc", "dddd"].map(|new| Claim {
            pair: Pair { old: "x", new },
            label: "l",
        });
        let mut verdicts = vec![(Scores::default(), Ok(())); 4];
        verdicts[3].1 = Err(Reason::Similarity);
        let mut model = Even(Vec::new());
        confirm(&claims, &mut verdicts, &mut model, &Interrupt::default()).unwrap();
        assert_eq!(model.0, ["a", "bb", "ccc"]);
        let reasons: Vec<_> = verdicts.iter().map(|verdict| verdict.1).collect();
        assert_eq!(
            reasons,
            [
                Err(Reason::Classifier),
                Ok(()),
                Err(Reason::Classifier),
                Err(Reason::Similarity)
            ]
        );
        assert_eq!(verdicts[1].0.classifier, Some(0.25));
        assert_eq!(verdicts[3].0.classifier, None);
    }
}
