//! The same bytes for any number of threads, any shards and any interruptions.

use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::project::{Project, bundled, differing};

/// The demo's recipe, with enough items that a run can be interrupted.
fn demo(project: &Project, per_class: usize) -> String {
    let recipe = fs::read_to_string(bundled("recipes/demo.toml")).unwrap();
    let recipe = recipe
        .replace("\"../", &format!("\"{}/", bundled("")))
        .replace("train_per_class = 22", &format!("train_per_class = {per_class}"));
    project.write("demo.toml", recipe);
    "demo.toml".to_owned()
}

#[test]
fn threads_and_shards_make_no_difference() {
    let project = Project::new();
    let recipe = demo(&project, 60);
    project
        .run(&["audio", &recipe, "--out", "one", "--jobs", "1"])
        .ends(0);
    project
        .run(&["audio", &recipe, "--out", "two", "--jobs", "2"])
        .ends(0);
    let one = project.tree("one");
    assert_eq!(differing(&one, &project.tree("two")), Vec::<String>::new());
    for shard in ["0/3", "1/3", "2/3"] {
        let out = format!("part{}", &shard[..1]);
        project
            .run(&["audio", &recipe, "--out", &out, "--shard", shard])
            .ends(0);
        assert!(!project.rows(&format!("{out}/manifest.jsonl")).is_empty());
    }
    project
        .run(&["merge", "part2", "part0", "part1", "--out", "merged"])
        .ends(0);
    assert_eq!(differing(&one, &project.tree("merged")), Vec::<String>::new());
    // Merging again finds everything in place.
    project
        .run(&["merge", "part0", "part1", "part2", "--out", "merged"])
        .ends(0);
    assert_eq!(differing(&one, &project.tree("merged")), Vec::<String>::new());
    project.run(&["verify", "one", "two", "merged"]).ends(0);
}

#[test]
fn shards_that_do_not_fit_are_not_merged() {
    let project = Project::new();
    let recipe = demo(&project, 25);
    project
        .run(&["audio", &recipe, "--out", "a", "--shard", "0/2"])
        .ends(0);
    project
        .run(&["audio", &recipe, "--out", "b", "--shard", "1/2", "--seed", "8"])
        .ends(0);
    project.run(&["audio", &recipe, "--out", "whole"]).ends(0);
    project
        .run(&["merge", "a", "b", "--out", "m"])
        .ends(1)
        .says("different runs");
    project
        .run(&["merge", "a", "--out", "m"])
        .ends(1)
        .says("missing: 1");
    project
        .run(&["merge", "a", "a", "--out", "m"])
        .ends(1)
        .says("given twice");
    project
        .run(&["merge", "whole", "--out", "m"])
        .ends(1)
        .says("whole dataset");
    project
        .run(&["merge", "nowhere", "--out", "m"])
        .ends(1)
        .says("nowhere");
    assert!(!project.path("m").exists());
    // A shard's directory is not taken for another shard's.
    project
        .run(&["audio", &recipe, "--out", "a", "--shard", "1/2"])
        .ends(1)
        .says("the shard is \"0/2\" there");
}

#[test]
fn killed_ten_times_and_continued_it_is_the_same() {
    let project = Project::new();
    let recipe = demo(&project, 400);
    project
        .run(&["audio", &recipe, "--out", "whole", "--jobs", "2"])
        .ends(0);
    let whole = project.tree("whole");
    let done = || {
        let ledger = fs::read_to_string(project.path("killed/.augment/ledger.jsonl"));
        ledger.unwrap_or_default().lines().count()
    };
    let mut resumed = 0;
    for moment in 0..10u64 {
        let mut child = project
            .command(&["audio", &recipe, "--out", "killed", "--jobs", "2"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Three kills around the first file, the others as soon as more is done than the kill before has left, however slow
        // the machine is.
        let before = done();
        let end = Instant::now() + Duration::from_millis(20 + 30 * moment);
        let goes_on = || match moment {
            0..3 => Instant::now() < end,
            _ => done() <= before,
        };
        while goes_on() && child.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(5));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        resumed = resumed.max(done());
    }
    assert!(
        resumed > 0 || project.path("killed/run.json").exists(),
        "no kill found anything to go on with"
    );
    project
        .run(&["audio", &recipe, "--out", "killed", "--jobs", "1"])
        .ends(0);
    assert_eq!(differing(&whole, &project.tree("killed")), Vec::<String>::new());
    project.run(&["verify", "killed"]).ends(0);
}

#[test]
fn a_limited_run_is_the_beginning_of_the_whole() {
    let project = Project::new();
    let recipe = demo(&project, 30);
    project
        .run(&["audio", &recipe, "--out", "limited", "--limit", "17"])
        .ends(0)
        .says("17 items made");
    assert!(!project.path("limited/run.json").exists());
    project
        .run(&["audio", &recipe, "--out", "limited"])
        .ends(0)
        .says("17 kept");
    project.run(&["audio", &recipe, "--out", "whole"]).ends(0);
    assert_eq!(
        differing(&project.tree("limited"), &project.tree("whole")),
        Vec::<String>::new()
    );
}

#[test]
fn a_lost_or_torn_file_is_made_again() {
    let project = Project::new();
    let recipe = demo(&project, 25);
    project.run(&["audio", &recipe, "--out", "out"]).ends(0);
    let whole = project.tree("out");
    let row = &project.rows("out/manifest.jsonl")[3];
    fs::remove_file(project.path("out").join(row["file"].as_str().unwrap())).unwrap();
    project
        .run(&["verify", "out"])
        .ends(2)
        .says(row["file"].as_str().unwrap());
    project
        .run(&["audio", &recipe, "--out", "out"])
        .ends(0)
        .says("1 items made");
    assert_eq!(differing(&whole, &project.tree("out")), Vec::<String>::new());
}

#[test]
fn another_seed_is_another_dataset() {
    let project = Project::new();
    let recipe = demo(&project, 25);
    project.run(&["audio", &recipe, "--out", "a"]).ends(0);
    project
        .run(&["audio", &recipe, "--out", "b", "--seed", "43"])
        .ends(0);
    assert_ne!(project.rows("a/manifest.jsonl"), project.rows("b/manifest.jsonl"));
    project
        .run(&["audio", &recipe, "--out", "a", "--seed", "43"])
        .ends(1)
        .says("--update");
}
