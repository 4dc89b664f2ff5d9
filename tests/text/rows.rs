//! What a dataset of sentences holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::project::Project;

#[test]
fn classes_reach_the_number_with_rows_that_tell_how() {
    let project = Project::with_translations();
    let ran = project
        .run(&["text", "recipe.toml", "--out", "out", "--json"])
        .ends(0);
    let told = ran.json();
    assert_eq!(told["complete"], true);
    let rows = project.rows("out/manifest.jsonl");
    let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a < b));
    let mut train: BTreeMap<&str, usize> = BTreeMap::new();
    let mut routes = BTreeSet::new();
    for row in &rows {
        if row["split"] == "train" {
            *train.entry(row["label"].as_str().unwrap()).or_default() += 1;
        } else {
            assert_eq!(row["transform"], "original");
        }
        if row["transform"] != "original" {
            routes.insert(row["transform"].as_str().unwrap());
            is_told(row);
        }
    }
    assert_eq!(train, BTreeMap::from([("angry", 19), ("happy", 19), ("sad", 19)]));
    assert_eq!(routes, BTreeSet::from(["fill", "translation"]));
}

/// A new sentence tells everything about itself.
fn is_told(row: &Value) {
    let similarity = row["scores"]["similarity"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&similarity), "{row}");
    // Four decimals.
    assert_eq!(similarity, (similarity * 10_000.0).round() / 10_000.0);
    let attempts = row["attempts"].as_u64().unwrap();
    assert!((1..=4).contains(&attempts), "{row}");
    assert_eq!(row["seed"].as_str().unwrap().len(), 16);
    let models = row["parameters"]["models"].as_object().unwrap();
    let text = row["text"].as_str().unwrap();
    if row["transform"] == "fill" {
        assert_eq!(models.keys().collect::<Vec<_>>(), ["fill", "gate"]);
        let change = &row["parameters"]["changes"][0];
        assert!(
            text.to_lowercase().contains(change["new"].as_str().unwrap()),
            "{row}"
        );
        assert!(!change["old"].as_str().unwrap().is_empty());
    } else {
        assert_eq!(models.keys().collect::<Vec<_>>(), ["gate", "translation"]);
        let chain = row["parameters"]["chain"].as_array().unwrap();
        let hops = row["hops"].as_array().unwrap();
        assert_eq!(hops.len() + 1, chain.len());
        assert_eq!(hops.last().unwrap()["text"].as_str().unwrap(), text);
        assert_eq!(hops.last().unwrap()["language"], "en");
    }
}

#[test]
fn tables_hold_the_splits_and_quote_what_needs_it() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.path("sentences.csv")).unwrap();
    project.write(
        "sentences.csv",
        text + "odd,\"He said: \"\"no,\nnever\"\", and went.\",happy\n",
    );
    project.change("seed = 7", "seed = 8");
    project.make("out");
    let train = project.table("out/train.csv");
    let validation = project.table("out/validation.csv");
    assert_eq!(validation.len(), 3);
    let all: BTreeSet<&str> = train
        .iter()
        .chain(&validation)
        .map(|row| row[0].as_str())
        .collect();
    assert_eq!(
        all.len(),
        train.len() + validation.len(),
        "a sentence is there twice"
    );
    assert!(all.contains("He said: \"no,\nnever\", and went."));
    let head = std::fs::read_to_string(project.path("out/train.csv")).unwrap();
    assert!(head.starts_with("text,label,id,source_id,speaker,transform\n"));
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn repeated_sentences_of_a_class_are_taken_once() {
    let project = Project::new();
    let text = std::fs::read_to_string(project.path("sentences.csv")).unwrap();
    project.write(
        "sentences.csv",
        text + "again,MY TEACHER IS ANGRY AT WORK,angry\ntwice,My teacher is angry at work.,sad\n",
    );
    let ran = project.make("out");
    // Under two labels it is told of, and stays.
    let ran = ran.says("hold the same as one of another class");
    assert!(
        ran.stderr.contains("refused: angry0: repeats again"),
        "{}",
        ran.stderr
    );
    let refused = project.rows("out/refused.jsonl");
    assert!(
        refused
            .iter()
            .any(|row| row["id"] == "angry0" && row["stage"] == "plan")
    );
}

