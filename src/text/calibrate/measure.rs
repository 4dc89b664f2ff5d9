//! Measuring pairs once, and the shares that pass at each threshold.

use crate::run::interrupt::Interrupt;
use crate::text::gate::{Gate, Pair};
use crate::text::models::{Meaning, RoundError};

/// The thresholds that are shown.
pub const THRESHOLDS: [f64; 9] = [0.70, 0.75, 0.80, 0.85, 0.90, 0.92, 0.94, 0.96, 0.98];

/// These with a recipe's own, in order.
#[must_use]
pub fn thresholds(own: f64) -> Vec<f64> {
    let mut all = THRESHOLDS.to_vec();
    if !all.contains(&own) {
        all.push(own);
    }
    all.sort_by(f64::total_cmp);
    all
}

/// What there is to know of a pair at any threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The cosine of the sentences.
    pub similarity: f64,
    /// Whether all else that the gate asks for holds: a real difference, the guards, the second cosine.
    pub guards: bool,
}

impl Measured {
    /// Whether it passes a threshold, by the cosine alone or with the guards.
    #[must_use]
    pub fn passes(self, threshold: f64, guarded: bool) -> bool {
        self.similarity >= threshold && (self.guards || !guarded)
    }
}

/// Measures pairs; the gate's own threshold counts for nothing.
///
/// # Errors
/// [`RoundError`].
pub fn measure(
    pairs: &[Pair<'_>],
    gate: &mut Gate,
    model: &mut dyn Meaning,
    interrupt: &Interrupt,
) -> Result<Vec<Measured>, RoundError> {
    let verdicts = gate.judge(pairs, model, interrupt)?;
    gate.forget();
    let least = gate.settings().window_threshold;
    let measured = pairs.iter().zip(verdicts).map(|(pair, (scores, _))| Measured {
        similarity: scores.similarity,
        guards: gate.check(*pair).is_ok() && scores.window >= least,
    });
    Ok(measured.collect())
}

/// The shares of some pairs that pass, 0 to 1, one a threshold.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Group {
    /// What the pairs have in common.
    pub name: String,
    /// Whether they mean the same, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keeps: Option<bool>,
    /// How many there are.
    pub count: usize,
    /// By the cosine alone.
    pub alone: Vec<f64>,
    /// With the recipe's guards.
    pub guarded: Vec<f64>,
}

/// The shares of pairs that pass at each threshold; of none, 0.
pub fn group(
    name: impl Into<String>,
    keeps: Option<bool>,
    measured: impl Iterator<Item = Measured>,
    thresholds: &[f64],
) -> Group {
    let measured: Vec<Measured> = measured.collect();
    let shares = |guarded: bool| {
        let share = |&threshold: &f64| {
            let passed = measured
                .iter()
                .filter(|one| one.passes(threshold, guarded))
                .count();
            passed as f64 / measured.len().max(1) as f64
        };
        thresholds.iter().map(share).collect()
    };
    Group {
        name: name.into(),
        keeps,
        count: measured.len(),
        alone: shares(false),
        guarded: shares(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::gate::GateSettings;
    use crate::text::language::Language;

    #[test]
    fn the_recipes_own_threshold_takes_its_place() {
        assert_eq!(thresholds(0.9), THRESHOLDS);
        let all = thresholds(0.87);
        assert_eq!(all.len(), 10);
        assert_eq!(all[4], 0.87);
    }

    #[test]
    fn shares_at_each_threshold() {
        let measured = [(0.95, true), (0.91, false), (0.75, true), (0.60, true)]
            .map(|(similarity, guards)| Measured { similarity, guards });
        let found = group("x", Some(true), measured.into_iter(), &[0.7, 0.9, 0.96]);
        assert_eq!(found.count, 4);
        assert_eq!(found.alone, [0.75, 0.5, 0.0]);
        assert_eq!(found.guarded, [0.5, 0.25, 0.0]);
        assert_eq!(group("none", None, std::iter::empty(), &[0.9]).alone, [0.0]);
    }

    /// Counts letters: sentences of the same letters are alike.
    struct Letters;
    impl Meaning for Letters {
        fn vectors(&mut self, texts: &[&str], _: &Interrupt) -> Result<Vec<Vec<f32>>, RoundError> {
            let vector = |text: &&str| {
                let mut counts = vec![0.0_f32; 26];
                for byte in text.bytes().filter(u8::is_ascii_lowercase) {
                    counts[usize::from(byte - b'a')] += 1.0;
                }
                let length = counts.iter().map(|x| x * x).sum::<f32>().sqrt();
                counts.into_iter().map(|x| x / length).collect()
            };
            Ok(texts.iter().map(vector).collect())
        }
    }

    #[test]
    fn guards_and_the_cosine_are_measured_apart() {
        let mut gate = Gate::new(GateSettings {
            threshold: 1.0,
            guarded: true,
            window_threshold: 0.9,
            window_words: 2,
            fluency: 0.0,
            language: Language::of("en"),
        });
        let pairs = [
            ("it is so good", "it is so good!"),
            ("it is good", "it is not good"),
            ("the dog bit the man", "the man bit the dog"),
            ("a b c d e f good", "a b c d e f xyzxyz"),
        ]
        .map(|(old, new)| Pair { old, new });
        let found = measure(&pairs, &mut gate, &mut Letters, &Interrupt::default()).unwrap();
        let guards: Vec<bool> = found.iter().map(|one| one.guards).collect();
        // The same sentence, a negation, nothing that a guard sees, a far stretch.
        assert_eq!(guards, [false, false, true, false]);
        assert!(found[0].similarity > 0.999 && found[1].similarity > 0.8 && found[2].similarity > 0.999);
    }
}
