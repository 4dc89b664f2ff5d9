//! A change makes exactly the items that depend on it again.

use std::collections::BTreeMap;
use std::fs;

use super::project::{self, Project, differing, hiss, voice};

/// Enough items that each input is used by some.
fn recipe() -> String {
    project::RECIPE.replace("train_per_class = 9", "train_per_class = 24")
}

/// Id → (fingerprint, modification time of the file).
fn stamps(project: &Project) -> BTreeMap<String, (String, std::time::SystemTime)> {
    project
        .rows("out/manifest.jsonl")
        .iter()
        .map(|row| {
            let text = |key: &str| row[key].as_str().unwrap().to_owned();
            let file = project.path("out").join(text("file"));
            (
                text("id"),
                (
                    text("fingerprint"),
                    fs::metadata(file).unwrap().modified().unwrap(),
                ),
            )
        })
        .collect()
}

/// Ids whose files were written again, that are new, and that are gone.
fn changes(project: &Project, change: impl FnOnce(&Project)) -> (Vec<String>, Vec<String>, Vec<String>) {
    project.write("r.toml", recipe());
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let before = stamps(project);
    change(project);
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(1)
        .says("--update");
    assert_eq!(before, stamps(project), "a refused run changed something");
    project
        .run(&["audio", "r.toml", "--out", "out", "--update"])
        .ends(0);
    let after = stamps(project);
    let again = after
        .iter()
        .filter(|(id, stamp)| before.get(*id).is_some_and(|old| old != *stamp));
    let added = after.keys().filter(|id| !before.contains_key(*id));
    let gone = before.keys().filter(|id| !after.contains_key(*id));
    let lists = (
        again.map(|(id, _)| id.clone()).collect(),
        added.cloned().collect(),
        gone.cloned().collect(),
    );
    // The tree is the one that a fresh run makes.
    project.run(&["audio", "r.toml", "--out", "fresh"]).ends(0);
    assert_eq!(
        differing(&project.tree("fresh"), &project.tree("out")),
        Vec::<String>::new()
    );
    project.run(&["verify", "out"]).ends(0);
    lists
}

fn project() -> Project {
    Project::with_corpus(&[("angry", 4), ("calm", 8)])
}

/// Ids of rows for which `wanted` holds.
fn ids(project: &Project, wanted: impl Fn(&serde_json::Value) -> bool) -> Vec<String> {
    let rows = project.rows("out/manifest.jsonl");
    rows.iter()
        .filter(|row| wanted(row))
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn of_one_noise() {
    let project = project();
    let (again, added, gone) = changes(&project, |p| {
        drop(p.wav("noise/hiss.wav", 16_000, &hiss(9, 20_000)))
    });
    let dependent = ids(&project, |row| row["parameters"]["recordings"][0] == "hiss.wav");
    assert!(!dependent.is_empty());
    assert_eq!((again, added, gone), (dependent, vec![], vec![]));
}

#[test]
fn of_one_input() {
    let project = project();
    let (again, added, gone) = changes(&project, |p| {
        drop(p.wav("corpus/angry/angry_03.wav", 16_000, &voice("other", 40)))
    });
    let dependent = ids(&project, |row| row["source_id"] == "angry/angry_03");
    assert!(dependent.len() > 1);
    assert_eq!((again, added, gone), (dependent, vec![], vec![]));
}

#[test]
fn of_one_key() {
    let project = project();
    let (again, added, gone) = changes(&project, |p| {
        drop(p.write(
            "r.toml",
            recipe().replace("kind = \"noise\"", "kind = \"noise\"\nsnr_db = [0, 3]"),
        ));
    });
    let dependent = ids(&project, |row| row["transform"] == "noise");
    assert!(!dependent.is_empty());
    assert_eq!((again, added, gone), (dependent, vec![], vec![]));
}

#[test]
fn a_removed_input_takes_its_items_along() {
    let project = project();
    let victim = "angry/angry_01";
    let (_, _, gone) = changes(&project, |p| {
        fs::remove_file(p.path("corpus/angry/angry_01.wav")).unwrap()
    });
    assert!(!gone.is_empty());
    assert!(ids(&project, |row| row["source_id"] == victim).is_empty());
    assert!(project.tree("out").keys().all(|name| !name.contains("angry-01")));
}

#[test]
fn a_transcript_changes_rows_and_no_item() {
    let project = project();
    project.write("r.toml", recipe());
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let before = stamps(&project);
    project.write("corpus/angry/angry_02.txt", "Go away.");
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(0)
        .says("0 items made");
    assert_eq!(before, stamps(&project));
    let texts = ids(&project, |row| row["text"] == "Go away.");
    assert_eq!(texts, ids(&project, |row| row["source_id"] == "angry/angry_02"));
}

#[test]
fn a_larger_number_keeps_the_earlier_choice() {
    let project = project();
    let (again, added, gone) = changes(&project, |p| {
        drop(p.write(
            "r.toml",
            recipe().replace("train_per_class = 24", "train_per_class = 29"),
        ));
    });
    assert_eq!((again, added.len(), gone), (vec![], 10, vec![]));
}

#[test]
fn comments_order_and_spelling_change_nothing() {
    let project = project();
    project.write("r.toml", recipe());
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let before = project.tree("out");
    project.write(
        "r.toml",
        format!("# a comment\n{}", recipe().replace("seed = 7", "seed=7 # same")),
    );
    project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(0)
        .says("nothing to do");
    assert_eq!(differing(&before, &project.tree("out")), Vec::<String>::new());
}

#[test]
fn inputs_are_compared_by_their_bytes_when_asked() {
    let project = project();
    project.write("r.toml", recipe());
    // The cache only trusts files that have been left alone for a second.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    project
        .run(&["audio", "r.toml", "--out", "out", "--check-inputs"])
        .ends(0)
        .says("nothing to do");
    project.wav("corpus/angry/angry_00.wav", 16_000, &voice("other", 41));
    project
        .run(&["audio", "r.toml", "--out", "out", "--check-inputs"])
        .ends(1)
        .says("--update");
}
