//! `augment text calibrate`.

use serde_json::Value;

use crate::project::Project;

fn group<'a>(groups: &'a Value, name: &str) -> &'a Value {
    let found = groups
        .as_array()
        .unwrap()
        .iter()
        .find(|group| group["name"] == name);
    found.unwrap_or_else(|| panic!("{name} in {groups}"))
}

#[test]
fn tables_for_people_and_all_of_it_as_json() {
    let project = Project::new();
    project.recipe("guard = \"standard\"");
    let ran = project
        .run(&["text", "calibrate", "r.toml", "--json"])
        .ends(0)
        .says("a threshold belongs to a model")
        .says("*0.50  0.70  0.75  0.80  0.85  0.90  0.92  0.94  0.96  0.98")
        .says("bundled pairs (English): % that pass, the cosine alone")
        .says("bundled fills (English): % that pass, with the recipe's guards")
        .says("25 words and more")
        .says("39 of 39 sentences that new ones may be made of")
        .says("the first fill of each: % that pass, with the recipe's guards")
        .says("negation put in or taken out")
        .says("of another class");
    let found = ran.json();
    assert_eq!(found["threshold"], 0.5);
    assert_eq!(found["precision"], "fp32");
    assert_eq!(found["guarded"], true);
    assert_eq!(found["hash"].as_str().unwrap().len(), 64);
    assert_eq!(found["device"], "cpu");
    assert!(found["runtime"].as_str().unwrap().starts_with("1."));
    assert!(found["encoder"].as_str().unwrap().ends_with("sentence-encoder"));
    let thresholds = found["thresholds"].as_array().unwrap();
    assert_eq!(thresholds.len(), 10);
    let own = &found["corpus"];
    assert_eq!(
        (own["sentences"].as_u64(), own["of"].as_u64()),
        (Some(39), Some(39))
    );
    for groups in [&found["pairs"], &found["lengths"], &found["fills"], &own["flips"]] {
        for group in groups.as_array().unwrap() {
            for how in ["alone", "guarded"] {
                let shares: Vec<f64> = group[how]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|x| x.as_f64().unwrap())
                    .collect();
                assert_eq!(shares.len(), thresholds.len());
                // A higher threshold passes no more, the guards neither.
                assert!(shares.windows(2).all(|two| two[0] >= two[1]), "{group}");
                assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
            }
            let first = |how: &str| group[how][0].as_f64().unwrap();
            assert!(first("guarded") <= first("alone"));
        }
    }
    // The guards stop what they are for.
    let negations = group(&found["pairs"], "negation");
    assert!(negations["alone"][0].as_f64().unwrap() > 0.5 && negations["guarded"][0] == 0.0);
    assert_eq!(group(&own["flips"], "a number changed")["guarded"][0], 0.0);
    assert_eq!(group(&own["flips"], "a number changed")["count"], 4);
    assert_eq!(own["fills"]["count"], 39);
    assert!(own["fills"]["alone"][0].as_f64().unwrap() > 0.5);
    for spread in ["same_class", "other_class"] {
        let (median, p99) = (
            own[spread]["median"].as_f64().unwrap(),
            own[spread]["p99"].as_f64().unwrap(),
        );
        assert!(own[spread]["count"] == 39 && median < p99 && p99 <= 1.0, "{own}");
    }
    assert!(found.get("corpus_left_out").is_none() && own.get("fills_left_out").is_none());

    let again = project
        .run(&["text", "calibrate", "r.toml", "--json", "--quiet"])
        .ends(0);
    assert_eq!((again.stdout, again.stderr.as_str()), (ran.stdout, ""));
    assert_eq!(project.names(), ["corpus.csv", "r.toml"]);
}

#[test]
fn without_guards_both_tables_agree_on_what_differs() {
    let project = Project::new();
    project.recipe("guard = \"none\"");
    let found = project
        .run(&["text", "calibrate", "r.toml", "--json"])
        .ends(0)
        .json();
    let negations = group(&found["pairs"], "negation");
    assert_eq!(negations["alone"], negations["guarded"]);
    // What is only written otherwise is no new sentence under any guard.
    assert_eq!(group(&found["pairs"], "writing")["guarded"][0], 0.0);
    assert_eq!(found["window_words"], 0);
}

#[test]
fn a_missing_encoder_is_named_with_its_size_and_command() {
    let project = Project::new();
    std::fs::create_dir(project.path("recipes")).unwrap();
    std::fs::write(
        project.path("recipes/text.toml"),
        "[corpus]\nkind = \"manifest\"\npath = \"../corpus.csv\"\n[balance]\ntrain_per_class = 14\n",
    )
    .unwrap();
    let ran = project
        .run(&["text", "calibrate"])
        .ends(1)
        .says("model all-MiniLM-L6-v2 is not installed")
        .says("hint: augment models pull all-MiniLM-L6-v2 (about 91 MB)");
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_missing_corpus_leaves_the_bundled_tables() {
    let project = Project::new();
    project.recipe("");
    std::fs::remove_file(project.path("corpus.csv")).unwrap();
    let ran = project
        .run(&["text", "calibrate", "r.toml", "--json"])
        .ends(0)
        .says("bundled pairs (English)")
        .says("the recipe's corpus is left out: ")
        .says("there is no file");
    let found = ran.json();
    assert!(found.get("corpus").is_none());
    assert!(found["corpus_left_out"].as_str().unwrap().contains("corpus.csv"));
    assert!(group(&found["fills"], "synonym")["count"].as_u64().unwrap() > 30);
}

#[test]
fn a_missing_fill_model_leaves_the_rest() {
    let project = Project::new();
    project.recipe("");
    let models = format!("{}/tests/models/bert-mlm", env!("CARGO_MANIFEST_DIR"));
    project.replace("r.toml", &models, "distilbert-base-uncased");
    let ran = project
        .run(&["text", "calibrate", "r.toml", "--json"])
        .ends(0)
        .says("fills are left out: model distilbert-base-uncased is not installed")
        .says("augment models pull distilbert-base-uncased (about 269 MB)");
    let own = &ran.json()["corpus"];
    assert!(own.get("fills").is_none());
    assert!(
        own["fills_left_out"]
            .as_str()
            .unwrap()
            .contains("distilbert-base-uncased")
    );
    assert_eq!(own["flips"].as_array().unwrap().len(), 3);
}

#[test]
fn flags_of_a_run_do_not_go_with_calibrate() {
    let project = Project::new();
    project.recipe("");
    project
        .run(&["text", "--seed", "1", "calibrate", "r.toml"])
        .ends(1);
    project
        .run(&["text", "calibrate", "gone.toml"])
        .ends(1)
        .says("gone.toml: the recipe can't be read");
}
