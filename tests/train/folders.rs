//! Whose a folder is, and where nothing can be written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::project::{FILES, Project, SPEECH, differing, names};

const NONE: Vec<String> = Vec::new();

fn short() -> Project {
    Project::new(&SPEECH.replace("epochs = 3", "steps = 1"))
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let project = short();
    project.write("theirs/notes.txt", "mine");
    project.write("marked/run.json", "{\"run\": 7}");
    project.write("site/run.json", "{\"format\": 1, \"kind\": \"website\"}");
    project.write("newer/run.json", "{\"format\": 99, \"kind\": \"model\"}");
    project.write("a file", "mine");
    for (out, told) in [
        (
            "theirs",
            "theirs is not empty and not a dataset of augment (found notes.txt); nothing was written",
        ),
        ("marked", "nothing was written"),
        ("site", "website"),
        ("newer", "newer augment"),
        ("speech", "\"audio\""),
    ] {
        let before = project.tree(out);
        // Told before anything is computed.
        project.train(out).ends(1).says(told).hides("ONNX Runtime");
        assert_eq!(differing(&project.tree(out), &before), NONE, "{out}");
    }
    project.train("a file").ends(1).says("a file");
    assert_eq!(project.read("a file"), "mine");
    project.train("a file/below").ends(1).says("a file");
    project.train("/proc/nowhere").ends(1).says("/proc/nowhere");
    // A new one, an empty one, and one with a link.
    fs::create_dir(project.path("empty")).unwrap();
    project.train("empty").ends(0);
    project.train("deep/er/still").ends(0);
    fs::create_dir(project.path("target")).unwrap();
    std::os::unix::fs::symlink(project.path("target"), project.path("link")).unwrap();
    project.train("link").ends(0);
    assert_eq!(names(&project.tree("target")), FILES);
}

#[test]
fn commands_refuse_the_folders_of_one_another() {
    let project = short();
    project.train("m").ends(0);
    let before = project.tree("m");
    project.write(
        "audio.toml",
        "[corpus]\nkind = \"folder\"\nroot = \"corpus\"\n[balance]\ncopies = 1\n[[transform]]\nkind = \"gain\"\ngain_db = -3\n",
    );
    for label in ["a", "b"] {
        let path = project.write(&format!("corpus/{label}/one.wav"), "");
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(path, spec).unwrap();
        for i in 0..4000 {
            writer
                .write_sample((9000.0 * (i as f32 * 0.1 * label.len() as f32).sin()) as i16)
                .unwrap();
        }
        writer.finalize().unwrap();
    }
    let told = "the kind of dataset is \"model\" there and \"audio\" here";
    project
        .run(&["audio", "audio.toml", "--out", "m"])
        .ends(1)
        .says(told);
    project
        .run(&["audio", "audio.toml", "--out", "m", "--update"])
        .ends(1)
        .says(told);
    // An unfinished model, too.
    project.write(
        "half/.augment/state.json",
        "{\"format\":1,\"kind\":\"model\",\"training\":{}}",
    );
    project
        .run(&["audio", "audio.toml", "--out", "half"])
        .ends(1)
        .says(told);
    let told = "the kind of dataset is \"audio\" there and \"model\" here";
    project
        .run(&["audio", "audio.toml", "--out", "part", "--limit", "1"])
        .ends(0);
    let part = project.tree("part");
    project.train("part").ends(1).says(told);
    assert_eq!(differing(&project.tree("part"), &part), NONE);
    assert_eq!(differing(&project.tree("m"), &before), NONE);
    // Measures don't overwrite a model or a dataset.
    for out in ["m", "speech"] {
        let before = project.tree(out);
        project
            .run(&["evaluate", "m", "speech", "--out", out])
            .ends(1)
            .says("hint: name another directory");
        assert_eq!(differing(&project.tree(out), &before), NONE);
    }
    project.run(&["verify", "m"]).ends(1);
    project.run(&["replay", "m", "x"]).ends(1);
    project.run(&["merge", "m", "--out", "merged"]).ends(1);
    assert!(!project.path("merged").exists());
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let project = Project::new(&SPEECH.replace("epochs = 3", "epochs = 100000\ncheckpoint_seconds = 0"));
    let mut first = project
        .command(&["train", "recipe.toml", "--out", "m", "--jobs", "1"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !project.path("m/.augment/checkpoint.safetensors").exists() {
        assert!(first.try_wait().unwrap().is_none(), "it ended early");
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing was written");
        sleep(Duration::from_millis(2));
    }
    project
        .train("m")
        .ends(1)
        .says("another run of augment is working in this directory");
    // Nor is it a model yet.
    project
        .run(&["evaluate", "m", "speech"])
        .ends(1)
        .says("m holds no trained model: there is no run.json");
    assert!(first.try_wait().unwrap().is_none());
    first.kill().unwrap();
    first.wait().unwrap();
}

#[test]
fn where_nothing_can_be_written_it_is_said() {
    let project = short();
    fs::create_dir(project.path("locked")).unwrap();
    fs::set_permissions(project.path("locked"), fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write anywhere.
    if fs::write(project.path("locked/x"), "").is_err() {
        project.train("locked/m").ends(1).says("locked");
        project.train("locked").ends(1).says("locked");
    }
    fs::set_permissions(project.path("locked"), fs::Permissions::from_mode(0o755)).unwrap();
    // The system ends a run within a write: what was begun goes with the next run, which ends as if nothing had been.
    project.write(
        "recipe.toml",
        SPEECH.replace("epochs = 3", "steps = 3\ncheckpoint_seconds = 0"),
    );
    for blocks in ["1", "8", "16", "24", "32"] {
        let program = project.command(&[]).get_program().to_owned();
        let mut command = project.command(&[]);
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command = Command::new("sh");
        command
            .env_clear()
            .envs(environment)
            .current_dir(project.path(""))
            .args(["-c", "ulimit -f $0 && exec \"$@\"", blocks])
            .arg(program)
            .args(["train", "recipe.toml", "--out", "full", "--jobs", "1"]);
        let ran = command.output().unwrap();
        assert!(!ran.status.success(), "{blocks}");
        assert!(!project.path("full/run.json").exists(), "{blocks}");
    }
    project.train("full").ends(0);
    project.train("whole").ends(0);
    assert_eq!(differing(&project.tree("full"), &project.tree("whole")), NONE);
}

#[test]
fn names_may_be_unusual() {
    let project = Project::empty();
    let data = "my data, \"quoted\" ✓";
    project.speech(data, &super::project::rows(3, 1));
    project.write(
        "a recipe #1.toml",
        short()
            .read("recipe.toml")
            .replace("\"speech\"", &format!("{data:?}")),
    );
    let out = "models/ein Modell — ü";
    project
        .run(&["train", "a recipe #1.toml", "--out", out, "--jobs", "1"])
        .ends(0);
    let ran = project
        .run(&["evaluate", out, data, "--out", "the measures/of it"])
        .ends(0);
    ran.shows(out);
    assert_eq!(names(&project.tree("the measures/of it")).len(), 3);
    // Links and dots on the way.
    std::os::unix::fs::symlink(project.path("models"), project.path("ln")).unwrap();
    let long = "./ln/../models/./ein Modell — ü/";
    let through = project.run(&["evaluate", long, data, "--json"]).ends(0).json();
    let direct = project.run(&["evaluate", out, data, "--json"]).ends(0).json();
    assert_eq!(through["models"][0]["loss"], direct["models"][0]["loss"]);
    let status = Command::new(env!("CARGO_BIN_EXE_augment"))
        .arg("train")
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(1));
}
