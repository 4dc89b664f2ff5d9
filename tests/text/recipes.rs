//! Recipes with faults stop before any work, with the line.

use super::project::Project;

#[track_caller]
fn refused(from: &str, to: &str, says: &[&str]) {
    let project = Project::new();
    project.change(from, to);
    let mut ran = project.run(&["text", "recipe.toml", "--out", "out"]).ends(1);
    for text in says {
        ran = ran.says(text);
    }
    assert!(!project.path("out").exists());
}

#[test]
fn unknown_keys_are_named_with_their_line() {
    refused(
        "threshold = 0.7",
        "treshold = 0.7",
        &["recipe.toml:", "treshold", "threshold"],
    );
    refused("[text.fill]", "[text.fill]\ntopk = 3", &["recipe.toml:", "topk"]);
}

#[test]
fn values_out_of_range_say_what_is_allowed() {
    refused("attempts = 4", "attempts = 0", &["attempts", "1 to 1000"]);
    refused(
        "p_backtranslate = 0.0",
        "p_backtranslate = 1.5",
        &["p_backtranslate", "0 to 1"],
    );
    refused("threshold = 0.7", "threshold = 7", &["threshold"]);
    refused("threshold = 0.7", "threshold = nan", &["threshold"]);
    refused(
        "attempts = 4",
        "attempts = 4\nlanguage = \"tlh\"",
        &["language", "tlh"],
    );
}

#[test]
fn chains_have_to_come_home() {
    refused(
        "[text.fill]",
        "[text.translate]\nchains = [[\"en\", \"fr\"]]\n[text.fill]",
        &["chains", "comes back"],
    );
    refused(
        "[text.fill]",
        "[text.translate]\nchains = []\n[text.fill]",
        &["chains"],
    );
}
