//! Every fault of a recipe is told with its line, before any work, and nothing is written.

use super::project::{Project, SPEECH, both, model, words};

/// Trains with one text of a recipe replaced by another; it has to be refused with what is expected to be said.
#[track_caller]
fn refused(project: &Project, recipe: &str, from: &str, to: &str, told: &str) {
    assert!(recipe.contains(from), "{from} in {recipe}");
    project.write("recipe.toml", recipe.replacen(from, to, 1));
    let ran = project.train("refused").ends(1).says("error: ").says(told);
    assert_eq!(ran.stdout, "", "{to}");
    assert!(!project.path("refused").exists(), "{to}");
}

#[test]
fn every_key_of_training_has_its_bounds() {
    let project = Project::new(SPEECH);
    let last = "learning_rate = 0.01\n";
    // The line of the key, and what is said of it.
    for (line, key, told) in [
        (11, "batch = 0", "found 0, allowed are 1 to 65536"),
        (11, "batch = 65537", "found 65537"),
        (11, "batch = -1", "-1"),
        (11, "batch = 1.5", "1.5"),
        (11, "batch = 99999999999999999999", "99999999999999999999"),
        (11, "epochs = 0", "found 0, allowed are 1 to 1000000"),
        (11, "steps = 0", "found 0, allowed are 1 to 1000000000"),
        (11, "learning_rate = 0", "above 0"),
        (11, "learning_rate = nan", "NaN"),
        (11, "learning_rate = inf", "inf"),
        (11, "learning_rate = 1e-46", "32 bits"),
        (11, "learning_rate = \"fast\"", "\"fast\""),
        (11, "optimizer = \"sgd\"", "expected `adamw` or `adam`"),
        (11, "weight_decay = -0.1", "allowed are 0 to 1"),
        (11, "weight_decay = nan", "NaN"),
        (11, "decay = \"some\"", "expected `all` or `weights`"),
        (11, "schedule = \"step\"", "`constant`, `plateau`, `cosine`"),
        (11, "warm_up = 0.1", "belongs to schedule = \"cosine\""),
        (
            12,
            "schedule = \"cosine\"\nwarm_up = 0.95",
            "allowed are 0 to 0.9",
        ),
        (11, "plateau_epochs = 2", "belongs to schedule = \"plateau\""),
        (12, "schedule = \"plateau\"\nplateau_factor = 1", "found 1"),
        (11, "clip = 0", "above 0"),
        (11, "clip = 1e308", "32 bits"),
        (
            11,
            "class_weights = \"some\"",
            "\"none\", \"balanced\" or a table",
        ),
        (11, "class_weights = 3", "\"none\", \"balanced\" or a table"),
        (11, "class_weights = { angry = 0 }", "class_weights.angry"),
        (11, "class_weights = { angry = 1e60 }", "class_weights.angry"),
        (11, "label_smoothing = 1", "allowed are 0 to below 1"),
        (11, "label_smoothing = nan", "NaN"),
        (11, "early_stopping = -1", "-1"),
        (11, "keep = \"first\"", "expected `best` or `last`"),
        (11, "checkpoint_seconds = -1", "allowed are 0 to 86400"),
        (11, "checkpoint_seconds = 1e9", "allowed are 0 to 86400"),
        (11, "learning_rte = 1", "did you mean \"learning_rate\"?"),
    ] {
        let name = key.rsplit('\n').next().unwrap().split(' ').next().unwrap();
        let told = [format!("recipe.toml:{line}: [train] {name}"), told.to_owned()];
        let recipe = SPEECH.replace("batch = 8\nepochs = 3\n", "") + "# the end\n";
        for told in told {
            refused(&project, &recipe, last, &format!("# one\n# two\n{key}\n"), &told);
        }
    }
    let (from, to) = ("epochs = 3", "epochs = 3\nsteps = 5");
    refused(
        &project,
        SPEECH,
        from,
        to,
        "recipe.toml:11: [train] steps: found both epochs and steps",
    );
}