#[test]
fn upper_case_corpora_stay_upper_case() {
    let project = Project::with_translations();
    let text = std::fs::read_to_string(project.path("sentences.csv")).unwrap();
    let upper: String = text
        .lines()
        .enumerate()
        .map(|(number, line)| match line.split(',').collect::<Vec<_>>()[..] {
            [id, text, label] if number > 0 => format!("{id},{},{label}\n", text.to_uppercase()),
            _ => format!("{line}\n"),
        })
        .collect();
    project.write("sentences.csv", upper);
    project.make("out");
    let made = project.rows("out/manifest.jsonl");
    let made: Vec<&Value> = made.iter().filter(|row| row["transform"] != "original").collect();
    assert!(made.iter().any(|row| row["transform"] == "translation"));
    for row in made {
        let text = row["text"].as_str().unwrap();
        assert_eq!(text, text.to_uppercase(), "{row}");
    }
}

#[test]
fn new_sentences_come_in_the_letters_that_the_recipe_asks_for() {
    let project = Project::new();
    project.change("attempts = 4", "attempts = 4\ncase = \"upper\"");
    project.make("out");
    for row in project.rows("out/manifest.jsonl") {
        let text = row["text"].as_str().unwrap();
        assert_eq!(text == text.to_uppercase(), row["transform"] == "fill", "{row}");
    }
}

#[test]
fn single_words_and_short_words_are_not_augmented() {
    let project = Project::new();
    project.write(
        "sentences.csv",
        "id,text,label\na,Please.,x\nb,Please god!,x\nc,Bicycle,x\nd,My father is sad at work.,x\ne,We sold it.,y\n\
         f,We found the key.,y\ng,You shut the door.,y\nh,They painted the boat.,y\ni,She lost the letter.,y\n\
         j,He opened the window.,y\n",
    );
    project.change("validation_per_class = 1\n", "");
    project.change("threshold = 0.7", "threshold = 0.3");
    project.change(
        "train_per_class = \"largest\"",
        "train_per_class = \"largest\"\nshort = \"accept\"",
    );
    project.make("out");
    let rows = project.rows("out/manifest.jsonl");
    let sources: BTreeSet<&str> = rows
        .iter()
        .filter(|row| row["transform"] == "fill")
        .map(|row| row["source_id"].as_str().unwrap())
        .collect();
    assert_eq!(sources, BTreeSet::from(["d"]));
}

#[test]
fn a_class_that_stays_short_is_reported() {
    let project = Project::new();
    project.change("threshold = 0.7", "threshold = 0.999");
    let ran = project
        .run(&["text", "recipe.toml", "--out", "out", "--json"])
        .ends(2)
        .says("below the threshold");
    let classes = ran.json()["classes"].clone();
    let angry = classes
        .as_array()
        .unwrap()
        .iter()
        .find(|class| class["label"] == "angry")
        .unwrap()
        .clone();
    assert_eq!(angry["wanted"], 19);
    assert_eq!(angry["originals"], 4);
    assert!(angry["refused"].as_u64().unwrap() > 0);
    // And again when it is run again, and by verify; unless that was accepted.
    project
        .run(&["text", "recipe.toml", "--out", "out"])
        .ends(2)
        .says("nothing to do");
    project
        .run(&["verify", "out"])
        .ends(2)
        .says("class \"angry\" is short by");
    project.change(
        "train_per_class = \"largest\"",
        "train_per_class = \"largest\"\nshort = \"accept\"",
    );
    project.run(&["text", "recipe.toml", "--out", "accepted"]).ends(0);
}
