//! Splits: held out before anything is made, by text over all classes, or as another dataset has them.

use std::collections::BTreeSet;

use super::project::{FILLS, Project, csv, recipe, sentences};

#[test]
fn nothing_is_made_of_what_is_held_out() {
    let project = Project::new();
    project.change("validation_per_class = 1", "validation_per_class = 2");
    project.make("out");
    let rows = project.rows("out/manifest.jsonl");
    let held: BTreeSet<String> = rows
        .iter()
        .filter(|row| row["split"] == "validation")
        .map(|row| row["source_id"].to_string())
        .collect();
    assert_eq!(held.len(), 6);
    assert!(
        rows.iter()
            .filter(|row| row["split"] == "train")
            .all(|row| !held.contains(&row["source_id"].to_string()))
    );
}

#[test]
fn a_text_under_two_labels_is_on_one_side() {
    let project = Project::new();
    let mut rows = sentences([5, 20, 8]);
    // Every sad sentence is somebody's happy one, too.
    let twins: Vec<_> = rows
        .iter()
        .filter(|row| row.2 == "sad")
        .map(|(id, text, _)| (format!("{id}-twin"), text.to_uppercase(), "happy".to_owned()))
        .collect();
    rows.extend(twins);
    project.write("sentences.csv", csv(&rows));
    project.change("validation_per_class = 1", "validation_share = 0.3");
    project.make("out");
    let rows = project.rows("out/manifest.jsonl");
    let texts = |split: &str| -> BTreeSet<String> {
        rows.iter()
            .filter(|row| row["split"] == split && row["transform"] == "original")
            .map(|row| row["text"].as_str().unwrap().to_lowercase())
            .collect()
    };
    assert!(!texts("validation").is_empty());
    assert!(texts("train").is_disjoint(&texts("validation")));
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn another_datasets_split_is_taken_over() {
    let project = Project::new();
    project.change("seed = 7", "seed = 99");
    project.make("first");
    project.write("second.toml", recipe("from = \"first\"", FILLS));
    project.run(&["text", "second.toml", "--out", "second"]).ends(0);
    let held = |out: &str| -> BTreeSet<String> {
        project
            .rows(&format!("{out}/manifest.jsonl"))
            .iter()
            .filter(|row| row["split"] == "validation")
            .map(|row| row["source_id"].to_string())
            .collect()
    };
    assert_eq!(held("first"), held("second"));
    project.run(&["verify", "first", "second"]).ends(0);
}
