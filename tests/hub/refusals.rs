//! What the hub does not give, and who learns the token.

use std::fs;

use crate::lab::{GRAPH, Lab, NAME, TOKEN};
use crate::server::{Reply, Request};

fn refuse(status: u16, code: &'static str) -> impl Fn(&Request, usize) -> Reply {
    move |_, _| Reply::Other(status, vec![("x-error-code", code.to_owned())], b"{}".to_vec())
}

#[test]
fn a_private_model_asks_for_a_token() {
    let lab = Lab::new();
    lab.hub.script(refuse(401, "RepoNotFound"));
    lab.pull()
        .ends(1)
        .says("no such repository, or it is private")
        .says("HF_TOKEN")
        .says(&format!("{}/lab/small-bert", lab.hub.address));
    lab.pull_with(&[("HF_TOKEN", TOKEN)])
        .ends(1)
        .says("does not accept the token")
        .hides(TOKEN);
    assert_eq!(lab.hub.log().len(), 2, "a refusal is no reason to try again");
}

#[test]
fn a_gated_model_asks_for_its_terms() {
    let lab = Lab::new();
    lab.hub.script(refuse(401, "GatedRepo"));
    lab.pull()
        .ends(1)
        .says("accepted its terms")
        .says("then set HF_TOKEN");
    lab.hub.script(refuse(403, "GatedRepo"));
    lab.pull_with(&[("HF_TOKEN", TOKEN)])
        .ends(1)
        .says("the account of the token has not")
        .hides(TOKEN);
}

#[test]
fn a_refusal_in_the_middle_keeps_what_came() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if request.is("HEAD", GRAPH) {
            Reply::Other(403, vec![], vec![])
        } else {
            Reply::Normal
        }
    });
    lab.pull().ends(1).says("HF_TOKEN");
    assert!(lab.snapshot("config.json").exists());
    assert!(!lab.repo().join("refs/main").exists());
    lab.is_sound();
}

#[test]
fn repository_revision_and_file_are_told_apart() {
    let lab = Lab::new();
    lab.run(&["models", "pull", "hub:lab/none"])
        .ends(1)
        .says("has no repository lab/none");
    lab.run(&["models", "pull", "hub:lab/small-bert@v9"])
        .ends(1)
        .says("has no revision \"v9\"");
    lab.hub.script(|request, _| {
        let gone = request.is("HEAD", GRAPH);
        if gone {
            Reply::Other(404, vec![("x-error-code", "EntryNotFound".to_owned())], vec![])
        } else {
            Reply::Normal
        }
    });
    lab.pull().ends(1).says("has no file onnx/model.onnx at commit");
    lab.hub.script(|_, _| {
        Reply::Other(
            418,
            vec![("x-error-message", "short and\t stout".to_owned())],
            vec![],
        )
    });
    lab.pull().ends(1).says("the hub answered 418: short and stout");
}

#[test]
fn only_the_hub_learns_the_token() {
    let lab = Lab::new();
    lab.pull_with(&[("HF_TOKEN", TOKEN)]).ends(0).hides(TOKEN);
    let log = lab.hub.log();
    let bearer = format!("Bearer {TOKEN}");
    for request in &log {
        let sent = request.headers.get("authorization");
        assert_eq!(sent, (!request.contents).then_some(&bearer), "{request:?}");
        let elsewhere = request
            .headers
            .iter()
            .filter(|(name, _)| *name != "authorization");
        assert!(
            !elsewhere.into_iter().any(|(_, value)| value.contains(TOKEN)),
            "{request:?}"
        );
        assert!(!request.path.contains(TOKEN));
    }
    assert!(log.iter().any(|request| request.contents));
    // Nor does the disk.
    for name in crate::lab::tree(&lab.path("")) {
        let bytes = fs::read(lab.path(&name)).unwrap();
        assert!(
            !bytes
                .windows(TOKEN.len())
                .any(|window| window == TOKEN.as_bytes()),
            "{name}"
        );
    }
}

#[test]
fn the_token_comes_from_its_file_unless_that_is_forbidden() {
    let lab = Lab::new();
    fs::create_dir_all(lab.path("home/.cache/huggingface")).unwrap();
    fs::write(lab.path("home/.cache/huggingface/token"), format!("{TOKEN}\n")).unwrap();
    lab.hub.script(refuse(404, "RepoNotFound"));
    lab.pull().ends(1).hides(TOKEN);
    assert_eq!(
        lab.hub.log()[0].headers["authorization"],
        format!("Bearer {TOKEN}")
    );
    lab.hub.forget();
    lab.pull_with(&[("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]).ends(1);
    assert!(!lab.hub.log()[0].headers.contains_key("authorization"));
    lab.pull_with(&[("HF_TOKEN", "hf_\u{1}odd")])
        .ends(1)
        .says("characters that no token has")
        .hides("odd");
}

#[test]
fn a_failing_transfer_does_not_show_the_signature_of_its_address() {
    let lab = Lab::new();
    lab.hub.script(|request, _| {
        if request.contents {
            Reply::Cut(10)
        } else {
            Reply::Normal
        }
    });
    lab.run(&["models", "pull", NAME])
        .ends(3)
        .hides("signature")
        .hides("hidden");
}
