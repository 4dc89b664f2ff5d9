//! `[text.gate] classifier`.

use serde_json::Value;

use crate::project::Project;

/// New sentences with what the classifier said of them.
fn made(project: &Project) -> Vec<(String, f64)> {
    let rows = project.rows("out/manifest.jsonl");
    let new = rows.iter().filter(|row| row["transform"] == "fill");
    new.map(|row| {
        let score = row["scores"]["classifier"].as_f64().unwrap();
        (row["text"].as_str().unwrap().to_owned(), score)
    })
    .collect()
}

#[test]
fn a_new_sentence_has_the_label_of_its_row() {
    let project = Project::new();
    project.recipe("guard = \"none\"\nclassifier = \"MODELS/text-classifier\"");
    project.run(&["text", "r.toml", "--out", "out"]).ends(0);
    let new = made(&project);
    assert_eq!(new.len(), 31);
    // The likeliest of five labels has a fifth at least.
    assert!(
        new.iter().all(|(_, score)| (0.2..=1.0).contains(score)),
        "{new:?}"
    );
}

#[test]
fn another_label_is_refused_with_its_reason() {
    let project = Project::new();
    project.recipe(
        "guard = \"none\"\n\
         classifier = { model = \"MODELS/text-classifier\", labels = { joy = \"sadness\", sadness = \"joy\" } }",
    );
    let ran = project
        .run(&["text", "r.toml", "--out", "out", "--json"])
        .ends(2)
        .says("failed attempts: classifier ");
    assert!(ran.json()["routes"]["failed"]["classifier"].as_u64().unwrap() >= 20);
    let refused = project.rows("out/refused.jsonl");
    let by_classifier = refused.iter().filter(|row| {
        row["reason"].as_str().unwrap().starts_with("classifier (")
            && (row["label"] == "joy" || row["label"] == "sadness")
    });
    assert!(by_classifier.count() >= 1, "{refused:?}");
    // What turned from glad to sad is all that may be called sad now.
    for row in project.rows("out/manifest.jsonl") {
        if row["transform"] == "fill" && row["label"] == "joy" {
            let text = row["text"].as_str().unwrap();
            assert!(
                ["sad", "lonely", "tired", "exhausted", "unhappy"]
                    .iter()
                    .any(|word| text.contains(word)),
                "{text}"
            );
        }
    }
}

#[test]
fn a_model_of_inference_compares_both_sentences() {
    let project = Project::new();
    let gate = "guard = \"none\"\nclassifier = { model = \"MODELS/text-nli\", min_probability = 0.6 }";
    project.recipe(gate);
    let ran = project.run(&["text", "r.toml", "--out", "out", "--json"]);
    assert!([0, 2].contains(&ran.code), "{}", ran.stderr);
    let new = made(&project);
    assert!(
        new.len() >= 10 && new.iter().all(|&(_, score)| score >= 0.6),
        "{new:?}"
    );
}

#[test]
fn labels_that_do_not_fit_end_the_run_before_a_write() {
    let project = Project::new();
    project.replace("corpus.csv", ",neutral", ",other");
    project.recipe("classifier = \"MODELS/text-classifier\"");
    let corpus = "the corpus has \"anger\", \"fear\", \"joy\", \"other\", \"sadness\"";
    project
        .run(&["text", "r.toml", "--out", "out"])
        .ends(1)
        .says("r.toml:15: [text] gate.classifier: the model has no label for \"other\"")
        .says(corpus)
        .says("the model has \"joy\", \"sadness\", \"anger\", \"fear\", \"neutral\"")
        .says("hint: labels = { \"other\" = \"...\" }");
    project.recipe("classifier = { model = \"MODELS/text-classifier\", labels = { other = \"Neutral\", oter = \"joy\" } }");
    project
        .run(&["text", "r.toml", "--out", "out"])
        .ends(1)
        .says("found labels for \"oter\", which is no label of the corpus");
    project.recipe("classifier = { model = \"MODELS/text-nli\", labels = { other = \"neutral\" } }");
    project
        .run(&["text", "r.toml", "--out", "out"])
        .ends(1)
        .says("knows no labels of a corpus");
    assert!(!project.path("out").exists());
}

#[test]
fn what_the_classifier_is_told_is_part_of_the_plan() {
    let project = Project::new();
    let gate = |least: &str| {
        project.recipe(&format!(
            "guard = \"none\"\nclassifier = {{ model = \"MODELS/text-classifier\", min_probability = {least} }}"
        ));
    };
    gate("0.3");
    project.run(&["text", "r.toml", "--out", "out"]).ends(0);
    let first: Vec<Value> = project.rows("out/manifest.jsonl");
    project
        .run(&["text", "r.toml", "--out", "out"])
        .ends(0)
        .says("nothing to do");
    gate("0.4");
    project
        .run(&["text", "r.toml", "--out", "out"])
        .ends(1)
        .says("the plan has changed");
    project
        .run(&["text", "r.toml", "--out", "out", "--update"])
        .ends(0);
    assert_eq!(project.rows("out/manifest.jsonl").len(), first.len());
}
