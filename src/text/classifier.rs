//! The last test of the gate: does a classifier agree that a new sentence has the label of its row?
//!
//! A model of labels has to find the row's label the likeliest. A model of natural language inference knows no labels:
//! there, one of original and new sentence has to follow from the other, and neither may contradict the other.

use super::gate::{Pair, Verdict};
use super::models::RoundError;
use super::refusal::Reason;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::candidate::Scores;

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
