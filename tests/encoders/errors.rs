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
