//! Rows that can't be used are named with their reason, and everything else is kept.

use super::project::Project;

#[test]
fn a_missing_column_says_which_there_are() {
    let project = Project::new();
    project.change(
        "path = \"sentences.csv\"",
        "path = \"sentences.csv\"\ncolumns = { text = \"sentence\" }",
    );
    project
        .run(&["text", "recipe.toml", "--out", "out"])
        .ends(1)
        .says("sentence")
        .says("text");
}

#[test]
fn a_label_that_no_class_has_is_an_error_of_the_recipe() {
    let project = Project::new();
    project.change(
        "path = \"sentences.csv\"",
        "path = \"sentences.csv\"\nclasses = [\"angry\", \"merry\"]",
    );
    project
        .run(&["text", "recipe.toml", "--out", "out"])
        .ends(1)
        .says("merry");
}

#[test]
fn every_refusal_of_an_attempt_has_its_reason() {
    let project = Project::new();
    project.change("threshold = 0.7", "threshold = 0.97");
    let ran = project.run(&["text", "recipe.toml", "--out", "out"]);
    assert_eq!(ran.code, 2);
    let refused = project.rows("out/refused.jsonl");
    let items: Vec<_> = refused.iter().filter(|row| row["stage"] == "item").collect();
    assert!(!items.is_empty());
    for row in items {
        let reason = row["reason"].as_str().unwrap();
        // All four attempts are accounted for.
        let counted: u32 = reason
            .split(['(', ')'])
            .filter_map(|part| part.parse::<u32>().ok())
            .sum();
        assert_eq!(counted, 4, "{row}");
        assert!(row["rank"].is_u64());
    }
}
