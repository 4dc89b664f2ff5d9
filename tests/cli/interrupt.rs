//! Ctrl-C, termination, and two runs at once.

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use super::project::{Project, RECIPE, differing};

fn long() -> Project {
    let project = Project::with_corpus(&[("angry", 8), ("calm", 8)]);
    // Endless draws, so that there is always something left to do.
    let recipe = RECIPE.replace("train_per_class = 9", "train_per_class = 6000");
    project.write("long.toml", recipe);
    project
}

fn started(project: &Project) -> std::process::Child {
    let child = project
        .command(&["audio", "long.toml", "--out", "out"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..2000 {
        if project.path("out/train").exists() {
            return child;
        }
        sleep(Duration::from_millis(5));
    }
    panic!("the run did not begin");
}

fn signalled(name: &str, code: i32) {
    let project = long();
    let child = started(&project);
    std::process::Command::new("kill")
        .args([name, &child.id().to_string()])
        .status()
        .unwrap();
    let ran = super::project::Ran::from(child.wait_with_output().unwrap());
    ran.ends(code).says("run the same command again");
    assert!(!project.path("out/run.json").exists());
    let ledger = std::fs::read_to_string(project.path("out/.augment/ledger.jsonl")).unwrap();
    assert!(ledger.lines().count() > 0 && ledger.ends_with('\n'));
    // The same plan, cut short: what is finished is kept, and equals an uninterrupted run's.
    project
        .run(&["audio", "long.toml", "--out", "out", "--limit", "400"])
        .ends(0);
    project
        .run(&["audio", "long.toml", "--out", "fresh", "--limit", "400"])
        .ends(0);
    let (out, fresh) = (project.tree("out"), project.tree("fresh"));
    let common = fresh
        .keys()
        .filter(|name| name.ends_with(".wav") || name.ends_with(".png"));
    let wrong: Vec<_> = common.filter(|name| out.get(*name) != fresh.get(*name)).collect();
    assert_eq!(wrong, Vec::<&String>::new());
}

#[test]
fn ctrl_c_keeps_what_is_finished() {
    signalled("-INT", 130);
}

#[test]
fn termination_keeps_what_is_finished() {
    signalled("-TERM", 143);
}

#[test]
fn a_second_run_in_the_same_directory_is_refused() {
    let project = long();
    let mut child = started(&project);
    project
        .run(&["audio", "long.toml", "--out", "out"])
        .ends(1)
        .says("another run");
    child.kill().unwrap();
    child.wait().unwrap();
    project
        .run(&["audio", "long.toml", "--out", "out", "--limit", "5"])
        .ends(0);
}

#[test]
fn what_a_killed_run_left_half_written_is_swept() {
    let project = Project::with_corpus(&[("angry", 3), ("calm", 4)]);
    project.write("r.toml", RECIPE);
    project.run(&["audio", "r.toml", "--out", "whole"]).ends(0);
    project
        .run(&["audio", "r.toml", "--out", "out", "--limit", "3"])
        .ends(0);
    project.write("out/train/angry/.x.wav.augment-part", "half");
    project.write("out/.manifest.jsonl.augment-part", "half");
    project.run(&["audio", "r.toml", "--out", "out"]).ends(0);
    assert_eq!(
        differing(&project.tree("whole"), &project.tree("out")),
        Vec::<String>::new()
    );
}