#[test]
fn every_key_of_a_network_has_its_bounds() {
    let project = Project::new(SPEECH);
    for (to, told) in [
        ("widths = []", ":6: [network] widths: found []"),
        ("widths = [0]", ":6: [network] widths: found [0]"),
        ("widths = [8193]", "of 1 to 8192"),
        ("widths = [1,1,1,1,1,1,1,1,1,1,1,1,1]", "expected 1 to 12 numbers"),
        ("widths = 4", ":6: [network] widths"),
        ("hidden = 4", ":6: [network] hidden: resnet-cnn has no such key"),
        (
            "text_features = 4",
            ":6: [network] text_features: resnet-cnn has no such key",
        ),
        (
            "dropout = 1",
            ":6: [network] dropout: found 1, allowed are 0 to below 1",
        ),
        ("dropout = nan", "NaN"),
        ("dropuot = 0.1", "did you mean \"dropout\"?"),
    ] {
        let recipe = SPEECH.replace("dropout = 0.1\n", "");
        refused(&project, &recipe, "widths = [4, 8]", to, told);
    }
    for (from, to, told) in [
        ("\"resnet-cnn\"", "\"resnet\"", ":5: [network] kind"),
        ("[network]", "[netwrok]", "did you mean \"network\"?"),
        ("seed = 3", "seed = -3", ":1: seed"),
        ("seed = 3", "sede = 3", "did you mean \"seed\"?"),
        ("[network]", "[net work", "recipe.toml:4: this is not TOML"),
        (
            "[network]",
            "[encoder]\nmodel = \"x\"\n[network]",
            ":4: [encoder]: resnet-cnn reads no texts",
        ),
        (
            "[network]",
            "[init]\nspeech = \"m\"\n[network]",
            ":5: [init] speech: resnet-cnn has no branches, expected model = ...",
        ),
        (
            "[network]",
            "[init]\n[network]",
            ":4: [init]: the key model is missing",
        ),
    ] {
        refused(&project, SPEECH, from, to, told);
    }
    let bare = "[data]\naudio = \"speech\"\n";
    refused(
        &project,
        bare,
        bare,
        bare,
        "recipe.toml:1: the table [network] is missing",
    );
    for (from, to, told) in [
        (
            "\"text-head\"",
            "\"text-head\"\nhidden = 0",
            ":6: [network] hidden: found 0",
        ),
        (
            "\"text-head\"",
            "\"text-head\"\nhidden = 8193",
            "allowed are 1 to 8192",
        ),
        (
            "\"text-head\"",
            "\"text-head\"\nwidths = [3]",
            ":6: [network] widths: text-head has no such key",
        ),
        (
            "[encoder]",
            "[encoder]\nprecision = \"f99\"",
            ":7: [encoder] precision",
        ),
        (
            "[encoder]",
            "[encoder]\npooling = \"max\"",
            ":7: [encoder] pooling",
        ),
        (
            "[encoder]",
            "[encoder]\ncache_limit = 99999999",
            ":7: [encoder] cache_limit",
        ),
        ("[encoder]", "[encoder]\nmodle = \"x\"", "did you mean \"model\"?"),
    ] {
        refused(&project, &words(), from, to, told);
    }
    let recipe = words();
    let encoder = format!("[encoder]\nmodel = {:?}\n", model("sentence-encoder"));
    refused(
        &project,
        &recipe,
        &encoder,
        "",
        ":5: [network] kind: text-head reads texts through an encoder",
    );
    refused(
        &project,
        &recipe,
        &encoder,
        "[encoder]\n",
        "the key model is missing",
    );
    for name in ["/nowhere", "../nowhere", "no-such-thing", ""] {
        let named = format!("[encoder]\nmodel = {name:?}\n");
        project.words("words", &super::project::sentences(&super::project::rows(4, 1)));
        refused(&project, &recipe, &encoder, &named, "hint: ");
    }
    let named = ("text_features = 6", "hidden = 6");
    refused(
        &project,
        &both(),
        named.0,
        named.1,
        "hidden: bimer with speech = \"resnet-cnn\" and text = \"features\" has no such key",
    );
    refused(
        &project,
        &both(),
        named.0,
        "text_features = 0",
        "text_features: found 0",
    );
}

