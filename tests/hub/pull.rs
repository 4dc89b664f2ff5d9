//! Pulling when all goes well, and what is shown then.

use std::fs;

use serde_json::json;

use crate::lab::{GRAPH, Lab, NAME, REPO, small_bert, tree, weights};
use crate::server::{COMMIT, Reply, Stored};

#[test]
fn a_model_is_loaded_into_the_layout_of_pythons_tools() {
    let lab = Lab::new();
    lab.pull()
        .ends(0)
        .says("600 kB in 3 files, licence: apache-2.0")
        .says(&format!(
            "{NAME}: commit {COMMIT} in {}",
            lab.snapshot("").display().to_string().trim_end_matches('/')
        ));
    lab.has(&["config.json", "tokenizer.json", GRAPH]);
    let expected = [
        format!("models--lab--small-bert/blobs/{}", lab.hub.file(GRAPH).etag()),
        "models--lab--small-bert/refs/main".to_owned(),
        format!("models--lab--small-bert/snapshots/{COMMIT}/{GRAPH}"),
    ];
    let files = tree(&lab.cache());
    for name in expected {
        assert!(files.contains(&name), "{name} in {files:#?}");
    }
    let link = fs::read_link(lab.snapshot(GRAPH)).unwrap();
    assert_eq!(
        link.to_str().unwrap(),
        format!("../../../blobs/{}", lab.hub.file(GRAPH).etag())
    );
    // Nothing else of the repository, and nothing half-way.
    assert!(!lab.snapshot("pytorch_model.bin").exists());
    assert!(
        !files
            .iter()
            .any(|name| name.contains("incomplete") || name.contains("part")),
        "{files:#?}"
    );
    lab.is_clean();
}

#[test]
fn a_model_that_is_there_is_not_loaded_again() {
    let lab = Lab::new();
    lab.pull().ends(0);
    lab.hub.forget();
    lab.pull().ends(0).says("already there").says("nothing newer");
    assert_eq!(lab.hub.log().len(), 1, "{:?}", lab.hub.log());
    // A whole commit can't change: nobody is asked.
    lab.hub.forget();
    lab.run(&["models", "pull", &format!("{NAME}@{COMMIT}")])
        .ends(0)
        .says("already there")
        .says(COMMIT);
    assert!(lab.hub.log().is_empty());
}

#[test]
fn another_precision_adds_its_graph() {
    let lab = Lab::new();
    lab.pull().ends(0);
    lab.hub.forget();
    let arguments = ["models", "pull", NAME, "--precision", "int8"];
    lab.run(&arguments).ends(0).says("150 kB");
    lab.has(&["config.json", GRAPH, "onnx/model_quantized.onnx"]);
    assert_eq!(lab.hub.asked("HEAD", "").len(), 1);
    lab.run(&arguments).ends(0).says("already there in int8");
    lab.run(&["models", "pull", NAME, "--precision", "q4"])
        .ends(1)
        .says("no model.onnx in q4")
        .says("hint: it is there in fp32, int8");
    lab.run(&["models", "pull", NAME, "--precision", "fp8"])
        .ends(1)
        .says("expected fp32, fp16, int8 or q4");
}

#[test]
fn weights_beside_the_graph_come_with_it() {
    let mut files = small_bert();
    files.push(Stored::large("onnx/model.onnx_data", weights(9, 70_000)));
    let lab = Lab::with(files);
    lab.pull().ends(0).says("4 files");
    lab.has(&[GRAPH, "onnx/model.onnx_data"]);
}

#[test]
fn a_revision_with_a_slash_is_one_part_of_the_address() {
    let lab = Lab::new();
    lab.run(&["models", "pull", &format!("{NAME}@refs/pr/1")]).ends(0);
    assert!(lab.hub.log()[0].path.contains("/revision/refs%2Fpr%2F1?"));
    assert_eq!(
        fs::read_to_string(lab.repo().join("refs/refs/pr/1")).unwrap(),
        COMMIT
    );
}

#[test]
fn the_results_and_the_list_are_there_as_json() {
    let lab = Lab::new();
    let pulled = lab.run(&["--json", "models", "pull", NAME]).ends(0).json();
    assert_eq!(pulled["models"][0]["commit"], COMMIT);
    assert_eq!(pulled["models"][0]["loaded_bytes"], 600_000 + 21 + 17);
    assert_eq!(pulled["failed"], json!([]));
    let listed = lab.run(&["--json", "models", "list"]).ends(0).json();
    assert_eq!(listed["others"][0]["repository"], REPO);
    assert_eq!(listed["others"][0]["precisions"], json!(["fp32"]));
    let entry = listed["catalogue"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["name"] == "m2m100-418M")
        .unwrap();
    assert_eq!(
        (&entry["installed"], &entry["licence"]),
        (&json!(null), &json!("mit"))
    );
    let page = lab.run(&["models", "list"]).ends(0).stdout;
    assert!(page.contains("bert-base-uncased"), "{page}");
    assert!(page.contains(&format!("hub:{REPO}@{COMMIT}")), "{page}");
}

#[test]
fn one_model_that_can_not_be_had_does_not_keep_the_others() {
    let lab = Lab::new();
    lab.run(&["models", "pull", "hub:lab/none", NAME])
        .ends(2)
        .says("no repository lab/none");
    lab.has(&[GRAPH]);
    // A name that is none stops before anything is done.
    lab.hub.forget();
    lab.run(&["models", "pull", NAME, "bert-base-uncasd"])
        .ends(1)
        .says("did you mean \"bert-base-uncased\"?");
    lab.run(&["models", "pull", "./here"])
        .ends(1)
        .says("which names a folder");
    assert!(lab.hub.log().is_empty());
}

#[test]
fn a_mirror_that_only_redirects_is_enough() {
    let lab = Lab::new();
    let contents = lab.hub.contents().to_owned() + "/contents/" + &lab.hub.file(GRAPH).etag();
    lab.hub.script(move |request, _| {
        let location = vec![
            ("location", contents.clone()),
            ("etag", "\"of the redirect\"".to_owned()),
        ];
        if request.path.ends_with(GRAPH) {
            Reply::Other(302, location, vec![7; 9])
        } else {
            Reply::Normal
        }
    });
    lab.pull().ends(0);
    lab.has(&[GRAPH]);
}

#[test]
fn a_proxy_and_a_renamed_repository_are_followed() {
    let lab = Lab::new();
    let mut command = lab.command(&["models", "pull", "hub:lab/old-name"]);
    command
        .env("HF_ENDPOINT", "http://hub.invalid")
        .env("HTTP_PROXY", &lab.hub.address);
    lab.hub
        .script(|request, _| match request.path.split_once("/old-name/") {
            Some((before, after)) => Reply::Other(
                307,
                vec![("location", format!("{before}/small-bert/{after}"))],
                vec![],
            ),
            None => Reply::Normal,
        });
    let ran: crate::lab::Ran = command.output().unwrap().into();
    ran.ends(0);
    assert!(
        lab.cache()
            .join("models--lab--old-name/snapshots")
            .join(COMMIT)
            .join(GRAPH)
            .exists()
    );
}

#[test]
fn a_repository_without_hub_before_it_is_told_how_to_be_named() {
    let lab = Lab::new();
    lab.run(&["models", "pull", REPO])
        .ends(1)
        .says(&format!("a repository of the hub is named hub:{REPO}"));
}
