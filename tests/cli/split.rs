//! Nothing made from a held-out utterance, its twin or its group reaches train.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use super::project::{Project, voice};

fn speakers(project: &Project) {
    let mut csv = String::from("audio,label,speaker,text\n");
    for n in 0..40usize {
        let label = ["joy", "fear"][n % 2];
        project.wav(&format!("audio/{n:02}.wav"), 16_000, &voice("s", n));
        csv += &format!("audio/{n:02}.wav,{label},speaker{},text {}\n", n % 8, n / 3);
    }
    project.write("list.csv", csv);
}

fn recipe(split: &str) -> String {
    format!(
        "[corpus]\nkind = \"manifest\"\npath = \"list.csv\"\n[split]\n{split}\n[balance]\ncopies = 1\n[[transform]]\nkind = \"gain\"\n"
    )
}

/// Values of a column by split.
fn by_split(project: &Project, out: &str, column: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in project.rows(&format!("{out}/manifest.jsonl")) {
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        found.entry(text("split")).or_default().insert(text(column));
    }
    found
}

#[test]
fn groups_are_never_torn() {
    let project = Project::new();
    speakers(&project);
    for (group_by, column) in [("speaker", "speaker"), ("text", "text")] {
        let split = format!("validation_per_class = 4\ntest_per_class = 3\ngroup_by = \"{group_by}\"");
        project.write("r.toml", recipe(&split));
        project.run(&["audio", "r.toml", "--out", group_by]).ends(0);
        let found = by_split(&project, group_by, column);
        assert_eq!(found.len(), 3);
        for (a, b) in [("train", "validation"), ("train", "test"), ("validation", "test")] {
            assert!(found[a].is_disjoint(&found[b]), "{group_by}: {a} and {b}");
        }
        let rows = project.rows(&format!("{group_by}/manifest.jsonl"));
        let count = |split: &str| rows.iter().filter(|row| row["split"] == split).count();
        assert_eq!((count("validation"), count("test")), (8, 6));
        project.run(&["verify", group_by]).ends(0);
    }
}

#[test]
fn folds_cover_everything_once() {
    let project = Project::new();
    speakers(&project);
    let mut held = BTreeSet::new();
    for fold in 0..4 {
        project.write(
            "r.toml",
            recipe(&format!("folds = 4\nfold = {fold}\ngroup_by = \"speaker\"")),
        );
        let out = format!("fold{fold}");
        project.run(&["audio", "r.toml", "--out", &out]).ends(0);
        for id in &by_split(&project, &out, "source_id")["validation"] {
            assert!(held.insert(id.clone()), "{id} is held out twice");
        }
    }
    assert_eq!(held.len(), 40);
    // Together they leak, of course, and verify says so.
    project.run(&["verify", "fold0", "fold1"]).ends(2).says("leak");
}

#[test]
fn the_split_of_another_dataset_is_taken_over() {
    let project = Project::new();
    speakers(&project);
    project.write(
        "first.toml",
        recipe("validation_per_class = 5\ngroup_by = \"speaker\""),
    );
    project.run(&["audio", "first.toml", "--out", "first"]).ends(0);
    project.write("second.toml", recipe("from = \"first\""));
    project
        .run(&["audio", "second.toml", "--out", "second", "--seed", "99"])
        .ends(0);
    assert_eq!(
        by_split(&project, "first", "source_id"),
        by_split(&project, "second", "source_id")
    );
    project.run(&["verify", "first", "second"]).ends(0);
    project.write("second.toml", recipe("from = \"nowhere\""));
    project
        .run(&["audio", "second.toml", "--out", "third"])
        .ends(1)
        .says("second.toml:5");
}

#[test]
fn twins_share_a_split_and_given_splits_are_guarded() {
    let project = Project::new();
    for n in 0..6 {
        project.wav(&format!("corpus/train/joy/{n}.wav"), 16_000, &voice("t", n));
        project.wav(&format!("corpus/validation/joy/v{n}.wav"), 16_000, &voice("v", n));
    }
    fs::copy(
        project.path("corpus/validation/joy/v3.wav"),
        project.path("corpus/train/joy/copy.wav"),
    )
    .unwrap();
    project.write("r.toml", "[corpus]\nkind = \"folder\"\nroot = \"corpus\"\n[balance]\ncopies = 1\n[[transform]]\nkind = \"gain\"\n");
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let refused = project.rows("out/refused.jsonl");
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0]["id"], "train/joy/copy");
    assert!(
        refused[0]["reason"]
            .as_str()
            .unwrap()
            .contains("holds the same as validation/joy/v3")
    );
    assert!(
        by_split(&project, "out", "source_id")["train"]
            .iter()
            .all(|id| id != "train/joy/copy")
    );
    project.run(&["verify", "out"]).ends(0);

    // Drawn splits: a twin goes where its twin goes.
    for n in 0..6 {
        project.wav(&format!("twins/joy/{n}a.wav"), 16_000, &voice("w", n));
        fs::copy(
            project.path(&format!("twins/joy/{n}a.wav")),
            project.path(&format!("twins/joy/{n}b.wav")),
        )
        .unwrap();
    }
    project.write("t.toml", "[corpus]\nkind = \"folder\"\nroot = \"twins\"\n[split]\nvalidation_per_class = 3\n[balance]\ncopies = 1\n[[transform]]\nkind = \"gain\"\n");
    project.run(&["audio", "t.toml", "--out", "twin"]).ends(0);
    project.run(&["verify", "twin"]).ends(0);
    let groups = by_split(&project, "twin", "group");
    assert!(groups["train"].is_disjoint(&groups["validation"]));
}

#[test]
fn what_splits_can_not_do_is_said() {
    let project = Project::new();
    speakers(&project);
    for (split, says) in [
        (
            "validation_groups = [\"nobody\"]\ngroup_by = \"speaker\"",
            "there is no group",
        ),
        ("validation_per_class = 30", "wants 30"),
        ("folds = 5", "fold is missing"),
        ("fold = 1", "folds is missing"),
        ("folds = 3\nfold = 3", "numbered 0 to 2"),
        ("validation_share = 1.5", "between 0 and 1"),
        ("validation_share = 0.2\nvalidation_per_class = 3", "one of them"),
        ("group_by = \"session\"", "has no session"),
        ("group_by = \"sesion\"", "did you mean \"session\"?"),
    ] {
        project.write("r.toml", recipe(split));
        project
            .run(&["audio", "r.toml", "--out", "out"])
            .ends(1)
            .says(says)
            .says("r.toml:");
    }
}
