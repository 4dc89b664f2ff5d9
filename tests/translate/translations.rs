//! Translations under many settings of `generate`: token ids exactly, texts exactly, scores within 1e-4.

use std::collections::BTreeMap;

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::seq2seq::{EarlyStopping, GenerationSettings, Hypothesis, Languages, Translator};
use augment::run::interrupt::Interrupt;
use serde::Deserialize;
use serde_json::Value;

use crate::{MARIAN, copied, goldens, models, support, translator};

#[derive(Deserialize)]
struct Row {
    text: String,
    source: Option<String>,
    target: Option<String>,
    input: Vec<u32>,
    sequences: Vec<Vec<u32>>,
    texts: Vec<String>,
    results: BTreeMap<String, Found>,
}

/// What one setting finds: places in the row's sequences.
#[derive(Deserialize)]
struct Found {
    sequences: Vec<usize>,
    scores: Option<Vec<f64>>,
}

impl Row {
    fn languages(&self) -> Option<Languages<'_>> {
        let (source, target) = self.source.as_deref().zip(self.target.as_deref())?;
        Some(Languages { source, target })
    }

    fn agrees(&self, setting: &str, found: &[Hypothesis]) {
        let expected = &self.results[setting];
        let ids: Vec<&Vec<u32>> = found.iter().map(|one| &one.tokens).collect();
        let wanted: Vec<&Vec<u32>> = expected.sequences.iter().map(|&at| &self.sequences[at]).collect();
        assert_eq!(ids, wanted, "{setting} {:?}", self.text);
        let texts: Vec<&String> = found.iter().map(|one| &one.text).collect();
        let wanted: Vec<&String> = expected.sequences.iter().map(|&at| &self.texts[at]).collect();
        assert_eq!(texts, wanted, "{setting} {:?}", self.text);
        for (one, score) in found.iter().zip(expected.scores.iter().flatten()) {
            let difference = (f64::from(one.score) - score).abs();
            assert!(
                difference <= 1e-4,
                "{setting} {:?}: {} {score}",
                self.text,
                one.score
            );
        }
    }
}

/// The model's own settings with arguments of `generate`.
fn settings(own: &GenerationSettings, arguments: &Value) -> GenerationSettings {
    let mut settings = own.clone();
    for (name, value) in arguments.as_object().unwrap() {
        let count = || usize::try_from(value.as_u64().unwrap()).unwrap();
        match name.as_str() {
            "num_beams" => settings.num_beams = count(),
            "num_return_sequences" => settings.num_return_sequences = count(),
            "max_new_tokens" => settings.max_length = count() + 1,
            "no_repeat_ngram_size" => settings.no_repeat_ngram_size = count(),
            "length_penalty" => settings.length_penalty = value.as_f64().unwrap(),
            "early_stopping" => {
                settings.early_stopping = match value {
                    Value::Bool(true) => EarlyStopping::Full,
                    Value::Bool(false) => EarlyStopping::Likely,
                    _ => EarlyStopping::Never,
                }
            }
            other => panic!("{other}"),
        }
    }
    settings
}

fn all_settings() -> BTreeMap<String, Value> {
    let path = models().join("goldens/translation-settings.json");
    let all: BTreeMap<String, Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(all.len() >= 10);
    all
}

/// All rows under all settings, so many texts at a time.
fn agrees(mut translator: Translator, golden: &str, at_once: usize) {
    let rows: Vec<Row> = goldens(golden);
    for row in &rows {
        let source = translator.source(&row.text, row.languages()).unwrap();
        assert_eq!(source, row.input, "{:?}", row.text);
    }
    let mut groups: Vec<(Option<Languages<'_>>, Vec<&Row>)> = Vec::new();
    for row in &rows {
        match groups
            .iter_mut()
            .find(|(languages, _)| *languages == row.languages())
        {
            Some((_, group)) => group.push(row),
            None => groups.push((row.languages(), vec![row])),
        }
    }
    for (name, arguments) in all_settings() {
        let settings = settings(translator.settings(), &arguments);
        for (languages, group) in &groups {
            for part in group.chunks(at_once) {
                let texts: Vec<&str> = part.iter().map(|row| row.text.as_str()).collect();
                let found = translator.translate(&texts, *languages, &settings, &Interrupt::default());
                for (row, found) in part.iter().zip(found.unwrap()) {
                    row.agrees(&name, &found.unwrap());
                }
            }
        }
    }
}

#[test]
fn marian_agrees_in_every_layout() {
    for model in MARIAN {
        agrees(translator(model, 1), "marian.translations.jsonl", usize::MAX);
    }
}

#[test]
fn marian_agrees_text_by_text() {
    agrees(translator("marian-merged", 1), "marian.translations.jsonl", 1);
}

#[test]
fn m2m100_agrees_with_forced_languages() {
    agrees(translator("m2m100", 1), "m2m100.translations.jsonl", usize::MAX);
    agrees(translator("m2m100", 2), "m2m100.translations.jsonl", 1);
}

#[test]
fn tokenizer_json_gives_the_same_texts() {
    let dir = copied("m2m100");
    std::fs::remove_file(dir.path().join("sentencepiece.bpe.model")).unwrap();
    let folder = ModelFolder::new(dir.path());
    let mut whole = Translator::open(&support::engine(1), &folder, Precision::Fp32).unwrap();
    let rows: Vec<Row> = goldens("m2m100.translations.jsonl");
    let mut compared = 0;
    for row in &rows {
        // The others are cut into other pieces (see the goldens of tokens).
        if whole.source(&row.text, row.languages()).unwrap() == row.input {
            let found = crate::translate(&mut whole, &[&row.text], row.languages());
            let text = &row.texts[row.results["as-configured"].sequences[0]];
            assert_eq!(found[0].as_ref().unwrap()[0].text.trim(), text, "{:?}", row.text);
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared}");
}
