//! Token ids.

use augment::onnx::tokens::Tokens;
use serde::Deserialize;

use crate::{folder, goldens};

#[derive(Deserialize)]
struct Row {
    text: String,
    ids: Vec<u32>,
}

fn same_ids(model: &str, golden: &str) {
    let tokens = Tokens::open(&folder(model)).unwrap();
    for row in goldens::<Row>(golden) {
        let windows = tokens.encode(&row.text).unwrap();
        if row.ids.len() <= tokens.limit() {
            assert_eq!(windows, [row.ids], "{:?}", row.text);
        } else {
            // Python warns and goes on; here the row is cut into windows, which together hold the same text.
            let (first, last) = (row.ids[0], row.ids[row.ids.len() - 1]);
            let content: Vec<u32> = windows
                .iter()
                .flat_map(|window| {
                    assert!(window.len() <= tokens.limit());
                    assert_eq!((window[0], window[window.len() - 1]), (first, last));
                    window[1..window.len() - 1].to_vec()
                })
                .collect();
            assert!(windows.len() > 1);
            assert_eq!(content, row.ids[1..row.ids.len() - 1]);
        }
    }
}

#[test]
fn bert_texts_have_the_ids_of_transformers() {
    same_ids("bert-mlm", "bert-mlm.tokens.jsonl");
}

#[test]
fn distilbert_texts_have_the_ids_of_transformers() {
    same_ids("distilbert-mlm", "distilbert-mlm.tokens.jsonl");
}

#[test]
fn padding_and_truncation_of_the_tokenizer_file_are_not_followed() {
    same_ids("sentence-encoder", "sentence-encoder.tokens.jsonl");
}

#[test]
fn a_mask_written_in_a_text_is_text() {
    let tokens = Tokens::open_masked(&folder("bert-mlm")).unwrap();
    let mask = tokens.id("[MASK]").unwrap();
    let (row, at) = tokens.encode_gap("a [MASK] and ", " [MASK]").unwrap();
    assert_eq!(row[at], mask);
    assert_eq!(row.iter().filter(|&&id| id == mask).count(), 1);
    assert!(!tokens.encode("[MASK] [SEP] [PAD]").unwrap()[0].contains(&mask));
}

#[test]
fn of_a_text_that_is_too_long_the_part_around_the_gap_is_taken() {
    let tokens = Tokens::open_masked(&folder("bert-mlm")).unwrap();
    let mask = tokens.id("[MASK]").unwrap();
    let word = "friend ".repeat(300);
    for (left, right) in [
        ("", word.as_str()),
        (word.as_str(), ""),
        (word.as_str(), word.as_str()),
    ] {
        let (row, at) = tokens.encode_gap(left, right).unwrap();
        assert_eq!(row.len(), tokens.limit());
        assert_eq!(row[at], mask);
    }
    let (row, at) = tokens.encode_gap(&word, &word).unwrap();
    assert!(at.abs_diff(row.len() / 2) <= 1);
}
