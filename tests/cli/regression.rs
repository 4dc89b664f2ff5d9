//! Faults that were found once, each named after what it guards.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::project::{Project, RECIPE, differing};

fn project() -> Project {
    let project = Project::with_corpus(&[("angry", 4), ("calm", 6)]);
    project.write("r.toml", RECIPE);
    project
}

fn same(project: &Project, a: &str, b: &str) {
    assert_eq!(
        differing(&project.tree(a), &project.tree(b)),
        Vec::<String>::new()
    );
}

/// The same recipe with one place changed.
fn other(project: &Project, from: &str, to: &str) {
    assert!(RECIPE.contains(from));
    project.write("other.toml", RECIPE.replace(from, to));
}

#[test]
fn rows_of_items_that_were_written_over_are_not_trusted_when_the_recipe_changes_back() {
    let project = project();
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    project.run(&["audio", "r.toml", "--out", "whole"]).ends(0);
    other(&project, "seed = 7", "seed = 8");
    // As an update that was interrupted: some items hold the other recipe's bytes.
    project
        .run(&["audio", "other.toml", "--out", "out", "--update", "--limit", "9"])
        .ends(0);
    // As a kill just before their rows were written: only what was announced tells of them.
    let ledger = fs::read_to_string(project.path("out/.augment/ledger.jsonl")).unwrap();
    let announced: Vec<&str> = ledger.lines().filter(|line| line.contains("again")).collect();
    assert!(!announced.is_empty(), "{ledger}");
    project.write(
        "out/.augment/ledger.jsonl",
        format!("{}\n{{\"made\":{{\"id\"", announced.join("\n")),
    );
    project
        .run(&["audio", "r.toml", "--out", "out", "--update"])
        .ends(0);
    same(&project, "whole", "out");
    project.run(&["verify", "out"]).ends(0);
}

#[test]
fn files_that_a_killed_run_left_without_rows_go_when_the_plan_changes() {
    let project = project();
    project
        .run(&["audio", "r.toml", "--out", "out", "--limit", "12"])
        .ends(0);
    // As a kill before the first group of rows was written.
    project.write("out/.augment/ledger.jsonl", "");
    project.write("out/train/angry/notes.txt", "not an item");
    other(
        &project,
        "root = \"corpus\"",
        "root = \"corpus\"\nlabel_map = { calm = \"quiet\" }",
    );
    project
        .run(&["audio", "other.toml", "--out", "out", "--update"])
        .ends(0);
    assert!(project.path("out/train/angry/notes.txt").exists());
    fs::remove_file(project.path("out/train/angry/notes.txt")).unwrap();
    project.run(&["audio", "other.toml", "--out", "fresh"]).ends(0);
    same(&project, "fresh", "out");
}

#[test]
fn kept_items_get_the_seed_of_the_run() {
    let project = project();
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    other(&project, "seed = 7", "seed = 8");
    project
        .run(&["audio", "other.toml", "--out", "out", "--update"])
        .ends(0);
    project.run(&["audio", "other.toml", "--out", "fresh"]).ends(0);
    same(&project, "fresh", "out");
}

#[test]
fn a_dataset_that_a_limited_run_finished_is_not_called_complete_already() {
    let project = project();
    project
        .run(&["audio", "r.toml", "--out", "out", "--limit", "1000"])
        .ends(0);
    let ran = project
        .run(&["audio", "r.toml", "--out", "out"])
        .ends(0)
        .says("0 items made, 20 kept");
    assert!(!ran.stderr.contains("up to date"), "{}", ran.stderr);
}

