//! Contents that are not what the hub promised, and answers that try to do harm.

use std::fs;

use serde_json::json;

use crate::lab::{GRAPH, Lab, tree};
use crate::server::{COMMIT, Reply, Request};

fn is_graph(request: &Request) -> bool {
    request.contents && request.method == "GET"
}

#[test]
fn a_content_with_a_wrong_hash_is_deleted_and_said() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if is_graph(request) {
            Reply::Damaged
        } else {
            Reply::Normal
        }
    });
    lab.pull()
        .ends(1)
        .says(GRAPH)
        .says("a content with the hash")
        .says(&lab.hub.file(GRAPH).etag());
    assert!(!lab.incomplete(GRAPH).exists());
    assert!(!lab.snapshot(GRAPH).exists());
    lab.is_sound();
    lab.hub.script(|_, _| Reply::Normal);
    lab.pull().ends(0);
    lab.has(&[GRAPH]);
}

#[test]
fn a_small_file_is_checked_by_gits_hash() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if request.is("GET", "tokenizer.json") {
            Reply::Damaged
        } else {
            Reply::Normal
        }
    });
    lab.pull()
        .ends(1)
        .says("tokenizer.json")
        .says(&lab.hub.file("tokenizer.json").etag());
    assert!(!lab.snapshot("tokenizer.json").exists());
    lab.is_sound();
}

#[test]
fn a_damaged_rest_of_an_earlier_run_is_loaded_anew() {
    let lab = Lab::new();
    for len in [1_000, 600_000, 700_000] {
        let _ = fs::remove_dir_all(lab.repo());
        fs::create_dir_all(lab.incomplete(GRAPH).parent().unwrap()).unwrap();
        fs::write(lab.incomplete(GRAPH), vec![7; len]).unwrap();
        let ran = lab.pull().ends(0);
        if len <= 600_000 {
            ran.says("what was there of it is damaged");
        }
        lab.has(&[GRAPH]);
    }
}

#[test]
fn a_blob_that_was_cut_is_replaced() {
    let lab = Lab::new();
    lab.pull().ends(0);
    let blob = lab.snapshot(GRAPH).canonicalize().unwrap();
    fs::File::options()
        .write(true)
        .open(&blob)
        .unwrap()
        .set_len(10)
        .unwrap();
    lab.pull().ends(0).says("600 kB still to be loaded");
    lab.has(&[GRAPH]);
}

#[test]
fn another_file_in_its_place_does_not_cost_what_is_there() {
    let lab = Lab::new();
    fs::create_dir_all(lab.incomplete(GRAPH).parent().unwrap()).unwrap();
    fs::write(lab.incomplete(GRAPH), &lab.hub.file(GRAPH).bytes[..1000]).unwrap();
    let page = || Reply::Other(200, vec![], b"<html>log in first</html>".to_vec());
    lab.hub
        .script(move |request, _| if is_graph(request) { page() } else { Reply::Normal });
    lab.pull()
        .ends(1)
        .says("found 25 bytes, expected 600000")
        .says("HF_ENDPOINT");
    assert_eq!(fs::metadata(lab.incomplete(GRAPH)).unwrap().len(), 1000);
}

#[test]
fn more_than_was_promised_is_not_taken() {
    let lab = Lab::new();
    let bytes = lab.hub.file(GRAPH).bytes.repeat(2);
    lab.hub.script(move |request, _| {
        if is_graph(request) {
            Reply::Other(
                206,
                vec![("content-range", "bytes 0-1199999/*".to_owned())],
                bytes.clone(),
            )
        } else {
            Reply::Normal
        }
    });
    lab.pull().ends(1).says("more than 600000 bytes");
    assert!(!lab.incomplete(GRAPH).exists());
    lab.is_sound();
}

#[test]
fn names_that_lead_out_of_the_cache_are_refused() {
    for name in [
        "../../../../evil.json",
        "/tmp/evil.json",
        "a\\..\\evil.json",
        "onnx/../../evil",
        "evil\u{0}.json",
        "a//b",
    ] {
        let lab = Lab::new();
        let files = json!([{ "rfilename": "config.json", "size": 1 }, { "rfilename": name, "size": 1 }]);
        let info = json!({ "sha": COMMIT, "siblings": files }).to_string();
        lab.hub
            .script(move |_, _| Reply::Other(200, vec![], info.clone().into_bytes()));
        lab.pull().ends(1).says("could lead out of the cache");
        assert_eq!(tree(&lab.path("")), [""; 0], "{name}");
    }
}

#[test]
fn a_hub_that_names_odd_commits_and_contents_is_not_believed() {
    let lab = Lab::new();
    let info = json!({ "sha": "../../../evil", "siblings": [] }).to_string();
    lab.hub
        .script(move |_, _| Reply::Other(200, vec![], info.clone().into_bytes()));
    lab.pull().ends(1).says("expected 40 hexadecimal digits");

    for (header, value, says) in [
        ("etag", "\"../../../evil\"", "expected the hash of a file"),
        ("etag", "", "expected the hash of a file"),
        (
            "x-repo-commit",
            "0000000000000000000000000000000000000000",
            "expected 5f3c1a7b",
        ),
        (
            "etag",
            "\"0000000000000000000000000000000000000000\"",
            "another one with the file",
        ),
    ] {
        lab.hub.script(move |request, _| {
            if request.method == "HEAD" {
                let length = ("content-length", "21".to_owned());
                Reply::Other(
                    200,
                    vec![length, (header, value.to_owned()), ("etag", "\"f00\"".to_owned())],
                    vec![],
                )
            } else {
                Reply::Normal
            }
        });
        lab.pull().ends(1).says(says);
    }
    lab.is_clean();
    assert!(!lab.snapshot("").exists());
}

#[test]
fn an_endless_answer_is_not_read() {
    let lab = Lab::new();
    let huge = format!("{{\"sha\":\"{COMMIT}\",\"siblings\":[{}", "7,".repeat(20 << 20));
    lab.hub
        .script(move |_, _| Reply::Other(200, vec![], huge.clone().into_bytes()));
    lab.pull().ends(1).says("more than 32 MiB");
    lab.hub
        .script(|_, _| Reply::Other(200, vec![], b"<html>".to_vec()));
    lab.pull().ends(1).says("no description of a repository");
}

#[test]
fn redirects_that_never_end_do() {
    let lab = Lab::new();
    lab.hub
        .script(|request, _| Reply::Other(302, vec![("location", request.path.clone())], vec![]));
    lab.pull().ends(1).says("redirects in a row");
    lab.hub
        .script(|_, _| Reply::Other(302, vec![("location", "file:///etc/passwd".to_owned())], vec![]));
    lab.pull().ends(1).says("a redirect to file:");
}
