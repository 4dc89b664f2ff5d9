use std::collections::BTreeSet;

use super::*;
use crate::onnx::masked::Gap;
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
        probability: 0.0,
        synonym: 1.0,
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
    let mut memory = Memory::new(GateSettings {
        threshold: 0.9,
        guarded: false,
        window_threshold: 0.0,
        window_words: 0,
        fluency: 0.0,
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
    let found = decide(&tasks, &settings, &mut models, &mut memory, &Interrupt::default()).unwrap();
    (found, filler.asked)
}

fn made(outcomes: &[Outcome]) -> BTreeSet<&str> {
    let texts = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome { made: Some(made), .. } => Some(made.text.as_str()),
        Outcome { made: None, .. } => None,
    });
    texts.collect()
}

#[test]
fn without_guards_every_word_comes_and_nothing_else_is_asked() {
    let (outcomes, asked) = outcomes(None);
    assert_eq!(asked, 1);
    // Five words may come; each copy has ten attempts of its own, so the second one finds none that is new.
    assert_eq!(made(&outcomes).len(), 1);
    assert!(outcomes[1].made.is_none() && outcomes[1].reasons.contains_key(&Reason::NoFill));
}

#[test]
fn a_word_that_is_far_alone_does_not_come_and_copies_reach_all_others() {
    let (outcomes, _) = outcomes(Some(limits(0.5, 0.0)));
    let texts = ["The project works.", "The programme works."];
    assert_eq!(made(&outcomes), BTreeSet::from(texts));
    // Each copy begins with a word of its own, and the third one finds none left.
    assert!(outcomes[0].made.as_ref().is_some_and(|made| made.attempts == 1));
    assert!(outcomes[1].made.as_ref().is_some_and(|made| made.attempts == 1));
    assert!(outcomes[2].made.is_none() && outcomes[2].reasons[&Reason::NoFill] == 10);
}

#[test]
fn a_word_is_likely_or_a_synonym() {
    let mut limits = limits(0.5, 0.0);
    // Six words are equally likely.
    (limits.probability, limits.synonym) = (0.2, 2.0);
    assert!(made(&outcomes(Some(limits)).0).is_empty());
    limits.synonym = 0.9;
    assert_eq!(made(&outcomes(Some(limits)).0).len(), 2);
}

#[test]
fn a_word_that_breaks_its_neighbours_is_refused() {
    let (outcomes, _) = outcomes(Some(limits(0.5, 0.5)));
    assert_eq!(made(&outcomes), BTreeSet::from(["The project works."]));
    let Some(first) = &outcomes[0].made else {
        panic!("{outcomes:?}");
    };
    let Some(second) = &outcomes[1].made else {
        panic!("{outcomes:?}");
    };
    // One of the copies begins with "programme", is refused and goes on.
    assert_eq!(first.attempts + second.attempts, 3);
}