#[test]
fn a_pipe_in_a_manifest_does_not_hold_the_run() {
    let project = project();
    let made = Command::new("mkfifo")
        .arg(project.path("corpus/pipe.wav"))
        .status();
    assert!(made.unwrap().success());
    project.write(
        "corpus/list.csv",
        "audio,label\nangry/angry_00.wav,angry\ncalm/calm_00.wav,calm\npipe.wav,calm\n",
    );
    other(
        &project,
        "kind = \"folder\"\nroot = \"corpus\"\n[split]\nvalidation_per_class = 1",
        "kind = \"manifest\"\npath = \"corpus/list.csv\"",
    );
    let mut child = project
        .command(&["audio", "other.toml", "--out", "out"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() && Instant::now() < end {
        sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let refused = project.rows("out/refused.jsonl");
    assert_eq!(refused[0]["reason"], "is not a regular file");
}

#[test]
fn replay_never_writes_into_the_dataset_by_a_detour() {
    let project = project();
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let before = project.tree("out");
    let id = project.rows("out/manifest.jsonl")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    fs::create_dir(project.path("beside")).unwrap();
    symlink(project.path("out/train"), project.path("link")).unwrap();
    for detour in [
        "out/x.wav",
        "beside/../out/x.wav",
        "new/../out/x.wav",
        "link/x.wav",
    ] {
        project
            .run(&["replay", "out", &id, "--out", detour])
            .ends(1)
            .says("never changes");
    }
    assert_eq!(differing(&before, &project.tree("out")), Vec::<String>::new());
    project
        .run(&["replay", "out", &id, "--out", "beside/x.wav"])
        .ends(0);
    assert!(project.path("beside/x.wav").exists());
}

#[test]
fn a_dataset_does_not_lie_among_its_inputs() {
    let project = project();
    symlink(project.path("corpus"), project.path("link")).unwrap();
    for inside in ["corpus/out", "link/out", "noise/deep/out", "rir/out"] {
        project
            .run(&["audio", "r.toml", "--out", inside])
            .ends(1)
            .says("searched for audio");
        assert!(!project.path(inside).exists());
    }
    project
        .run(&["audio", "r.toml", "--out", "corpus"])
        .ends(1)
        .says("not a dataset of augment");
}

#[test]
fn a_merge_into_another_run_is_refused_though_that_run_is_not_finished() {
    let project = project();
    for shard in ["0/2", "1/2"] {
        let out = format!("part{}", &shard[..1]);
        project
            .run(&["audio", "r.toml", "--out", &out, "--shard", shard])
            .ends(0);
    }
    project
        .run(&[
            "audio", "r.toml", "--out", "merged", "--seed", "8", "--limit", "5",
        ])
        .ends(0);
    let before = project.tree("merged");
    project
        .run(&["merge", "part0", "part1", "--out", "merged"])
        .ends(1)
        .says("the plan");
    assert_eq!(differing(&before, &project.tree("merged")), Vec::<String>::new());
}

#[test]
fn a_merge_takes_no_file_for_copied_by_its_size_alone() {
    let project = project();
    project.run(&["audio", "r.toml", "--out", "whole"]).ends(0);
    for shard in ["0/2", "1/2"] {
        let out = format!("part{}", &shard[..1]);
        project
            .run(&["audio", "r.toml", "--out", &out, "--shard", shard])
            .ends(0);
    }
    // As a merge that a power cut ended: a file has its name and size, but not its bytes.
    let row = &project.rows("whole/manifest.jsonl")[0];
    let file = row["file"].as_str().unwrap();
    let size = fs::metadata(project.path("whole").join(file)).unwrap().len();
    project.write("merged/.augment/lock", "");
    project.write(&format!("merged/{file}"), vec![0; size as usize]);
    project
        .run(&["merge", "part0", "part1", "--out", "merged"])
        .ends(0);
    same(&project, "whole", "merged");
}

#[test]
fn a_split_that_comes_out_empty_is_no_silent_nothing() {
    let project = project();
    for (keys, key) in [
        ("validation_share = 0.01", "validation_share"),
        ("folds = 40\nfold = 39", "fold"),
    ] {
        other(&project, "validation_per_class = 1", keys);
        project
            .run(&["audio", "other.toml", "--out", "out"])
            .ends(1)
            .says(&format!("[split] {key}: nothing would be held out"));
    }
    let both = "validation_groups = [\"calm/calm_01\"]\ntest_groups = [\"calm/calm_01\"]";
    other(&project, "validation_per_class = 1", both);
    let ran = project.run(&["audio", "other.toml", "--out", "out"]);
    ran.ends(1)
        .says("[split] test_groups: \"calm/calm_01\" is in validation_groups as well");
    other(
        &project,
        "validation_per_class = 1",
        "validation_groups = [\"calm/calm_01\"]",
    );
    project
        .run(&["audio", "other.toml", "--out", "out", "--dry-run"])
        .ends(0)
        .says("validation holds nothing of class \"angry\"");
}

#[test]
fn a_split_is_taken_over_from_a_dataset_with_other_keys() {
    let project = project();
    let rows: String = [("angry/angry_00", "validation"), ("calm/calm_02", "validation")]
        .into_iter()
        .chain([("angry/angry_01", "train"), ("calm/calm_03", "train")])
        .map(|(id, split)| {
            format!("{{\"id\":\"{id}-x\",\"source_id\":\"{id}\",\"split\":\"{split}\",\"hops\":[]}}\n")
        })
        .collect();
    project.write("text/manifest.jsonl", &rows);
    other(&project, "validation_per_class = 1", "from = \"text\"");
    project.run(&["audio", "other.toml", "--out", "out"]).ends(0);
    let held: Vec<_> = project
        .rows("out/manifest.jsonl")
        .iter()
        .filter(|row| row["split"] == "validation")
        .map(|row| row["source_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(held, ["angry/angry_00", "calm/calm_02"]);
    project.write(
        "text/manifest.jsonl",
        rows.replace("calm_0", "c").replace("angry_0", "a"),
    );
    project
        .run(&["audio", "other.toml", "--out", "out2"])
        .ends(1)
        .says("names none of the corpus' utterances, such as \"angry/angry_00\"");
}

#[test]
fn a_damaged_manifest_is_a_difference() {
    let project = project();
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    let text = fs::read_to_string(project.path("out/manifest.jsonl")).unwrap();
    project.write("out/manifest.jsonl", text.replacen("{\"id\"", "{\"if\"", 1));
    project.run(&["verify", "out"]).ends(2).says("manifest.jsonl:1");
    fs::remove_file(project.path("out/manifest.jsonl")).unwrap();
    project
        .run(&["verify", "out"])
        .ends(2)
        .says("manifest.jsonl is missing");
    let mark = fs::read_to_string(project.path("out/run.json")).unwrap();
    project.write("out/run.json", mark.replacen("\"format\": 1", "\"format\": 2", 1));
    project.run(&["verify", "out"]).ends(1).says("newer augment");
}

#[test]
fn a_failure_that_stands_in_the_dataset_names_no_place_of_the_machine() {
    let project = project();
    let out = project.path("out");
    let out = out.to_str().unwrap();
    project
        .run(&["audio", "r.toml", "--out", out, "--limit", "0"])
        .ends(0);
    // Nothing can be written into what is no folder.
    project.write("out/train/angry", "in the way");
    let ran = project.run(&["audio", "r.toml", "--out", out]).ends(2);
    assert_eq!(ran.stderr.matches("Not a directory").count(), 9, "{}", ran.stderr);
    let refused = fs::read_to_string(project.path("out/refused.jsonl")).unwrap();
    assert!(
        refused.contains("train/angry/") && !refused.contains(out),
        "{refused}"
    );
}

#[test]
fn a_recipe_without_an_end_is_refused() {
    let project = project();
    project
        .run(&["audio", "/dev/zero"])
        .ends(1)
        .says("which no recipe is");
}

#[test]
fn a_mark_that_is_no_file_does_not_hold_the_program() {
    let project = project();
    fs::create_dir(project.path("odd")).unwrap();
    let made = Command::new("mkfifo").arg(project.path("odd/run.json")).status();
    assert!(made.unwrap().success());
    let mut child = project
        .command(&["verify", "odd"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while child.try_wait().unwrap().is_none() && Instant::now() < end {
        sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
}
