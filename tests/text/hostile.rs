//! Texts that nobody expects: named, or carried through unharmed.

use std::fs;

use super::project::{Project, csv, sentences};

/// The sentences with a few more lines.
fn with(lines: &[&[u8]]) -> Project {
    let project = Project::new();
    let mut bytes = csv(&sentences([5, 20, 8])).into_bytes();
    for line in lines {
        bytes.extend_from_slice(line);
        bytes.push(b'\n');
    }
    project.write("sentences.csv", bytes);
    project
}

#[test]
fn invalid_utf8_is_named_and_the_rest_is_used() {
    let project = with(&[
        b"broken,\"caf\xe9 is open\",angry",
        b"fine,The cat is calm now.,angry",
    ]);
    let ran = project.run(&["text", "recipe.toml", "--out", "out"]).ends(0);
    ran.says("UTF-8").says("sentences.csv:35");
    let refused = project.rows("out/refused.jsonl");
    assert!(
        refused
            .iter()
            .any(|row| row["reason"].as_str().unwrap().contains("UTF-8"))
    );
    assert!(
        fs::read_to_string(project.path("out/manifest.jsonl"))
            .unwrap()
            .contains("The cat is calm now.")
    );
}

#[test]
fn empty_cells_are_named() {
    let project = with(&[
        b"void,,angry",
        b"blank,\"   \",angry",
        b"unlabelled,The dog is here.,",
    ]);
    project.make("out");
    let refused = fs::read_to_string(project.path("out/refused.jsonl")).unwrap();
    for text in ["void", "blank", "unlabelled"] {
        assert!(
            refused.contains(text) || refused.contains("sentences.csv:"),
            "{text} in {refused}"
        );
    }
    let rows = project.rows("out/refused.jsonl");
    assert_eq!(
        rows.iter()
            .filter(|row| row["stage"] != "item" && row["stage"] != "choice")
            .count(),
        3
    );
}

#[test]
fn a_document_in_place_of_a_sentence_is_refused() {
    let long = format!("long,\"{}\",angry", "My brother is angry. ".repeat(5_000));
    let project = with(&[long.as_bytes()]);
    project.make("out");
    let rows = project.rows("out/refused.jsonl");
    let row = rows.iter().find(|row| row["id"] == "long").unwrap();
    assert!(row["reason"].as_str().unwrap().contains("20000"), "{row}");
}

#[test]
fn sentences_beyond_what_a_model_reads_are_worked_on_whole() {
    let many = "and the old boat is in the garden ".repeat(40);
    let line = format!("long,\"My brother is angry {many}now.\",angry");
    let project = with(&[line.as_bytes()]);
    project.change("threshold = 0.7", "threshold = 0.3");
    project.change("\"largest\"", "{ angry = 30, happy = 10, sad = 5 }");
    project.make("out");
    let rows = project.rows("out/manifest.jsonl");
    let made: Vec<_> = rows
        .iter()
        .filter(|row| row["source_id"] == "long" && row["transform"] == "fill")
        .collect();
    assert!(!made.is_empty());
    for row in made {
        let words = row["text"].as_str().unwrap().split_whitespace().count();
        assert_eq!(words, 4 + 40 * 8 + 1, "{row}");
    }
}

#[test]
fn scripts_and_signs_of_all_kinds_come_through() {
    let odd = [
        "אני שמח מאוד היום",
        "أنا سعيد جدا اليوم",
        "我今天很高兴",
        "So happy 😀👩‍👩‍👧‍👦 today!!!",
        "e\u{301}toile\u{200b} \u{202e}olleh\u{202c} was here",
        "[MASK] [SEP] ## is here </s> <unk>",
        "\u{feff}bom and \u{0}nul inside",
        "'''\"\"\"``` ,,,; | tabs\there",
    ];
    let lines: Vec<String> = odd
        .iter()
        .enumerate()
        .map(|(index, text)| format!("odd{index},\"{}\",angry", text.replace('"', "\"\"")))
        .collect();
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    let project = with(&lines);
    project.change("threshold = 0.7", "threshold = 0.3");
    project.make("out");
    let rows = project.rows("out/manifest.jsonl");
    for text in odd {
        assert!(
            rows.iter().any(|row| row["text"] == text.trim()
                || row["text"].as_str().unwrap() == text.trim_start_matches('\u{feff}')),
            "{text:?} is lost"
        );
    }
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn the_mark_that_stands_for_gaps_is_refused_in_a_text() {
    let project = with(&["gap,\"\u{f0000}gap\u{f0000} sister is sad at work\",sad".as_bytes()]);
    project.make("out");
    let rows = project.rows("out/refused.jsonl");
    let row = rows.iter().find(|row| row["id"] == "gap").unwrap();
    assert!(row["reason"].as_str().unwrap().contains("private-use"), "{row}");
}

#[test]
fn jsonl_and_tsv_say_the_same() {
    let project = Project::new();
    project.make("out");
    let rows = sentences([5, 20, 8]);
    let tsv: String = std::iter::once("id\ttext\tlabel\n".to_owned())
        .chain(
            rows.iter()
                .map(|(id, text, label)| format!("{id}\t{text}\t{label}\n")),
        )
        .collect();
    let jsonl: String = rows
        .iter()
        .map(|(id, text, label)| {
            serde_json::json!({ "id": id, "text": text, "label": label }).to_string() + "\n"
        })
        .collect();
    project.write("sentences.tsv", tsv);
    project.write("sentences.jsonl", jsonl);
    for kind in ["tsv", "jsonl"] {
        let text = fs::read_to_string(project.path("recipe.toml")).unwrap();
        let name = format!("{kind}.toml");
        project.write(&name, text.replace("sentences.csv", &format!("sentences.{kind}")));
        project.run(&["text", &name, "--out", kind]).ends(0);
        assert_eq!(
            fs::read(project.path("out/train.csv")).unwrap(),
            fs::read(project.path(&format!("{kind}/train.csv"))).unwrap()
        );
    }
}
