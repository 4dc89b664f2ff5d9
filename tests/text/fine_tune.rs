//! An encoder fine-tuned as a user does it: `train`, `evaluate` and `infer` with `bert-text`.

use std::fs;

use crate::project::{Project, csv, model, recipe, sentences};

/// A finished dataset of sentences of which enough are there, and a recipe that trains `train` on it.
fn project(train: &str) -> Project {
    let project = Project::new();
    project.write("sentences.csv", csv(&sentences([20, 20, 20])));
    let text = recipe(
        "validation_per_class = 4",
        "threshold = 0.7\np_backtranslate = 0.0",
    );
    project.write("recipe.toml", text.replace("\"largest\"", "12"));
    let made = project.make("data");
    assert_eq!(made.code, 0, "{}", made.stderr);
    project.write("train.toml", training(train));
    project
}

fn training(train: &str) -> String {
    format!(
        "seed = 3\n[data]\ntext = \"data\"\n[network]\nkind = \"bert-text\"\ntrain = {train}\nmax_tokens = 16\n\
         [encoder]\nmodel = {:?}\npooling = \"mean\"\n[train]\nbatch = 12\nepochs = 16\nlearning_rate = 3e-3\n",
        model("sentence-encoder")
    )
}

#[test]
fn a_fine_tuned_encoder_knows_its_classes_and_needs_its_folder_alone() {
    let project = project("\"all\"");
    let trained = project.run(&["train", "train.toml", "--out", "model", "--jobs", "1"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let metrics = fs::read_to_string(project.path("model/metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
    assert!(metrics["ua"].as_f64().unwrap() > 0.8, "{metrics}");
    let run = fs::read_to_string(project.path("model/run.json")).unwrap();
    assert!(run.len() < 4000, "{run}");
    let again = project.run(&["train", "train.toml", "--out", "model", "--jobs", "1"]);
    assert!(
        again.stderr.contains("complete, nothing to do"),
        "{}",
        again.stderr
    );
    let measured = project.run(&["evaluate", "model", "data", "--json"]);
    assert_eq!(measured.code, 0, "{}", measured.stderr);
    let told = project.run(&["infer", "model", "--text", "My sister is very happy at work."]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("\"label\":\"happy\""), "{}", told.stdout);
    // Another tokenizer would make other tokens of the same text.
    let file = project.path("model/tokenizer/tokenizer.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text + " ").unwrap();
    let refused = project.run(&["infer", "model", "--text", "I am here."]);
    assert_eq!(refused.code, 1);
    assert!(
        refused.stderr.contains("the files in tokenizer are not those"),
        "{}",
        refused.stderr
    );
}

#[test]
fn layers_that_the_encoder_does_not_have_are_refused() {
    let project = project("{ last = 3 }");
    let refused = project.run(&["train", "train.toml", "--out", "model"]);
    assert_eq!(refused.code, 1);
    for part in ["train.toml", "last = 3", "expected 1 to 2"] {
        assert!(refused.stderr.contains(part), "{}", refused.stderr);
    }
    project.write("train.toml", training("{ last = 2 }"));
    let trained = project.run(&["train", "train.toml", "--out", "model"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
}