#[test]
fn what_no_memory_holds_is_refused_at_its_line() {
    let project = Project::new(SPEECH);
    let widths = "widths = [8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192, 8192]";
    refused(
        &project,
        SPEECH,
        "widths = [4, 8]",
        widths,
        ":6: [network] widths: found [8192",
    );
    refused(
        &project,
        SPEECH,
        "widths = [4, 8]",
        "widths = [8192, 8192]",
        "million parameters",
    );
}

#[test]
fn every_key_of_data_has_its_bounds() {
    let project = Project::new(SPEECH);
    project.words("words", &super::project::sentences(&super::project::rows(8, 3)));
    let audio = "audio = \"speech\"";
    for (to, told) in [
        ("audio = \"nowhere\"", "nowhere holds no finished dataset"),
        ("audio = 3", ":3: [data] audio"),
        ("video = \"speech\"", ":3: [data] video: there is no such key"),
        ("", "so it needs a dataset of speech\nhint: [data] audio"),
        (
            "audio = \"speech\"\naugmented_text = 0.5",
            ":4: [data] augmented_text",
        ),
        (
            "audio = \"words\"",
            "words: found a dataset of sentences, expected one of speech",
        ),
        ("text = \"words\"", "so it needs a dataset of speech"),
    ] {
        refused(&project, SPEECH, audio, to, told);
    }
    for (to, told) in [
        (
            "text = \"speech\"\naugmented_text = 0.5",
            "found a dataset of speech, expected one of sentences",
        ),
        (
            "text = \"words\"\naugmented_text = 1.5",
            ":5: [data] augmented_text: found 1.5, allowed are 0 to 1",
        ),
        (
            "text = \"words\"\naugmented_text = nan",
            ":5: [data] augmented_text: found NaN",
        ),
    ] {
        refused(&project, &both(), audio, &format!("{audio}\n{to}"), told);
    }
    refused(
        &project,
        &words(),
        "text = \"words\"",
        "",
        "[data]: there is no dataset",
    );
    // Two datasets, and the network reads no text.
    let both = format!("{audio}\ntext = \"words\"\naugmented_text = 0.5");
    refused(
        &project,
        SPEECH,
        audio,
        &both,
        "[data] augmented_text: resnet-cnn reads no texts",
    );
}

#[test]
fn flags_have_their_bounds() {
    let project = Project::new(SPEECH);
    project.words("words", &super::project::sentences(&super::project::rows(2, 1)));
    project.write("empty.toml", "");
    for (arguments, told) in [
        (vec!["nowhere.toml"], "nowhere.toml: the recipe can't be read"),
        (vec!["speech"], "speech: the recipe can't be read"),
        (vec!["empty.toml"], "the table [network] is missing"),
        (vec!["/dev/zero"], "longer than"),
        (
            vec!["recipe.toml", "--data", "speech", "--data", "speech"],
            "both are datasets of speech",
        ),
        (
            vec!["recipe.toml", "--data", "nowhere"],
            "nowhere holds no finished dataset",
        ),
        (
            vec!["recipe.toml", "--jobs", "0"],
            "found --jobs 0, expected at least 1",
        ),
        (vec!["recipe.toml", "--jobs", "2000"], "expected at most 1024"),
        (vec!["recipe.toml", "--seed", "18446744073709551616"], "--seed"),
        (vec![], "RECIPE"),
    ] {
        let all: Vec<&str> = ["train"].into_iter().chain(arguments).collect();
        project.run(&all).ends(1).says(told);
    }
    assert!(!project.path("out").exists());
}
