//! The same bytes for any number of threads, any shards, and any interruptions.

use super::project::{Project, differing};

#[test]
fn threads_make_no_difference() {
    let project = Project::with_translations();
    project.make("two");
    project
        .run(&["text", "recipe.toml", "--out", "one", "--jobs", "1"])
        .ends(0);
    assert_eq!(
        differing(&project.tree("one"), &project.tree("two")),
        Vec::<String>::new()
    );
}

fn shards_equal_the_whole(project: &Project) {
    project.run(&["text", "recipe.toml", "--out", "whole"]);
    for shard in ["0", "1", "2"] {
        let part = format!("{shard}/3");
        project
            .run(&["text", "recipe.toml", "--out", shard, "--shard", &part])
            .ends(0)
            .says("augment merge puts all of them together");
    }
    let whole = project.tree("whole");
    let merged = project.run(&["merge", "2", "0", "1", "--out", "merged"]);
    assert!(merged.code == 0 || merged.code == 2, "{}", merged.stderr);
    assert_eq!(differing(&whole, &project.tree("merged")), Vec::<String>::new());
}

#[test]
fn merged_shards_equal_the_whole() {
    shards_equal_the_whole(&Project::with_translations());
}

#[test]
fn merged_shards_equal_the_whole_where_candidates_fail_and_repeat() {
    let project = Project::new();
    project.change("threshold = 0.7", "threshold = 0.93");
    shards_equal_the_whole(&project);
    let refused = project.rows("whole/refused.jsonl");
    assert!(refused.iter().any(|row| row["stage"] == "item"));
}

#[test]
fn merged_shards_equal_the_whole_where_originals_are_kept() {
    let project = Project::new();
    project.change("threshold = 0.7", "threshold = 0.93\non_failure = \"keep\"");
    shards_equal_the_whole(&project);
    let kept = project.rows("whole/manifest.jsonl");
    let kept: Vec<_> = kept.iter().filter(|row| row["transform"] == "kept").collect();
    assert!(!kept.is_empty());
    for row in kept {
        assert!(row.get("scores").is_none(), "{row}");
    }
}

#[test]
fn a_missing_or_foreign_shard_is_named() {
    let project = Project::new();
    for shard in ["0", "1"] {
        let part = format!("{shard}/3");
        project
            .run(&["text", "recipe.toml", "--out", shard, "--shard", &part])
            .ends(0);
    }
    project
        .run(&["merge", "0", "1", "--out", "merged"])
        .ends(1)
        .says("of 3 shards these are missing: 2");
    project
        .run(&[
            "text",
            "recipe.toml",
            "--out",
            "other",
            "--shard",
            "2/3",
            "--seed",
            "8",
        ])
        .ends(0);
    project
        .run(&["merge", "0", "1", "other", "--out", "merged"])
        .ends(1)
        .says("are of different runs");
    assert!(!project.path("merged").exists());
}
