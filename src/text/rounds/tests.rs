use std::collections::BTreeSet;

use super::*;
use crate::text::fill::{FillLimits, Nearness, Polarity, Slots};
use crate::text::gate::GateSettings;
use crate::text::language::Language;

const WORDS: [&str; 6] = ["plan", "project", "song", "programme", "works", "the"];

/// Finds every word as likely as any other; "works" never behind "programme".
struct Flat {
    asked: usize,
}

impl Filler for Flat {
    fn score(
        &mut self,
        gaps: &[Gap<'_>],
        _: &Interrupt,
        take: &mut dyn FnMut(usize, &[f32]),
    ) -> Result<(), RoundError> {
        self.asked += gaps.len();
        for (index, gap) in gaps.iter().enumerate() {
            let works = if gap.left.trim_end().ends_with("programme") {
                -5.0
            } else {
                0.0
            };
            take(index, &[0.0, 0.0, 0.0, 0.0, works, 0.0]);
        }
        Ok(())
    }
}

/// Sentences are all alike, and so are words that begin alike.
struct FirstLetter;

impl Meaning for FirstLetter {
    fn vectors(&mut self, texts: &[&str], _: &Interrupt) -> Result<Vec<Vec<f32>>, RoundError> {
        let vector = |text: &&str| match text.contains(' ') || text.starts_with('p') {
            true => vec![1.0, 0.0],
            false => vec![0.0, 1.0],
        };
        Ok(texts.iter().map(vector).collect())
    }
}

fn limits(nearness: f64, neighbours: f64) -> FillLimits {
    FillLimits {
        plausibility: 0.1,
        kind: 0.0,
        nearness,
        neighbours,
    }
}

/// All outcomes of three copies of "The plan works." and how many gaps were scored.
fn outcomes(limits: Option<FillLimits>) -> (Vec<Outcome>, usize) {
    let vocabulary = Vocabulary::new(WORDS.map(|word| Some(word.to_owned())));
    let language = Language::of("en");
    let settings = RoundSettings {
        seed: 1,
        attempts: 10,
        p_backtranslate: 0.0,
        count: 1,
        slots: SlotSettings {
            slots: Slots::Content,
            language,
            short_words: BTreeSet::from(["works".to_owned()]),
        },
        picks: PickSettings {
            top_k: 10,
            temperature: 1.0,
            limits,
        },
    };
    let mut gate = Gate::new(GateSettings {
        threshold: 0.9,
        guarded: false,
        window_threshold: 0.0,
        window_words: 0,
        language,
    });
    let mut guards = limits.map(|_| FillGuards {
        polarity: Polarity::new("en"),
        kinds: None,
        near: Nearness::new(),
    });
    let (mut filler, mut meaning) = (Flat { asked: 0 }, FirstLetter);
    let mut models = Models {
        filler: Some((&mut filler, &vocabulary)),
        guards: guards.as_mut(),
        translator: None,
        meaning: &mut meaning,
        classifier: None,
    };
    let tasks = [0, 1, 2].map(|copy| Task {
        source: "a",
        text: "The plan works.",
        label: "x",
        copy,
    });
    let found = decide(&tasks, &settings, &mut models, &mut gate, &Interrupt::default()).unwrap();
    (found, filler.asked)
}

fn made(outcomes: &[Outcome]) -> BTreeSet<&str> {
    let texts = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Made(made) => Some(made.text.as_str()),
        Outcome::Refused(_) => None,
    });
    texts.collect()
}

#[test]
fn without_guards_every_word_comes_and_nothing_else_is_asked() {
    let (outcomes, asked) = outcomes(None);
    assert_eq!(asked, 1);
    // Five words may come; each copy has ten attempts of its own, so the second one finds none that is new.
    assert_eq!(made(&outcomes).len(), 1);
    assert!(matches!(&outcomes[1], Outcome::Refused(reasons) if reasons.contains_key(&Reason::NoFill)));
}

#[test]
fn a_word_that_is_far_alone_does_not_come() {
    let (outcomes, _) = outcomes(Some(limits(0.5, 0.0)));
    let found = made(&outcomes);
    assert!(!found.is_empty());
    assert!(
        found
            .iter()
            .all(|text| ["The project works.", "The programme works."].contains(text)),
        "{found:?}"
    );
}

#[test]
fn a_word_that_breaks_its_neighbours_is_refused() {
    let (outcomes, _) = outcomes(Some(limits(0.5, 0.5)));
    assert_eq!(made(&outcomes), BTreeSet::from(["The project works."]));
    let Outcome::Made(first) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    // Whether "programme" came first and was refused is drawn; it never passes.
    assert!(first.attempts <= 2);
}
