//! `augment text` without a recipe, or without anything.

use super::project::{Project, model};

/// Models where a machine has them that pulled them: by the names that recipes use when they name none.
fn with_models(project: &Project) {
    project.write(
        "recipes/text.toml",
        std::fs::read_to_string(project.path("recipe.toml"))
            .unwrap()
            .replace("sentences.csv", "../sentences.csv"),
    );
}

#[test]
fn without_a_recipe_the_one_below_this_folder_is_taken() {
    let project = Project::new();
    with_models(&project);
    project.run(&["text", "--threshold", "0.7"]).ends(0);
    assert!(project.path("out/text/train.csv").exists());
    project.make("named");
    let rows = |out: &str| project.table(&format!("{out}/train.csv"));
    assert_eq!(rows("out/text"), rows("named"));
}

#[test]
fn without_any_recipe_the_message_says_what_to_do() {
    let project = Project::new();
    project
        .run(&["text", "--threshold", "0.7"])
        .ends(1)
        .says("recipes/text.toml")
        .says("--input");
}

#[test]
fn flags_alone_name_the_models_that_are_missing() {
    let project = Project::new();
    project.write(
        "some.tsv",
        "sentence\tfeeling\nMy father is sad.\tx\nMy sister is glad now.\ty\n",
    );
    project
        .run(&[
            "text",
            "--input",
            "some.tsv",
            "--text-column",
            "sentence",
            "--label-column",
            "feeling",
            "--threshold",
            "0.9",
            "--out",
            "out",
        ])
        .ends(1)
        .says("all-MiniLM-L6-v2")
        .says("augment models pull");
    assert!(!project.path("out").exists());
}

#[test]
fn flags_alone_plan_without_models() {
    let project = Project::new();
    project
        .run(&["text", "--input", "sentences.csv", "--out", "out", "--dry-run"])
        .ends(0)
        .says("augment models pull")
        .says("happy");
    assert!(!project.path("out").exists());
}

#[test]
fn a_threshold_out_of_range_is_refused() {
    let project = Project::new();
    for bad in ["1.5", "-0.1", "NaN"] {
        let flag = format!("--threshold={bad}");
        project
            .run(&["text", "recipe.toml", "--out", "out", &flag])
            .ends(1)
            .says("threshold");
    }
    assert!(!project.path("out").exists());
}

#[test]
fn a_model_that_is_no_masked_model_is_told_apart() {
    let project = Project::new();
    project.change(&model("bert-mlm"), &model("sentence-encoder"));
    project
        .run(&["text", "recipe.toml", "--out", "out"])
        .ends(1)
        .says("logits");
    assert!(!project.path("out/train.csv").exists());
}
