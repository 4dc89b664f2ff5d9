//! What is wrong with a model, a text or a setting is told, and costs nothing else.

use std::path::Path;

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::seq2seq::{GenerationSettings, Languages, TextError, TranslateError, Translator};
use augment::run::interrupt::Interrupt;

use crate::{copied, support, translate, translator};

fn opened(dir: &Path) -> Result<Translator, String> {
    let opened = Translator::open(&support::engine(1), &ModelFolder::new(dir), Precision::Fp32);
    opened.map_err(|error| error.to_string())
}

#[test]
fn a_text_that_is_too_long_is_told_with_its_length_and_the_others_are_translated() {
    let mut translator = translator("marian-merged", 1);
    let long = "my sister is happy. ".repeat(40);
    let tokens = translator.source(&long, None).unwrap().len();
    let found = translate(
        &mut translator,
        &["my sister is happy.", &long, "we sold the boat."],
        None,
    );
    assert_eq!(found[1], Err(TextError::TooLong { tokens, limit: 64 }));
    assert!(
        found[1]
            .as_ref()
            .unwrap_err()
            .to_string()
            .contains(&format!("{tokens} tokens, expected at most 64"))
    );
    assert!(!found[0].as_ref().unwrap()[0].text.is_empty());
    assert!(!found[2].as_ref().unwrap()[0].text.is_empty());
    let mut cutting = translator.cutting();
    assert!(translate(&mut cutting, &[&long], None)[0].is_ok());
}

#[test]
fn as_many_tokens_as_the_model_has_positions_are_taken() {
    let mut translator = translator("marian-merged", 1);
    let mut text = String::new();
    while translator.source(&text, None).unwrap().len() < 64 {
        text.push_str("a ");
    }
    assert_eq!(translator.source(&text, None).unwrap().len(), 64);
    assert!(translate(&mut translator, &[&text], None)[0].is_ok());
}

#[test]
fn odd_texts_are_translated_too() {
    let mut translator = translator("marian-merged", 1);
    let texts = ["", " ", "\0", "</s>", "猫", ">>fra<<", "\u{10ffff}"];
    for found in translate(&mut translator, &texts, None) {
        assert_eq!(found.unwrap().len(), 1);
    }
    assert_eq!(translate(&mut translator, &[], None), []);
}

#[test]
fn unknown_languages_are_told_with_those_there_are() {
    let mut m2m100 = translator("m2m100", 1);
    let settings = m2m100.settings().clone();
    let mut told = |languages: Option<Languages<'_>>| {
        let result = m2m100.translate(&["a"], languages, &settings, &Interrupt::default());
        result.unwrap_err().to_string()
    };
    let error = told(Some(Languages {
        source: "en",
        target: "xx",
    }));
    assert!(
        error.contains("\"xx\"") && error.contains("en,") && error.contains("fr,"),
        "{error}"
    );
    let error = told(None);
    assert!(error.contains("found no languages"), "{error}");
    assert_eq!(translator("marian-merged", 1).languages().count(), 0);
    assert!(translator("m2m100", 1).languages().any(|code| code == "tr"));
}

