//! Vectors of texts.

use augment::onnx::folder::Precision;
use augment::onnx::sentence::{SentenceEncoder, cosine};
use augment::run::interrupt::Interrupt;
use serde::Deserialize;

use crate::{folder, goldens, support};

#[derive(Deserialize)]
struct Row {
    text: String,
    embedding: Vec<f32>,
}

fn same_vectors(model: &str) {
    let rows: Vec<Row> = goldens("sentence-encoder.embeddings.jsonl");
    let mut encoder = SentenceEncoder::open(&support::engine(1), &folder(model), Precision::Fp32).unwrap();
    let texts: Vec<&str> = rows.iter().map(|row| row.text.as_str()).collect();
    let vectors = encoder.encode(&texts, &Interrupt::default()).unwrap();
    for (row, vector) in rows.iter().zip(&vectors) {
        assert_eq!(vector.len(), row.embedding.len());
        for (found, golden) in vector.iter().zip(&row.embedding) {
            assert!((found - golden).abs() < 1e-5, "{:?}: {found} {golden}", row.text);
        }
        assert!((cosine(vector, &row.embedding) - 1.0).abs() < 1e-5);
    }
}

#[test]
fn token_vectors_are_pooled_as_sentence_transformers_does() {
    same_vectors("sentence-encoder");
}

#[test]
fn a_graph_that_pools_itself_gives_the_same() {
    same_vectors("sentence-encoder-pooled");
}

#[test]
fn all_of_a_long_text_counts() {
    let mut encoder =
        SentenceEncoder::open(&support::engine(1), &folder("sentence-encoder"), Precision::Fp32).unwrap();
    let start = "my friend is proud at work ".repeat(100);
    let vectors = encoder
        .encode(
            &[
                &start,
                &format!("{start} {}", "you are still worried ".repeat(100)),
                &format!("{start} {}", "my friend is proud at work ".repeat(100)),
            ],
            &Interrupt::default(),
        )
        .unwrap();
    let (other, same) = (cosine(&vectors[0], &vectors[1]), cosine(&vectors[0], &vectors[2]));
    assert!(same > 0.99 && other < same - 0.05, "{same} {other}");
}
