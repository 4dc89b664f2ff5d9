//! A recipe or corpus that changed: what stays, what is made, and who is asked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::project::Project;

fn made(project: &Project, out: &str) -> BTreeMap<String, Value> {
    project
        .rows(&format!("{out}/manifest.jsonl"))
        .into_iter()
        .filter(|row| row["transform"] != "original")
        .map(|row| (row["id"].as_str().unwrap().to_owned(), row))
        .collect()
}

#[test]
fn a_complete_run_is_left_as_it_is() {
    let project = Project::new();
    project.make("out");
    let before = project.tree("out");
    let ran = project
        .run(&["text", "recipe.toml", "--out", "out", "--json"])
        .ends(0);
    assert_eq!(ran.json()["already"], true);
    assert_eq!(project.tree("out"), before);
}

#[test]
fn a_larger_number_keeps_the_earlier_sentences() {
    let project = Project::new();
    project.change("\"largest\"", "12");
    project.make("out");
    let before = made(&project, "out");
    project.change("train_per_class = 12", "train_per_class = 15");
    project
        .run(&["text", "recipe.toml", "--out", "out"])
        .ends(1)
        .says("--update");
    project
        .run(&["text", "recipe.toml", "--out", "out", "--update"])
        .ends(0);
    let after = made(&project, "out");
    assert!(after.len() > before.len());
    for (id, row) in before {
        assert_eq!(after.get(&id), Some(&row));
    }
    project.run(&["verify", "out"]).ends(0);
    // As if it had been asked for at once.
    project.make("fresh");
    assert_eq!(project.tree("fresh"), project.tree("out"));
}

#[test]
fn another_threshold_makes_everything_again() {
    let project = Project::new();
    project.make("out");
    let run = ["text", "recipe.toml", "--out", "out", "--threshold", "0.75"];
    project.run(&run).ends(1).says("0 items are kept");
    project.run(&[&run[..], &["--update"]].concat()).ends(0);
    project
        .run(&["text", "recipe.toml", "--out", "fresh", "--threshold", "0.75"])
        .ends(0);
    assert_eq!(project.tree("fresh"), project.tree("out"));
}

#[test]
fn a_limit_leaves_no_dataset_and_a_dry_run_nothing_at_all() {
    let project = Project::new();
    project
        .run(&["text", "recipe.toml", "--out", "out", "--dry-run"])
        .ends(0)
        .says("nothing was written");
    assert!(!project.path("out").exists());
    let ran = project
        .run(&["text", "recipe.toml", "--out", "out", "--limit", "3", "--json"])
        .ends(0)
        .says("not complete yet");
    // What was made can be looked at.
    let preview = ran.json()["preview"].as_array().unwrap().clone();
    assert!(!preview.is_empty());
    assert!(preview.iter().all(|row| row["transform"] == "fill"));
    assert!(!project.path("out/run.json").exists());
    let ran = project
        .run(&["text", "recipe.toml", "--out", "out", "--json"])
        .ends(0);
    assert_eq!(ran.json()["known"], 3);
    project.make("fresh");
    assert_eq!(project.tree("fresh"), project.tree("out"));
}

#[test]
fn a_file_that_is_gone_or_has_another_size_is_made_again() {
    let project = Project::new();
    project.make("out");
    let before = project.tree("out");
    for name in ["train.csv", "validation.csv", "refused.jsonl"] {
        std::fs::remove_file(project.path(&format!("out/{name}"))).unwrap();
        project
            .run(&["verify", "out"])
            .ends(2)
            .says(&format!("{name}: has no bytes"));
        project.make("out");
        assert_eq!(project.tree("out"), before);
        project.write(&format!("out/{name}"), "something else\n");
        let again = project.run(&["text", "recipe.toml", "--out", "out"]);
        if name == "refused.jsonl" {
            again.ends(1).says("refused.jsonl");
            std::fs::remove_file(project.path("out/refused.jsonl")).unwrap();
            project.make("out");
        } else {
            again.ends(0);
        }
        assert_eq!(project.tree("out"), before);
    }
}

#[test]
fn a_sentence_that_was_tampered_with_is_not_taken_over() {
    let project = Project::new();
    project.change("\"largest\"", "12");
    project.make("out");
    let row = made(&project, "out").into_values().next().unwrap();
    let manifest = std::fs::read_to_string(project.path("out/manifest.jsonl")).unwrap();
    let forged = manifest.replace(row["text"].as_str().unwrap(), "A forged sentence.");
    project.write("out/manifest.jsonl", forged);
    project.change("train_per_class = 12", "train_per_class = 13");
    project
        .run(&["text", "recipe.toml", "--out", "out", "--update"])
        .ends(0);
    project.make("fresh");
    assert_eq!(project.tree("fresh"), project.tree("out"));
}

#[test]
fn a_directory_of_somebody_else_is_left_alone() {
    let project = Project::new();
    project.write("out/thesis.txt", "precious");
    project
        .run(&["text", "recipe.toml", "--out", "out"])
        .ends(1)
        .says("not a dataset of augment");
    assert_eq!(project.tree("out").len(), 1);
}