#[test]
fn settings_that_make_no_sense_are_told() {
    let mut translator = translator("marian-merged", 1);
    let own = translator.settings().clone();
    for (settings, part) in [
        (
            GenerationSettings {
                num_beams: 0,
                ..own.clone()
            },
            "num_beams 0",
        ),
        (
            GenerationSettings {
                max_length: 65,
                ..own.clone()
            },
            "max_length 65, expected 2 to 64",
        ),
        (
            GenerationSettings {
                suppress_tokens: vec![100_000],
                ..own.clone()
            },
            "token id 100000",
        ),
    ] {
        let result = translator.translate(&["a"], None, &settings, &Interrupt::default());
        assert!(matches!(&result, Err(TranslateError::Settings(_))), "{result:?}");
        let error = result.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn settings_that_leave_nothing_are_told_for_the_text() {
    let mut translator = translator("marian-merged", 1);
    for num_beams in [1, 4] {
        let settings = GenerationSettings {
            num_beams,
            suppress_tokens: (0..306).collect(),
            ..translator.settings().clone()
        };
        let found = translator
            .translate(&["a"], None, &settings, &Interrupt::default())
            .unwrap();
        assert_eq!(found, [Err(TextError::Nothing)]);
    }
}

#[test]
fn a_signal_stops_between_two_steps() {
    let mut translator = translator("marian-merged", 1);
    let settings = translator.settings().clone();
    let interrupt = Interrupt::default();
    interrupt.stop(15);
    let result = translator.translate(&["a"], None, &settings, &interrupt);
    assert_eq!(result.unwrap_err().to_string(), "interrupted");
    // And the translator can still be used.
    assert!(translate(&mut translator, &["a"], None)[0].is_ok());
}

#[test]
fn missing_and_broken_files_are_named() {
    for (file, bytes, part) in [
        (
            "config.json",
            None,
            "found a model of type unknown, expected marian or m2m_100",
        ),
        (
            "config.json",
            Some("{\"model_type\": \"t5\"}"),
            "found a model of type t5",
        ),
        ("config.json", Some("{"), "config.json: is no JSON"),
        (
            "generation_config.json",
            Some("{\"num_beam_groups\": 3}"),
            "num_beam_groups 3",
        ),
        ("vocab.json", None, "vocab.json"),
        ("vocab.json", Some("[]"), "found no JSON object"),
        ("vocab.json", Some("{\"</s>\": -1}"), "found -1 for \"</s>\""),
        ("vocab.json", Some("{\"<unk>\": 1}"), "has no </s>, the eos_token"),
        ("source.spm", None, "source.spm"),
        (
            "source.spm",
            Some("hello"),
            "source.spm: is no SentencePiece model",
        ),
        ("target.spm", Some(""), "target.spm: is no SentencePiece model"),
        ("onnx/encoder_model.onnx", None, "encoder_model.onnx in fp32"),
        (
            "onnx/encoder_model.onnx",
            Some("hello"),
            "encoder_model.onnx: cannot load the model",
        ),
        (
            "onnx/decoder_model_merged.onnx",
            None,
            "decoder_model.onnx in fp32",
        ),
    ] {
        let dir = copied("marian-merged");
        let path = dir.path().join(file);
        match bytes {
            Some(bytes) => std::fs::write(path, bytes).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let error = opened(dir.path()).unwrap_err();
        assert!(error.contains(part), "{file}: {error}");
    }
}

#[test]
fn graphs_in_each_others_place_are_told() {
    let dir = copied("marian-split");
    let at = |name: &str| dir.path().join(name);
    // A decoder that gives no cache before one that needs it.
    std::fs::copy(
        crate::models().join("marian-plain/decoder_model.onnx"),
        at("decoder_model.onnx"),
    )
    .unwrap();
    let error = opened(dir.path()).unwrap_err();
    assert!(
        error.contains("expected an output present.0.decoder.key"),
        "{error}"
    );
    // A decoder with a cache where there is none for the first step.
    let other = copied("marian-split");
    std::fs::rename(
        other.path().join("decoder_with_past_model.onnx"),
        other.path().join("decoder_model.onnx"),
    )
    .unwrap();
    let error = opened(other.path()).unwrap_err();
    assert!(error.contains("expected a decoder without a cache"), "{error}");
    // An encoder as decoder, and the other way round.
    let swapped = copied("marian-plain");
    let at = |name: &str| swapped.path().join(name);
    std::fs::copy(at("encoder_model.onnx"), at("decoder_model.onnx")).unwrap();
    let error = opened(swapped.path()).unwrap_err();
    assert!(error.contains("and an output logits"), "{error}");
}

#[test]
fn the_hash_tells_models_and_tokenizers_apart() {
    let merged = translator("marian-merged", 1);
    assert_eq!(merged.hash(), translator("marian-merged", 2).hash());
    assert_ne!(merged.hash(), translator("marian-split", 1).hash());
    let dir = copied("marian-merged");
    assert_eq!(opened(dir.path()).unwrap().hash(), merged.hash());
    let vocabulary = dir.path().join("vocab.json");
    let text = std::fs::read_to_string(&vocabulary).unwrap();
    std::fs::write(&vocabulary, format!("{text} ")).unwrap();
    assert_ne!(opened(dir.path()).unwrap().hash(), merged.hash());
}
