//! `augment doctor`: the page, the JSON and the exit codes.

use std::fs;

use super::home::{Home, LIBRARY, Ran};

#[test]
fn the_page_tells_what_is_there() {
    let home = Home::new();
    let library = home.install();
    home.python("bin/python3", None, Some("exit 1"));
    let ran = home.run(&["doctor"]).ends(0);
    assert_eq!(ran.stderr, "");
    ran.shows(&format!("augment {} on ", env!("CARGO_PKG_VERSION")))
        .shows("ONNX Runtime  1.31.1, runs a graph\n")
        .shows("--onnxruntime     not given\n")
        .shows("ORT_DYLIB_PATH    not set\n")
        .shows(&format!(
            "* augment setup     {} (1.31.1), taken\n",
            library.canonicalize().unwrap().display()
        ))
        .shows("augment setup     1.31.1 (cuda) is not installed\n")
        .shows("Python's package  no package onnxruntime")
        .shows("cpu               can be used\n")
        .shows("wav, wave, flac, ogg, oga, mp3 (no ffmpeg needed)\n")
        .shows(&format!("data              {}, ", home.text("data/augment")))
        .shows(" free\n")
        .shows(&format!(
            "model hub         {}, ",
            home.text("cache/huggingface/hub")
        ))
        .shows("python3: pip 99.1 from /nowhere (python 3.99)\n")
        .shows("model hub     no settings\n")
        .shows("\nno problems\n");
}

/// Official builds of the runtime collect events unless they are told not to before they are loaded.
#[test]
fn the_runtime_collects_nothing() {
    let home = Home::new();
    home.install();
    home.run(&["doctor"]).ends(0).shows("runs a graph");
    let mut found = Vec::new();
    let mut folders = vec![home.path("cache"), home.path(".cache")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    let collected = ["Microsoft", "deviceid", "onnxruntime.db"];
    assert!(
        !found.iter().any(|name| collected.contains(&name.as_str())),
        "{found:?}"
    );
}

#[test]
fn the_json_tells_the_same() {
    let home = Home::new();
    home.install();
    let report = home.run(&["doctor", "--json"]).ends(0).json();
    assert_eq!(report["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(report["runtime"], "1.31.1");
    assert_eq!(report["runs"], true);
    assert_eq!(report["missing"].as_array().unwrap().len(), 0);
    assert_eq!(
        report["machine"]["system"],
        format!("{} {}", std::env::consts::ARCH, std::env::consts::OS)
    );
    assert!(report["machine"]["threads"].as_u64().unwrap() >= 1);
    assert_eq!(report["devices"][0]["device"], "cpu");
    assert_eq!(report["devices"][0]["problem"], serde_json::Value::Null);
    assert!(report["folders"][0]["free"].as_u64().unwrap() > 0);
    assert!(report["audio"].as_array().unwrap().contains(&"flac".into()));
    // No Python is no fault where nothing has to be fetched.
    assert!(
        report["pip"]["problem"]["what"]
            .as_str()
            .unwrap()
            .contains("found no Python")
    );
}

#[test]
fn no_runtime_at_all_is_missing() {
    let home = Home::new();
    home.run(&["doctor"])
        .ends(2)
        .shows("ONNX Runtime  NONE that can be used\n")
        .shows("problem: ONNX Runtime was not found\nhint: `augment setup` installs it");
    let quiet = home.run(&["doctor", "--quiet"]).ends(2);
    assert_eq!(quiet.stdout, "");
    quiet.says("error: ONNX Runtime was not found");
}

#[test]
fn wrong_arguments_are_no_diagnosis() {
    let home = Home::new();
    home.run(&["doctor", "--device", "gpu"])
        .ends(1)
        .says("found device \"gpu\", expected auto, cpu, cuda or cuda:N");
    home.run(&["doctor", "--device", "cuda:x"]).ends(1);
}

#[test]
fn the_hub_settings_are_shown_without_secrets() {
    let home = Home::new();
    home.install();
    let mut command = home.command(&["doctor"]);
    command
        .env("HF_TOKEN", "hf_verysecret")
        .env("HF_HUB_OFFLINE", "1")
        .env("HF_ENDPOINT", "https://me:hidden@mirror");
    Ran::from(command.output().unwrap())
        .ends(0)
        .shows("HF_TOKEN          set\n")
        .shows("HF_HUB_OFFLINE    1\n")
        .shows("HF_ENDPOINT       https://***@mirror\n")
        .hides("verysecret")
        .hides("hidden");
}

#[test]
fn a_folder_that_cannot_be_is_named() {
    let home = Home::new();
    let library = home.library(LIBRARY);
    home.write("data", "a file");
    let mut command = home.command(&["doctor", "--onnxruntime", library.to_str().unwrap()]);
    command.env_remove("XDG_CACHE_HOME").env_remove("HOME");
    Ran::from(command.output().unwrap())
        .ends(0)
        .shows(&format!("{}: is no folder", home.text("data")))
        .shows("hint: change its permissions, or set XDG_DATA_HOME to another folder")
        .shows("cache             neither XDG_CACHE_HOME nor HOME is set")
        .shows("hint: set HF_HUB_CACHE to a folder");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let home = Home::new();
    home.install();
    let mut child = home
        .command(&["doctor"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(fs::exists(home.path("data")).unwrap());
}

#[test]
fn settings_of_the_hub_that_make_no_sense_are_a_problem() {
    let home = Home::new();
    home.install();
    let mut command = home.command(&["doctor"]);
    command.env("HF_ENDPOINT", "garbage");
    Ran::from(command.output().unwrap()).ends(2).shows("HF_ENDPOINT");
}
