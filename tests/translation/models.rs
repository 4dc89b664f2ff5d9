//! Small real models as the backend of chains.

use std::path::Path;

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::seq2seq::{Languages, Translator};
use augment::run::interrupt::Interrupt;
use augment::text::models::{BackTranslator, Request};
use augment::text::translate::{Chains, Onnx, Pair};

use crate::lab::chain;
use crate::support;

const TEXTS: [&str; 3] = [
    "My teacher is proud at work.",
    "My sister is lonely.",
    "On monday I wanted my flower.",
];

fn folder(name: &str) -> ModelFolder {
    ModelFolder::new(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/models")
            .join(name),
    )
}

/// The paper's chain with one model, but for its first hop if another one is named.
fn chains(first: &str, cache: &Path) -> Chains {
    let codes = [chain(&["en", "fr", "de", "tr", "en"])];
    let places: Vec<(Pair, ModelFolder)> = Pair::of_chains(&codes)
        .into_iter()
        .enumerate()
        .map(|(hop, pair)| (pair, folder(if hop == 0 { first } else { "m2m100" })))
        .collect();
    let backend = Onnx::open(&support::engine(1), &places, 3).unwrap();
    Chains::new(&codes, Box::new(backend), ("onnx", cache), None).unwrap()
}

fn hops(chains: &mut Chains, text: &str, number: u64) -> Result<Vec<String>, String> {
    let request = Request {
        text: text.to_owned(),
        number,
    };
    let found = chains.translate(&[request], &Interrupt::default()).unwrap();
    let hops = found.into_iter().next().unwrap()?;
    Ok(hops.into_iter().map(|hop| hop.text).collect())
}

#[test]
fn hops_are_what_the_models_say_and_ranks_are_those_of_the_last() {
    let dir = tempfile::tempdir().unwrap();
    let mut chains = chains("m2m100", dir.path());
    let mut model = Translator::open(&support::engine(1), &folder("m2m100"), Precision::Fp32).unwrap();
    let mut settings = model.settings().clone();
    (settings.num_beams, settings.num_return_sequences) = (3, 3);
    let mut ranks = 0;
    for text in TEXTS {
        let Ok(first) = hops(&mut chains, text, 0) else {
            continue;
        };
        assert_eq!(first.len(), 4);
        let languages = Languages {
            source: "tr",
            target: "en",
        };
        let best = model
            .translate(&[&first[2]], Some(languages), &settings, &Interrupt::default())
            .unwrap()
            .remove(0)
            .unwrap();
        for (rank, one) in best.iter().enumerate() {
            // A translation that says nothing new is none.
            if let Ok(found) = hops(&mut chains, text, rank as u64) {
                assert_eq!((&found[..3], &found[3]), (&first[..3], &one.text));
                ranks += 1;
            }
        }
        assert!(hops(&mut chains, text, 3).is_err());
    }
    assert!(ranks >= 3, "{ranks}");
}

#[test]
fn models_may_be_mixed_and_another_one_is_another_hash() {
    let dir = tempfile::tempdir().unwrap();
    let (mut one, mut mixed) = (chains("m2m100", dir.path()), chains("marian-merged", dir.path()));
    assert_ne!(one.hash(), mixed.hash());
    let found: Vec<_> = TEXTS.iter().map(|text| hops(&mut one, text, 0)).collect();
    let others: Vec<_> = TEXTS.iter().map(|text| hops(&mut mixed, text, 0)).collect();
    assert_ne!(found, others);
    // The same from disk.
    let mut again = chains("m2m100", dir.path());
    let cached: Vec<_> = TEXTS.iter().map(|text| hops(&mut again, text, 0)).collect();
    assert_eq!(cached, found);
}
