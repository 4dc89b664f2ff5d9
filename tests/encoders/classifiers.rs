//! Probabilities of labels, of texts and of pairs of texts.

use augment::onnx::check::check;
use augment::onnx::classifier::TextClassifier;
use augment::onnx::folder::{ModelFolder, Precision};
use augment::run::interrupt::Interrupt;
use serde::Deserialize;

use crate::{folder, goldens, models, support};

#[derive(Deserialize)]
struct Row {
    text: String,
    second: Option<String>,
    label: String,
    probabilities: Vec<f64>,
}

fn open(name: &str, threads: usize) -> TextClassifier {
    TextClassifier::open(&support::engine(threads), &folder(name), Precision::Fp32).unwrap()
}

fn agrees(model: &TextClassifier, row: &Row, found: &[f64]) {
    assert_eq!(found.len(), row.probabilities.len());
    for (found, golden) in found.iter().zip(&row.probabilities) {
        assert!((found - golden).abs() < 1e-4, "{:?}: {found} {golden}", row.text);
    }
    let likeliest = (0..found.len())
        .max_by(|&a, &b| found[a].total_cmp(&found[b]))
        .unwrap();
    assert_eq!(model.labels()[likeliest], row.label, "{:?}", row.text);
}

#[test]
fn labels_and_probabilities_are_those_of_transformers() {
    let rows: Vec<Row> = goldens("text-classifier.labels.jsonl");
    let mut model = open("text-classifier", 1);
    assert_eq!(model.labels(), ["joy", "sadness", "anger", "fear", "neutral"]);
    assert_eq!(model.inference(), None);
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let found = model.classify(&texts, &Interrupt::default()).unwrap();
    for (row, found) in rows.iter().zip(&found) {
        agrees(&model, row, found);
    }
}

#[test]
fn pairs_have_their_types_and_are_those_of_transformers() {
    let rows: Vec<Row> = goldens("text-nli.labels.jsonl");
    let mut model = open("text-nli", 1);
    let inference = model.inference().unwrap();
    assert_eq!((inference.contradiction, inference.entailment), (0, 1));
    let pairs: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.text.as_str(), row.second.as_deref().unwrap()))
        .collect();
    let found = model.classify_pairs(&pairs, &Interrupt::default()).unwrap();
    for (row, found) in rows.iter().zip(&found) {
        agrees(&model, row, found.as_ref().unwrap());
    }
}

#[test]
fn a_text_is_judged_alike_in_any_company() {
    let rows: Vec<Row> = goldens("text-classifier.labels.jsonl");
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let together = open("text-classifier", 1)
        .classify(&texts, &Interrupt::default())
        .unwrap();
    let mut other = open("text-classifier", 2);
    for (text, found) in texts.iter().zip(&together) {
        assert!(
            other.classify(&[text], &Interrupt::default()).unwrap()[0] == *found,
            "{text:?}"
        );
    }
}

#[test]
fn long_texts_are_read_to_their_end_and_long_pairs_not_at_all() {
    // Far beyond 128 positions; what the last window says counts as much as the first.
    let (calm, angry) = ("My sister sold the old lamp. ", "My sister is furious! ");
    let mut model = open("text-classifier", 1);
    let text = [calm.repeat(40), angry.repeat(40)].concat();
    let found = &model.classify(&[&text], &Interrupt::default()).unwrap()[0];
    assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    let share = |label: &str| found[model.labels().iter().position(|known| known == label).unwrap()];
    assert!(share("anger") > 0.2 && share("neutral") > 0.2, "{found:?}");

    let mut model = open("text-nli", 1);
    let pairs = [
        ("My sister is sad.", text.as_str()),
        ("My sister is sad.", "She is."),
    ];
    let found = model.classify_pairs(&pairs, &Interrupt::default()).unwrap();
    assert!(found[0].is_none() && found[1].is_some());
}

#[test]
fn what_is_no_classifier_is_named() {
    let open = |folder: &ModelFolder| {
        TextClassifier::open(&support::engine(1), folder, Precision::Fp32)
            .unwrap_err()
            .to_string()
    };
    let error = open(&folder("sentence-encoder"));
    assert!(
        error.contains("found no labels in config.json, expected id2label"),
        "{error}"
    );
    // The files of a model with another configuration, of two labels.
    let with_two = |graph: &str, tokenizer: &str| {
        let dir = tempfile::tempdir().unwrap();
        let config = br#"{"id2label": {"0": "joy", "1": "anger"}}"#;
        std::fs::write(dir.path().join("config.json"), config).unwrap();
        std::fs::copy(models().join(graph), dir.path().join("model.onnx")).unwrap();
        std::fs::copy(models().join(tokenizer), dir.path().join("tokenizer.json")).unwrap();
        dir
    };
    let dir = with_two("bert-mlm/onnx/model.onnx", "bert-mlm/tokenizer.json");
    let error = open(&ModelFolder::new(dir.path()));
    assert!(
        error.contains("expected an output logits with one number a label"),
        "{error}"
    );
    // The graph's own shape tells, or else its first run.
    let dir = with_two("text-classifier/model.onnx", "text-classifier/tokenizer.json");
    let model = ModelFolder::new(dir.path());
    let told = match TextClassifier::open(&support::engine(1), &model, Precision::Fp32) {
        Err(error) => error,
        Ok(mut model) => model.classify(&["So glad."], &Interrupt::default()).unwrap_err(),
    };
    assert!(told.to_string().contains("2 labels"), "{told}");
}

#[test]
fn a_check_tells_classifiers_from_masked_models() {
    let check = |name: &str| {
        check(
            &support::engine(1),
            &folder(name),
            Precision::Fp32,
            None,
            &Interrupt::default(),
        )
        .unwrap()
    };
    let said = check("text-classifier");
    assert!(
        said.starts_with("text classifier: 5 labels; ") && said.contains("→ joy 100 %"),
        "{said}"
    );
    let said = check("text-nli");
    assert!(
        said.starts_with("text classifier: 3 labels; ") && said.contains("→ entailment"),
        "{said}"
    );
    assert!(check("bert-mlm").starts_with("masked language model: "));
}
