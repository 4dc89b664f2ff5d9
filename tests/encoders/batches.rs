//! A row's numbers do not depend on the rows beside it, on padding, or on the number of threads: bit for bit.

use augment::onnx::folder::Precision;
use augment::onnx::masked::{Gap, MaskedLm};
use augment::onnx::sentence::SentenceEncoder;
use augment::run::interrupt::Interrupt;

use crate::{folder, support};

/// Sentences of 1 to 60 words.
fn sentences() -> Vec<String> {
    let words = [
        "my", "friend", "is", "so", "proud", "at", "work", "you", "are", "worried",
    ];
    (0..64)
        .map(|row| {
            let length = 1 + row * 17 % 60;
            let words = (0..length).map(|at| words[(row * 7 + at * 3) % words.len()]);
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn vectors(model: &str, threads: usize, batch: usize) -> Vec<Vec<f32>> {
    let mut encoder =
        SentenceEncoder::open(&support::engine(threads), &folder(model), Precision::Fp32).unwrap();
    let sentences = sentences();
    let texts: Vec<&str> = sentences.iter().map(String::as_str).collect();
    let mut out = Vec::new();
    for part in texts.chunks(batch) {
        out.extend(encoder.encode(part, &Interrupt::default()).unwrap());
    }
    out
}

#[test]
fn sentence_vectors_are_the_same_in_any_batch() {
    for model in ["sentence-encoder", "sentence-encoder-pooled"] {
        let alone = vectors(model, 1, 1);
        for (threads, batch) in [(1, 7), (1, 32), (1, 64), (2, 1), (2, 32)] {
            assert!(
                vectors(model, threads, batch) == alone,
                "{model} {threads} {batch}"
            );
        }
    }
}

fn logits(model: &str, precision: Precision, threads: usize, batch: usize) -> Vec<Vec<f32>> {
    let mut lm = MaskedLm::open(&support::engine(threads), &folder(model), precision).unwrap();
    assert_eq!(lm.runs_alone(), precision == Precision::Int8);
    let sentences = sentences();
    let gaps: Vec<Gap<'_>> = sentences
        .iter()
        .map(|text| Gap {
            left: text,
            right: " today.",
        })
        .collect();
    let mut out = Vec::new();
    for part in gaps.chunks(batch) {
        let mut rows = vec![Vec::new(); part.len()];
        lm.score(part, &Interrupt::default(), |index, row| {
            rows[index] = row.to_vec()
        })
        .unwrap();
        out.extend(rows);
    }
    out
}

#[test]
fn logits_are_the_same_in_any_batch() {
    for (model, precision) in [
        ("bert-mlm", Precision::Fp32),
        ("distilbert-mlm", Precision::Fp32),
        // Its scales come from the whole batch, so it is run row by row.
        ("bert-mlm", Precision::Int8),
    ] {
        let alone = logits(model, precision, 1, 1);
        for (threads, batch) in [(1, 7), (1, 32), (2, 1), (2, 32)] {
            let found = logits(model, precision, threads, batch);
            assert!(found == alone, "{model} {precision} {threads} {batch}");
        }
    }
}
