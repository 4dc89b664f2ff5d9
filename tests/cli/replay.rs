//! One item made again.

use std::fs;

use super::project::{Project, RECIPE, voice};

#[test]
fn every_kind_of_item_is_equal_and_the_dataset_stays_untouched() {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 3)]);
    project.write("r.toml", RECIPE);
    project
        .run(&["audio", "r.toml", "--out", "out", "--seed", "12"])
        .ends(0);
    let before = project.tree("out");
    let rows = project.rows("out/manifest.jsonl");
    let mut kinds = std::collections::BTreeSet::new();
    for row in &rows {
        if kinds.insert(row["transform"].as_str().unwrap()) {
            let id = row["id"].as_str().unwrap();
            project
                .run(&["replay", "out", id, "--out", "again.wav"])
                .ends(0)
                .says("equal");
            let file = project.path("out").join(row["file"].as_str().unwrap());
            assert_eq!(
                fs::read(project.path("again.wav")).unwrap(),
                fs::read(file).unwrap()
            );
        }
    }
    assert_eq!(kinds.len(), 6);
    assert_eq!(project.tree("out"), before);
}

#[test]
fn a_changed_input_or_recipe_is_told() {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 3)]);
    project.write("r.toml", RECIPE);
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let rows = project.rows("out/manifest.jsonl");
    let row = rows.iter().find(|row| row["transform"] == "speed").unwrap();
    let (id, source) = (row["id"].as_str().unwrap(), row["source_id"].as_str().unwrap());
    project.wav(&format!("corpus/{source}.wav"), 16_000, &voice("x", 9));
    project.run(&["replay", "out", id]).ends(2).says("DIFFERENT");
    project
        .run(&["replay", "out", "no-such-item"])
        .ends(1)
        .says("no-such-item");
    project.run(&["replay", "nowhere", id]).ends(1);
    project.write(
        "r.toml",
        RECIPE.replace("kind = \"speed\"", "kind = \"speed\"\nfactors = [0.8, 0.9]"),
    );
    project.run(&["replay", "out", id]).ends(1).says("--recipe");
    project
        .run(&["replay", "out", id, "--recipe", "r.toml"])
        .ends(2)
        .says("parameters");
    project
        .run(&[
            "replay",
            "out",
            id,
            "--out",
            "out/train/x.wav",
            "--recipe",
            "r.toml",
        ])
        .ends(1)
        .says("never changes");
}

#[test]
fn it_works_without_the_cache_as_long_as_the_recipe_is_near() {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 3)]);
    project.write("r.toml", RECIPE);
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    fs::remove_dir_all(project.path("cache")).unwrap();
    let id = project.rows("out/manifest.jsonl")[7]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    project.run(&["replay", "out", &id]).ends(0);
}
