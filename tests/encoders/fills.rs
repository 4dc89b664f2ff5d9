//! What stands in a gap.

use augment::onnx::folder::Precision;
use augment::onnx::masked::{Gap, MaskedLm, log_sum_exp, top};
use augment::run::interrupt::Interrupt;
use serde::Deserialize;

use crate::{folder, goldens, support};

#[derive(Deserialize)]
struct Row {
    left: String,
    right: String,
    ids: Vec<u32>,
    position: usize,
    top_ids: Vec<u32>,
    top_logits: Vec<f32>,
    logsumexp: f64,
}

fn same_logits(model: &str, golden: &str, precision: Precision, tolerance: f32) {
    let rows: Vec<Row> = goldens(golden);
    let mut lm = MaskedLm::open(&support::engine(1), &folder(model), precision).unwrap();
    let gaps: Vec<Gap<'_>> = rows
        .iter()
        .map(|row| Gap {
            left: &row.left,
            right: &row.right,
        })
        .collect();
    for (row, gap) in rows.iter().zip(&gaps) {
        let encoded = lm.tokens().encode_gap(gap.left, gap.right).unwrap();
        assert_eq!(encoded, (row.ids.clone(), row.position));
    }
    let mut seen = vec![0; rows.len()];
    lm.score(&gaps, &Interrupt::default(), |index, logits| {
        let row = &rows[index];
        seen[index] += 1;
        for (&id, &golden) in row.top_ids.iter().zip(&row.top_logits) {
            let found = logits[id as usize];
            assert!((found - golden).abs() <= tolerance, "{index}: {found} {golden}");
        }
        if precision == Precision::Fp32 {
            assert_eq!(top(logits, 10), row.top_ids);
        }
        assert!((log_sum_exp(logits) - row.logsumexp).abs() <= f64::from(tolerance));
    })
    .unwrap();
    assert!(seen.iter().all(|&count| count == 1));
}

#[test]
fn bert_scores_as_transformers_does() {
    same_logits("bert-mlm", "bert-mlm.fills.jsonl", Precision::Fp32, 1e-4);
}

#[test]
fn a_graph_without_token_types_scores_as_transformers_does() {
    same_logits(
        "distilbert-mlm",
        "distilbert-mlm.fills.jsonl",
        Precision::Fp32,
        1e-4,
    );
}

#[test]
fn half_precision_is_near() {
    same_logits("bert-mlm", "bert-mlm.fills.jsonl", Precision::Fp16, 0.05);
}
