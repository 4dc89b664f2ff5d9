//! `verify` and `replay` of sentences.

use std::fs;

use super::project::Project;

#[test]
fn a_sound_dataset_agrees_and_every_tampering_is_named() {
    let project = Project::new();
    project.make("out");
    project.run(&["verify", "out"]).ends(0).says("agree");
    let manifest = fs::read_to_string(project.path("out/manifest.jsonl")).unwrap();
    let table = fs::read_to_string(project.path("out/train.csv")).unwrap();
    let row = project
        .rows("out/manifest.jsonl")
        .into_iter()
        .find(|row| row["transform"] == "fill")
        .unwrap();
    let text = row["text"].as_str().unwrap();
    let (id, source) = (row["id"].as_str().unwrap(), row["source_id"].as_str().unwrap());

    project.write("out/manifest.jsonl", manifest.replace(text, "Something else."));
    let ran = project.run(&["verify", "out"]).ends(2);
    ran.says(&format!("{id}: its text is not that of its SHA-256"))
        .says("train.csv: is not as in manifest.jsonl");

    project.write("out/manifest.jsonl", &manifest);
    project.write("out/train.csv", table.replace(text, "Something else."));
    project
        .run(&["verify", "out"])
        .ends(2)
        .says(&format!("train.csv: is not as in manifest.jsonl, from {id} on"));

    project.write("out/train.csv", format!("{table}more,angry,x,y,,original\n"));
    project
        .run(&["verify", "out"])
        .ends(2)
        .says("has more lines than manifest.jsonl has rows");

    project.write("out/train.csv", &table);
    let doubtful = manifest.replacen("\"similarity\":0.", "\"similarity\":0.0", 1);
    project.write("out/manifest.jsonl", doubtful);
    project
        .run(&["verify", "out"])
        .ends(2)
        .says("below the threshold of 0.7");

    let leak = manifest.replacen(
        &format!("\"source_id\":\"{source}\""),
        "\"source_id\":\"stolen\"",
        1,
    );
    let held = project
        .rows("out/manifest.jsonl")
        .into_iter()
        .find(|row| row["split"] == "validation")
        .unwrap();
    let leak = leak.replace("\"stolen\"", &held["source_id"].to_string());
    project.write("out/manifest.jsonl", leak);
    project
        .run(&["verify", "out"])
        .ends(2)
        .says("leak: the source")
        .says("validation");
}

#[test]
fn a_row_is_made_again_by_itself() {
    let project = Project::with_translations();
    project.make("out");
    let rows = project.rows("out/manifest.jsonl");
    for transform in ["original", "fill", "translation"] {
        let row = rows.iter().find(|row| row["transform"] == transform).unwrap();
        let id = row["id"].as_str().unwrap();
        project
            .run(&["replay", "out", id, "--out", "sentence.txt"])
            .ends(0)
            .says("equal");
        let text = fs::read_to_string(project.path("sentence.txt")).unwrap();
        assert_eq!(text.trim_end(), row["text"].as_str().unwrap());
    }
    project
        .run(&["replay", "out", "nobody"])
        .ends(1)
        .says("has no item \"nobody\"");
}

#[test]
fn what_a_changed_source_makes_now_differs() {
    let project = Project::new();
    project.make("out");
    let row = project
        .rows("out/manifest.jsonl")
        .into_iter()
        .find(|row| row["transform"] == "fill")
        .unwrap();
    let table = fs::read_to_string(project.path("sentences.csv")).unwrap();
    let source = row["source_id"].as_str().unwrap();
    let line = table
        .lines()
        .find(|line| line.starts_with(&format!("{source},")))
        .unwrap();
    let changed = line.replace(" is ", " was ");
    project.write("sentences.csv", table.replace(line, &changed));
    let before = project.tree("out");
    project
        .run(&["replay", "out", row["id"].as_str().unwrap()])
        .ends(2)
        .says("DIFFERENT");
    assert_eq!(project.tree("out"), before);
}
