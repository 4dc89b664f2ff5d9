//! Folders that are no models, or other models.

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::masked::MaskedLm;
use augment::onnx::sentence::SentenceEncoder;
use augment::run::interrupt::Interrupt;

use crate::{folder, models, support};

fn masked(folder: &ModelFolder, precision: Precision) -> String {
    MaskedLm::open(&support::engine(1), folder, precision)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_missing_precision_names_those_that_are_there() {
    let error = masked(&folder("bert-mlm"), Precision::Q4);
    assert!(error.contains("has no model.onnx in q4"), "{error}");
    assert!(error.contains("fp32, fp16, int8"), "{error}");
}

#[test]
fn a_sentence_encoder_is_no_masked_model() {
    let error = masked(&folder("sentence-encoder"), Precision::Fp32);
    assert!(error.contains("last_hidden_state"), "{error}");
    assert!(error.contains("expected an output logits"), "{error}");
    let error = SentenceEncoder::open(&support::engine(1), &folder("bert-mlm"), Precision::Fp32)
        .unwrap_err()
        .to_string();
    assert!(error.contains("sentence_embedding"), "{error}");
}

#[test]
fn what_is_missing_or_broken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let model = ModelFolder::new(dir.path());
    let error = masked(&model, Precision::Fp32);
    assert!(error.contains("model.onnx") && error.contains("hint:"), "{error}");

    std::fs::write(dir.path().join("model.onnx"), b"no graph").unwrap();
    assert!(masked(&model, Precision::Fp32).contains("tokenizer.json"));

    std::fs::write(dir.path().join("tokenizer.json"), b"{}").unwrap();
    let error = masked(&model, Precision::Fp32);
    assert!(error.contains("cannot be read as a tokenizer"), "{error}");

    let whole = models().join("bert-mlm");
    std::fs::copy(whole.join("tokenizer.json"), dir.path().join("tokenizer.json")).unwrap();
    let error = masked(&model, Precision::Fp32);
    assert!(error.contains("model.onnx: cannot load the model"), "{error}");

    let graph = std::fs::read(whole.join("onnx/model.onnx")).unwrap();
    std::fs::write(dir.path().join("model.onnx"), &graph[..graph.len() / 2]).unwrap();
    let error = masked(&model, Precision::Fp32);
    assert!(error.contains("cannot load the model"), "{error}");

    std::fs::write(dir.path().join("model.onnx"), &graph).unwrap();
    std::fs::write(
        dir.path().join("config.json"),
        b"{\"max_position_embeddings\": 2}",
    )
    .unwrap();
    let error = masked(&model, Precision::Fp32);
    assert!(error.contains("found a model for 2 tokens"), "{error}");

    std::fs::write(dir.path().join("config.json"), b"{").unwrap();
    assert!(masked(&model, Precision::Fp32).contains("is no JSON"));
}

#[test]
fn a_signal_stops_between_batches() {
    let mut encoder =
        SentenceEncoder::open(&support::engine(1), &folder("sentence-encoder"), Precision::Fp32).unwrap();
    let stopped = Interrupt::default();
    stopped.stop(2);
    let error = encoder.encode(&["a"], &stopped).unwrap_err().to_string();
    assert_eq!(error, "interrupted");
}

/// A copy of a small model, to be broken.
fn copy() -> (tempfile::TempDir, ModelFolder) {
    let dir = tempfile::tempdir().unwrap();
    let from = models().join("bert-mlm");
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        std::fs::copy(from.join(name), dir.path().join(name)).unwrap();
    }
    std::fs::copy(from.join("onnx/model.onnx"), dir.path().join("model.onnx")).unwrap();
    let folder = ModelFolder::new(dir.path());
    (dir, folder)
}

#[test]
fn a_tokenizer_that_would_end_the_library_is_an_error() {
    let (dir, model) = copy();
    let path = dir.path().join("tokenizer.json");
    let text = std::fs::read_to_string(&path).unwrap();
    for (key, value) in [
        ("pre_tokenizer", r#"{"type":"FixedLength","length":0}"#),
        (
            "normalizer",
            r#"{"type":"Precompiled","precompiled_charsmap":"!!!!"}"#,
        ),
        (
            "post_processor",
            r#"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{}}"#,
        ),
    ] {
        let mut json: serde_json::Value = serde_json::from_str(&text).unwrap();
        json[key] = serde_json::from_str(value).unwrap();
        std::fs::write(&path, json.to_string()).unwrap();
        let error = masked(&model, Precision::Fp32);
        assert!(error.contains("tokenizer.json"), "{key}: {error}");
    }
}

#[test]
fn what_is_no_regular_file_is_not_waited_for() {
    let (dir, model) = copy();
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json"] {
        let path = dir.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        let error = masked(&model, Precision::Fp32);
        assert!(error.contains(name), "{error}");
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let error = masked(&model, Precision::Fp32);
        assert!(error.contains(name), "{error}");
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, whole).unwrap();
    }
    assert!(MaskedLm::open(&support::engine(1), &model, Precision::Fp32).is_ok());
}

#[test]
fn a_tokenizer_of_another_model_is_not_taken_for_sound() {
    use augment::onnx::check::check;
    let (dir, model) = copy();
    let tried = |model: &ModelFolder| {
        let none = Interrupt::default();
        check(&support::engine(1), model, Precision::Fp32, None, &none)
    };
    assert!(tried(&model).unwrap().contains("masked language model"));
    let other = models().join("distilbert-mlm/tokenizer.json");
    let mut json: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(other).unwrap()).unwrap();
    // A vocabulary that ends before the graph's.
    let vocabulary = json["model"]["vocab"].as_object_mut().unwrap();
    vocabulary.retain(|_, id| id.as_u64().unwrap() < 60);
    std::fs::write(dir.path().join("tokenizer.json"), json.to_string()).unwrap();
    let error = tried(&model).unwrap_err().to_string();
    assert!(error.contains("its tokenizer does not know"), "{error}");
}
