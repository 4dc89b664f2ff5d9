//! Without a network.

use std::process::Command;

use crate::lab::{GRAPH, Lab, NAME};

#[test]
fn offline_uses_the_cache_and_asks_nobody() {
    let lab = Lab::new();
    let offline = [("HF_HUB_OFFLINE", "1")];
    lab.pull_with(&offline)
        .ends(1)
        .says("HF_HUB_OFFLINE forbids the network")
        .says("revision main of lab/small-bert is not in");
    assert!(lab.hub.log().is_empty());
    lab.pull().ends(0);
    lab.hub.forget();
    lab.pull_with(&offline)
        .ends(0)
        .says("already there")
        .says("HF_HUB_OFFLINE is set");
    let mut int8 = lab.command(&["models", "pull", NAME, "--precision", "int8"]);
    let ran: crate::lab::Ran = int8.env("TRANSFORMERS_OFFLINE", "yes").output().unwrap().into();
    ran.ends(1)
        .says("TRANSFORMERS_OFFLINE")
        .says("no model.onnx in int8");
    assert!(lab.hub.log().is_empty());
}

#[test]
fn a_cache_can_be_copied_to_another_machine() {
    let (here, there) = (Lab::new(), Lab::new());
    here.pull().ends(0);
    std::fs::create_dir_all(there.cache().parent().unwrap()).unwrap();
    let copied = Command::new("cp")
        .arg("-a")
        .arg(here.cache())
        .arg(there.cache())
        .status()
        .unwrap();
    assert!(copied.success());
    there
        .pull_with(&[("HF_HUB_OFFLINE", "1")])
        .ends(0)
        .says("already there");
    there.has(&[GRAPH]);
}

#[test]
fn the_cache_is_where_the_variables_say() {
    let lab = Lab::new();
    let to = |name: &str| lab.path(name).to_str().unwrap().to_owned();
    for (variables, folder) in [
        (vec![("HF_HUB_CACHE", to("a"))], "a"),
        (vec![("HUGGINGFACE_HUB_CACHE", to("b"))], "b"),
        (vec![("HF_HOME", to("c"))], "c/hub"),
        (vec![("XDG_CACHE_HOME", to("d"))], "d/huggingface/hub"),
    ] {
        let mut command = lab.command(&["models", "pull", NAME]);
        let ran: crate::lab::Ran = command.envs(variables).output().unwrap().into();
        ran.ends(0);
        assert!(
            lab.path(folder)
                .join("models--lab--small-bert/refs/main")
                .exists(),
            "{folder}"
        );
    }
    assert!(!lab.path("home").exists());
}
