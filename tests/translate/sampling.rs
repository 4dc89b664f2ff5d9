//! Other attempts at a text: the next best translations, and drawn ones.

use augment::onnx::seq2seq::{GenerationSettings, Sampling};
use augment::run::interrupt::Interrupt;

use crate::translator;

const TEXTS: [&str; 3] = [
    "my sister is happy.",
    "You are still worried last night?",
    "we sold the old boat.",
];

#[test]
fn the_next_best_are_other_sequences() {
    let mut translator = translator("marian-merged", 1);
    let settings = GenerationSettings {
        num_beams: 6,
        num_return_sequences: 6,
        ..translator.settings().clone()
    };
    for found in translator
        .translate(&TEXTS, None, &settings, &Interrupt::default())
        .unwrap()
    {
        let found = found.unwrap();
        assert_eq!(found.len(), 6);
        for pair in found.windows(2) {
            assert!(pair[0].score >= pair[1].score && pair[0].tokens != pair[1].tokens);
        }
    }
}

#[test]
fn another_seed_is_another_attempt_and_the_same_seed_the_same() {
    let mut translator = translator("marian-merged", 1);
    let mut drawn = |seed: u64| {
        let settings = GenerationSettings {
            num_beams: 1,
            sampling: Some(Sampling {
                seed,
                temperature: 2.0,
                top_k: 0,
                top_p: 1.0,
            }),
            ..translator.settings().clone()
        };
        let found = translator
            .translate(&TEXTS, None, &settings, &Interrupt::default())
            .unwrap();
        found
            .into_iter()
            .map(|found| found.unwrap().remove(0).text)
            .collect::<Vec<_>>()
    };
    assert_eq!(drawn(1), drawn(1));
    let different: std::collections::BTreeSet<_> = (0..8).map(&mut drawn).collect();
    assert!(different.len() >= 7, "{different:?}");
}

#[test]
fn drawing_from_the_likeliest_token_alone_is_greedy() {
    let mut translator = translator("marian-merged", 1);
    let greedy = GenerationSettings {
        num_beams: 1,
        ..translator.settings().clone()
    };
    let one = GenerationSettings {
        sampling: Some(Sampling {
            seed: 5,
            temperature: 1.0,
            top_k: 1,
            top_p: 1.0,
        }),
        ..greedy.clone()
    };
    let mut run = |settings| {
        translator
            .translate(&TEXTS, None, settings, &Interrupt::default())
            .unwrap()
    };
    assert_eq!(run(&greedy), run(&one));
}
