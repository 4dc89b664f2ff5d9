//! The same recipe gives the same bytes, however often training was stopped and in which way.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::project::{Project, Ran, SPEECH, both, differing, rows, sentences};

const NONE: Vec<String> = Vec::new();

/// Everything that a stopped training has to find again: pictures and sentences that change from epoch to epoch, dropout, a
/// schedule that waits, the best epoch.
fn rich() -> Project {
    let recipe = both()
        .replace(
            "audio = \"speech\"",
            "audio = \"speech\"\ntext = \"words\"\naugmented_text = 0.5",
        )
        .replace(
            "epochs = 3",
            "epochs = 6\ncheckpoint_seconds = 0\nschedule = \"plateau\"\nplateau_epochs = 0",
        )
        .replace("dropout = 0.1", "dropout = 0.4");
    let project = Project::new(&recipe);
    project.words("words", &sentences(&rows(8, 3)));
    project
}

const CHECKPOINT: &str = "out/.augment/checkpoint.safetensors";

/// Starts a training and gives it a signal once it has written so many checkpoints, or has ended; gives what it came to.
pub fn stopped(project: &Project, signal: &str, checkpoints: usize) -> Ran {
    let path = project.path(CHECKPOINT);
    let stamp = || fs::metadata(&path).and_then(|found| found.modified()).ok();
    let mut last = stamp();
    let mut child = project
        .command(&["train", "recipe.toml", "--out", "out", "--jobs", "1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (begun, mut seen) = (Instant::now(), 0);
    while child.try_wait().unwrap().is_none() {
        let now = stamp();
        if now.is_some() && now != last {
            last = now;
            seen += 1;
        }
        if seen >= checkpoints && project.path("out/.augment/state.json").exists() {
            let sent = Command::new("kill")
                .args([signal, &child.id().to_string()])
                .status();
            assert!(sent.unwrap().success());
            break;
        }
        // Not a measure of time, but an end for a test that waits in vain.
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing was written");
        sleep(Duration::from_millis(1));
    }
    child.wait_with_output().unwrap().into()
}

#[test]
fn stopped_in_whatever_way_it_ends_with_the_same_bytes() {
    let project = rich();
    project.train("whole").ends(0);
    let whole = project.tree("whole");
    // Twice the same.
    project.train("again").ends(0);
    assert_eq!(differing(&project.tree("again"), &whole), NONE);

    let (mut killed, mut interrupted) = (0, 0);
    for (signal, checkpoints) in [
        ("-KILL", 0),
        ("-KILL", 1),
        ("-INT", 2),
        ("-KILL", 3),
        ("-TERM", 1),
        ("-KILL", 2),
    ] {
        let ran = stopped(&project, signal, checkpoints);
        match ran.code {
            -1 => killed += 1,
            130 | 143 => {
                interrupted += 1;
                let ran = ran
                    .says("interrupted after")
                    .says("run the same command again to go on");
                assert_eq!(ran.stdout, "");
                // What was done is kept.
                assert!(project.path(CHECKPOINT).exists());
            }
            0 => break,
            code => panic!("{code}: {}", ran.stderr),
        }
        assert!(!project.path("out/run.json").exists());
    }
    assert!(killed > 1 && interrupted > 0, "{killed} {interrupted}");
    let ran = project.train("out").ends(0);
    assert!(ran.stderr.contains("going on after step") || ran.stderr.contains("nothing to do"));
    assert_eq!(differing(&project.tree("out"), &whole), NONE);

    // Complete: nothing is done or written again.
    let before = fs::metadata(project.path("out/model.onnx"))
        .unwrap()
        .modified()
        .unwrap();
    let ran = project
        .run(&["train", "recipe.toml", "--out", "out", "--jobs", "1", "--json"])
        .ends(0);
    assert_eq!(ran.json()["already"], true);
    ran.says("complete, nothing to do");
    assert_eq!(differing(&project.tree("out"), &whole), NONE);
    assert_eq!(
        fs::metadata(project.path("out/model.onnx"))
            .unwrap()
            .modified()
            .unwrap(),
        before
    );
}

#[test]
fn what_a_killed_run_left_half_written_is_swept() {
    let project = Project::new(&SPEECH.replace("epochs = 3", "steps = 2"));
    project.train("whole").ends(0);
    // Killed within a write, before the mark and after it.
    for name in [
        ".augment/.checkpoint.safetensors.augment-part",
        ".augment/.state.json.augment-part",
        ".model.onnx.augment-part",
    ] {
        project.write(&format!("out/{name}"), "half");
    }
    project.train("out").ends(0);
    assert_eq!(differing(&project.tree("out"), &project.tree("whole")), NONE);
    for name in [".augment/checkpoint.safetensors", ".augment/state.json"] {
        project.write(&format!("out/{name}"), "{}");
    }
    project.train("out").ends(0).says("nothing to do");
    assert_eq!(differing(&project.tree("out"), &project.tree("whole")), NONE);
}

#[test]
fn another_training_is_refused_and_what_differs_is_said() {
    let project = Project::new(&SPEECH.replace("epochs = 3", "steps = 2"));
    project.train("m").ends(0);
    let whole = project.tree("m");
    let other = project.read("recipe.toml").replace("0.01", "0.02");
    project.write("other.toml", other);
    let told = "m holds another training: ";
    let hint = "hint: train into another folder with --out, or remove this one";
    let run = |recipe: &str, more: &[&str]| {
        let arguments = [&["train", recipe, "--out", "m"], more].concat();
        project.run(&arguments).ends(1).says(told).says(hint)
    };
    run("other.toml", &["--jobs", "1"])
        .says(": recipe is ")
        .hides("seed");
    run("recipe.toml", &["--jobs", "1", "--seed", "4"]).says("recipe is ");
    run("recipe.toml", &["--jobs", "2"]).says(": jobs is 1 there and 2 here");
    project.words("words", &sentences(&rows(8, 3)));
    let mut changed = rows(8, 3);
    changed[0].text = "Something else.".to_owned();
    project.speech("changed", &changed);
    run("recipe.toml", &["--jobs", "1", "--data", "changed"]).says(": data is ");
    // Names, comments and the places of datasets are no part of a training.
    let same = project
        .read("recipe.toml")
        .replace("seed = 3", "# the same\nseed = 3")
        .replace("[train]", "[train]\ncheckpoint_seconds = 7.5");
    project.write("elsewhere/same.toml", same.replace("\"speech\"", "\"../moved\""));
    fs::rename(project.path("speech"), project.path("moved")).unwrap();
    project
        .run(&["train", "elsewhere/same.toml", "--out", "m", "--jobs", "1"])
        .ends(0)
        .says("nothing to do");
    assert_eq!(differing(&project.tree("m"), &whole), NONE);
}

#[test]
fn the_share_of_new_sentences_is_a_part_of_a_training() {
    let project = rich();
    project.change("recipe.toml", "epochs = 6", "epochs = 2");
    project.train("m").ends(0);
    project.change("recipe.toml", "augmented_text = 0.5", "augmented_text = 0.9");
    project
        .train("m")
        .ends(1)
        .says("m holds another training: recipe is ");
    project.train("other").ends(0);
    assert_ne!(
        project.history("m", "train_loss"),
        project.history("other", "train_loss")
    );
}

#[test]
fn another_training_does_not_go_on_from_a_checkpoint() {
    let project = rich();
    project.change("recipe.toml", "epochs = 6", "epochs = 2000");
    stopped(&project, "-INT", 2).ends(130);
    let unfinished = project.tree("out");
    project.change("recipe.toml", "dropout = 0.4", "dropout = 0.3");
    project
        .train("out")
        .ends(1)
        .says("out holds another training: recipe is ")
        .says("step is ");
    assert_eq!(differing(&project.tree("out"), &unfinished), NONE);
    // Nor does anything else take the folder for its own.
    project.write("audio.toml", "[corpus]\nkind = \"folder\"\nroot = \"speech\"\n");
    for name in ["audio", "text"] {
        let ran = project.run(&[name, "audio.toml", "--out", "out"]);
        assert_eq!(ran.code, 1, "{}", ran.stderr);
    }
    assert_eq!(differing(&project.tree("out"), &unfinished), NONE);
}

#[test]
fn a_checkpoint_that_is_not_sound_is_refused() {
    let project = rich();
    project.change("recipe.toml", "epochs = 6", "epochs = 2000");
    stopped(&project, "-INT", 2).ends(130);
    let sound = fs::read(project.path(CHECKPOINT)).unwrap();
    let mut flipped = sound.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let empty = b"\x02\0\0\0\0\0\0\0{}".to_vec();
    let endless = b"\xff\xff\xff\xff\xff\xff\xff\x7f{}".to_vec();
    for bytes in [
        &sound[..sound.len() - 1],
        &sound[..100],
        b"",
        &flipped,
        &empty,
        &endless,
        b"something else",
    ] {
        project.write(CHECKPOINT, bytes);
        project
            .train("out")
            .ends(1)
            .says("checkpoint.safetensors: the checkpoint is damaged")
            .says("hint: remove it to train from the beginning");
    }
    // Another training's.
    let state = project.read("out/.augment/state.json");
    fs::rename(project.path("out"), project.path("kept")).unwrap();
    project.change("recipe.toml", "seed = 3", "seed = 4");
    stopped(&project, "-INT", 1).ends(130);
    project.write(
        "kept/.augment/checkpoint.safetensors",
        fs::read(project.path(CHECKPOINT)).unwrap(),
    );
    project.change("recipe.toml", "seed = 4", "seed = 3");
    project
        .train("kept")
        .ends(1)
        .says("the checkpoint is of another training\nhint: remove it");
    // Pipes and endless files.
    let path = project.path("kept/.augment/checkpoint.safetensors");
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    project.train("kept").ends(1).says("is not a regular file");
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
    project.train("kept").ends(1).says("is not a regular file");
    fs::remove_file(&path).unwrap();
    // The state that tells whose it is.
    for text in [&state[..state.len() / 2], "", "[]"] {
        project.write("kept/.augment/state.json", text);
        project.train("kept").ends(1).says("state.json");
    }
    let path = project.path("kept/.augment/state.json");
    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    project.train("kept").ends(1).says("is not a regular file");
}

#[test]
fn what_failed_before_its_first_checkpoint_may_be_tried_otherwise() {
    let project = Project::new(&SPEECH.replace("learning_rate = 0.01", "learning_rate = 1e30"));
    project.train("out").ends(1).says("training failed at step");
    project.change("recipe.toml", "1e30", "0.01");
    project.train("out").ends(0);
    project.train("other").ends(0);
    assert_eq!(differing(&project.tree("out"), &project.tree("other")), NONE);
}
