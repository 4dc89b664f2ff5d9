//! A run that is stopped, whatever way, goes on where it was, and ends with the bytes of one that was not.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::project::{Project, Ran, csv, differing, recipe, sentences};

/// Enough work for several waves.
fn busy() -> Project {
    let project = Project::new();
    project.write("sentences.csv", csv(&sentences([60, 1500, 90])));
    project.write(
        "recipe.toml",
        recipe(
            "validation_per_class = 5",
            "threshold = 0.8\np_backtranslate = 0.0",
        ),
    );
    project
}

/// Starts a run and gives it a signal once its ledger has grown beyond some bytes; gives what it came to.
fn stopped(project: &Project, signal: &str, beyond: u64) -> Ran {
    let mut child = project
        .command(&["text", "recipe.toml", "--out", "out", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let ledger = project.path("out/.augment/ledger.jsonl");
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        let size = std::fs::metadata(&ledger).map_or(0, |stat| stat.len());
        if size > beyond {
            Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status()
                .unwrap();
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing was written");
        sleep(Duration::from_millis(2));
    }
    child.wait_with_output().unwrap().into()
}

#[test]
fn a_killed_run_goes_on_and_equals_one_that_was_not() {
    let project = busy();
    let whole = project.run(&["text", "recipe.toml", "--out", "whole"]);
    assert!(whole.code == 0 || whole.code == 2, "{}", whole.stderr);
    let mut killed = 0;
    for wave in 0..3 {
        let ran = stopped(&project, "-KILL", wave * 100_000);
        killed += usize::from(ran.code == -1);
        assert!(!project.path("out/run.json").exists() || ran.code >= 0);
    }
    assert!(killed > 0);
    project
        .run(&["text", "recipe.toml", "--out", "out", "--jobs", "2"])
        .ends(whole.code);
    assert_eq!(
        differing(&project.tree("whole"), &project.tree("out")),
        Vec::<String>::new()
    );
}

#[test]
fn an_interrupted_run_says_so_and_keeps_what_was_decided() {
    let project = busy();
    stopped(&project, "-INT", 0)
        .ends(130)
        .says("run the same command again to go on");
    assert!(!project.path("out/run.json").exists());
    let size = std::fs::metadata(project.path("out/.augment/ledger.jsonl"))
        .unwrap()
        .len();
    assert!(size > 0);
    let ran = project.run(&["text", "recipe.toml", "--out", "out", "--json"]);
    let known = ran.json()["known"].as_u64().unwrap();
    assert!(known > 0, "{}", ran.stderr);
}

#[test]
fn two_runs_do_not_share_a_directory() {
    let project = busy();
    let mut first = project
        .command(&["text", "recipe.toml", "--out", "out", "--jobs", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let ledger = project.path("out/.augment/ledger.jsonl");
    let begun = Instant::now();
    while !ledger.exists() {
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing was written");
        sleep(Duration::from_millis(2));
    }
    let second = project.run(&["text", "recipe.toml", "--out", "out"]);
    if first.try_wait().unwrap().is_none() {
        second.ends(1).says("another run");
    }
    first.kill().unwrap();
    first.wait().unwrap();
}
