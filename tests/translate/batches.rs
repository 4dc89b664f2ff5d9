//! A text's translations do not depend on the texts beside it, their order, or the number of threads: bit for bit.

use augment::onnx::seq2seq::{EarlyStopping, GenerationSettings, Hypothesis, Languages, Sampling};
use augment::run::interrupt::Interrupt;

use crate::{MARIAN, translator};

/// 33 texts of 1 to 12 words.
fn texts() -> Vec<String> {
    let words = [
        "my", "friend", "is", "so", "proud", "at", "work", "you", "are", "worried", "dog", "today",
    ];
    (0..33)
        .map(|row| {
            let words = (0..1 + row * 7 % 12).map(|at| words[(row * 5 + at * 7) % words.len()]);
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn variants(own: &GenerationSettings) -> Vec<GenerationSettings> {
    let beams = |num_beams: usize, early_stopping: EarlyStopping| GenerationSettings {
        num_beams,
        num_return_sequences: num_beams,
        early_stopping,
        ..own.clone()
    };
    vec![
        beams(1, EarlyStopping::Likely),
        beams(4, EarlyStopping::Likely),
        beams(3, EarlyStopping::Full),
        GenerationSettings {
            num_return_sequences: 3,
            sampling: Some(Sampling::default()),
            ..beams(1, EarlyStopping::Likely)
        },
    ]
}

/// The translations of all texts, handed over in parts of `at_once`, from the last to the first if `backwards`.
fn found(
    model: &str,
    languages: Option<Languages<'_>>,
    variant: usize,
    (threads, at_once, backwards): (usize, usize, bool),
) -> Vec<Vec<Hypothesis>> {
    // Rows enough for all texts of a part to run together.
    let mut translator = translator(model, threads).with_rows(1000);
    let settings = variants(translator.settings()).swap_remove(variant);
    let texts = texts();
    let mut order: Vec<usize> = (0..texts.len()).collect();
    if backwards {
        order.reverse();
    }
    let mut all = vec![Vec::new(); texts.len()];
    for part in order.chunks(at_once) {
        let shown: Vec<&str> = part.iter().map(|&at| texts[at].as_str()).collect();
        let results = translator
            .translate(&shown, languages, &settings, &Interrupt::default())
            .unwrap();
        for (&at, result) in part.iter().zip(results) {
            all[at] = result.unwrap();
        }
    }
    all
}

fn same_in_any_company(model: &str, languages: Option<Languages<'_>>) {
    for variant in 0..4 {
        let alone = found(model, languages, variant, (1, 1, false));
        for company in [
            (1, 7, false),
            (1, 7, true),
            (1, 32, true),
            (1, 33, false),
            (2, 1, false),
            (2, 32, false),
        ] {
            let other = found(model, languages, variant, company);
            assert!(other == alone, "{model} {variant} {company:?}");
        }
    }
}

#[test]
fn marian_is_the_same_in_any_company() {
    for model in MARIAN {
        same_in_any_company(model, None);
    }
}

#[test]
fn m2m100_is_the_same_in_any_company() {
    let languages = Languages {
        source: "en",
        target: "fr",
    };
    same_in_any_company("m2m100", Some(languages));
}

#[test]
fn layouts_agree_to_the_last_token() {
    let merged = found(MARIAN[0], None, 1, (1, 33, false));
    for model in &MARIAN[1..] {
        for (one, other) in merged
            .iter()
            .flatten()
            .zip(found(model, None, 1, (1, 33, false)).iter().flatten())
        {
            assert_eq!((&one.text, &one.tokens), (&other.text, &other.tokens), "{model}");
            assert!(
                (one.score - other.score).abs() < 1e-5,
                "{model}: {} {}",
                one.score,
                other.score
            );
        }
    }
}
