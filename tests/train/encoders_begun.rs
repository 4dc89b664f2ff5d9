//! `[init]` of networks with encoders within: the whole, or the branches of `bimer`.

use std::collections::BTreeMap;
use std::fs;

use augment::onnx::graph::ModelFile;

use super::project::{BOTH_WITHIN, Project, READS, SEES, SPEECH, both};

/// One step of almost nothing: what comes out is what went in, nearly.
fn still(recipe: &str) -> String {
    let short = recipe.replace("epochs = 3", "steps = 1");
    short.replace("learning_rate = 0.01", "learning_rate = 1e-12\nweight_decay = 0")
}

/// Models of one branch alone, `sees` and `reads`.
fn alone() -> Project {
    let project = Project::new("").with_encoders();
    train(&project, &SEES.replace("epochs = 3", "steps = 2"), "sees");
    train(&project, &READS.replace("epochs = 3", "steps = 2"), "reads");
    project
}

fn train(project: &Project, recipe: &str, out: &str) {
    project.write("recipe.toml", recipe);
    project.train(out).ends(0);
}

fn trained(project: &Project, model: &str) -> u64 {
    project.value(&format!("{model}/run.json"))["parameters"]
        .as_u64()
        .unwrap()
}

/// The numbers of a model by the names of its parameters and constants.
fn weights(project: &Project, model: &str) -> BTreeMap<String, Vec<f32>> {
    let file = ModelFile::parse(&fs::read(project.path(model).join("model.onnx")).unwrap()).unwrap();
    let named = file.weights().iter().filter(|(name, _)| name.contains('.'));
    named
        .filter_map(|(name, tensor)| Some((name.clone(), tensor.to_f32()?)))
        .collect()
}

/// How many parameters of `ours` below a scope are those of `theirs`, and which are not.
fn compared(
    ours: &BTreeMap<String, Vec<f32>>,
    scope: &str,
    theirs: &BTreeMap<String, Vec<f32>>,
) -> (usize, Vec<String>) {
    let (mut same, mut others) = (0, Vec::new());
    for (name, numbers) in ours {
        let Some(own) = name.strip_prefix(scope) else {
            continue;
        };
        let near = |found: &Vec<f32>| found.iter().zip(numbers).all(|(a, b)| (a - b).abs() < 1e-6);
        match theirs.get(own).is_some_and(near) {
            true => same += 1,
            // A step takes a tenth of its batch into these.
            false if name.contains("running_") => (),
            false => others.push(name.clone()),
        }
    }
    (same, others)
}

#[test]
fn each_branch_begins_as_a_model_of_its_own() {
    let project = alone();
    let begun = still(BOTH_WITHIN) + "[init]\nspeech = \"sees\"\ntext = \"reads\"\n";
    project.write("recipe.toml", &begun);
    // All but the heads, and with the running statistics of four channels.
    let (speech, text) = (
        trained(&project, "sees") - 27 + 8,
        trained(&project, "reads") - 99,
    );
    project
        .train("both")
        .ends(0)
        .says(&format!("{speech} numbers begin as in ./sees"))
        .says(&format!("{text} numbers begin as in ./reads"));
    let ours = weights(&project, "both");
    let (sees, reads) = (weights(&project, "sees"), weights(&project, "reads"));
    // What a frozen stage or layer has is the file's on both sides.
    assert_eq!(compared(&ours, "speech.", &sees), (sees.len() - 4, Vec::new()));
    let linear = ["words.linear.bias", "words.linear.weight"].map(str::to_owned);
    assert_eq!(
        compared(&ours, "words.", &reads),
        (reads.len() - 2, linear.to_vec())
    );
    let training = &project.value("both/run.json")["training"];
    assert!(training["init.speech"].is_string() && training["init.text"].is_string());

    // From both to both: a branch, or all of it.
    let (all, words) = (trained(&project, "both") + 8, text);
    for (key, count) in [("model", all), ("speech", speech), ("text", words + 32 * 6 + 6)] {
        project.write(
            "recipe.toml",
            still(BOTH_WITHIN) + &format!("[init]\n{key} = \"both\"\n"),
        );
        let out = format!("of-{key}");
        project
            .train(&out)
            .ends(0)
            .says(&format!("{count} numbers begin as in ./both"));
        let other = weights(&project, &out);
        for (branch, scope) in [("speech", "speech."), ("text", "words.")] {
            let theirs = ours.iter().filter_map(|(name, numbers)| {
                let own = name.strip_prefix(scope)?;
                Some((own.to_owned(), numbers.clone()))
            });
            let (_, others) = compared(&other, scope, &theirs.collect());
            assert_eq!(
                others.is_empty(),
                key == "model" || key == branch,
                "{key} {others:?}"
            );
        }
    }
    // Another model of the same name is another training.
    fs::remove_dir_all(project.path("reads")).unwrap();
    train(&project, &READS.replace("epochs = 3", "steps = 3"), "reads");
    project.write("recipe.toml", &begun);
    project
        .train("both")
        .ends(1)
        .says("both holds another training: init.text is ");
}

#[test]
fn what_is_trained_goes_on_where_another_model_ended() {
    let project = Project::new("").with_encoders();
    for (name, recipe) in [
        ("sees", SEES.replace("\"head\"", "\"all\"")),
        ("sees-last", SEES.replace("\"head\"", "{ last = 1 }")),
        ("reads", READS.replace("{ last = 1 }", "\"all\"")),
        (
            "both",
            BOTH_WITHIN.replace("{ speech = \"head\", text = { last = 1 } }", "\"all\""),
        ),
    ] {
        train(&project, &recipe.replace("epochs = 3", "steps = 2"), name);
        project.write(
            "recipe.toml",
            still(&recipe) + &format!("[init]\nmodel = {name:?}\n"),
        );
        let again = format!("{name}-again");
        project.train(&again).ends(0);
        let (ours, theirs) = (weights(&project, &again), weights(&project, name));
        assert_eq!(compared(&ours, "", &theirs).1, Vec::<String>::new());
        // And not as in the encoders' files.
        train(&project, &still(&recipe), &format!("{name}-fresh"));
        let fresh = weights(&project, &format!("{name}-fresh"));
        let of_file = |name: &String| name.contains("backbone.") || name.contains("encoder.layer.1.");
        let (_, others) = compared(&fresh, "", &theirs);
        assert!(others.iter().any(of_file), "{others:?}");
    }
}

#[test]
fn what_does_not_fit_a_branch_is_refused() {
    let project = alone();
    let short = |recipe: &str| recipe.replace("epochs = 3", "steps = 1");
    for (name, recipe) in [
        ("sees-all", SEES.replace("\"head\"", "\"all\"")),
        ("reads-all", READS.replace("{ last = 1 }", "\"all\"")),
        (
            "sees-otherwise",
            SEES.replace("\"./backbone\"", "\"./backbone\"\nmean = [0.5, 0.5, 0.5]"),
        ),
        (
            "sees-v17",
            SEES.replace("\"./backbone\"", "\"./backbone\"\noutput = \"v17\""),
        ),
        ("hears", SPEECH.to_owned()),
        ("plain", both()),
        ("wide", SEES.replace("channels = 4", "channels = 6")),
        ("headed", SEES.replace("heads = 2", "heads = 4")),
    ] {
        train(&project, &short(&recipe), name);
    }
    let images = "found a model of another image encoder, or of which other layers were trained, expected the same [backbone] \
                  and [network] train";
    let texts = "found a model of another encoder of texts, or of which other layers were trained, expected the same [encoder] \
                 model and [network] train";
    let within = BOTH_WITHIN.to_owned();
    let plain = both();
    for (recipe, init, told) in [
        (&within, "speech = \"sees-all\"", images),
        (&within, "speech = \"sees-otherwise\"", images),
        (&within, "speech = \"sees-v17\"", images),
        (
            &within,
            "speech = \"headed\"",
            "found a model with 4 heads, expected [network] heads = 2",
        ),
        (&within, "text = \"reads-all\"", texts),
        (
            &within,
            "speech = \"hears\"",
            "found a resnet-cnn model, expected resnet50-crnn-at or bimer to begin bimer with",
        ),
        (
            &within,
            "speech = \"reads\"",
            "found a bert-text model, expected resnet50-crnn-at or bimer to begin bimer with",
        ),
        (
            &within,
            "text = \"sees\"",
            "[init] text = ./sees: found a resnet50-crnn-at model, expected bert-text or bimer to begin bimer with",
        ),
        (
            &within,
            "model = \"sees\"",
            "found a resnet50-crnn-at model, expected bimer",
        ),
        (
            &within,
            "model = \"plain\"",
            "found a bimer model whose speech branch is resnet-cnn, expected resnet50-crnn-at",
        ),
        (
            &within,
            "speech = \"plain\"",
            "found a bimer model whose speech branch is resnet-cnn, expected resnet50-crnn-at",
        ),
        (
            &within,
            "text = \"plain\"",
            "found a bimer model whose text branch is features, expected bert-text",
        ),
        (
            &within,
            "speech = \"wide\"",
            "[init] speech = ./wide: found the shape [6, 16, 1, 1] for conv.weight, expected the shape [4, 16, 1, 1]",
        ),
        (
            &within,
            "model = \"sees\"\ntext = \"reads\"",
            "[init] model: begins the whole network, so it takes no other key beside it",
        ),
        (&within, "", "[init]: the key model, speech or text is missing"),
        (&within, "word = \"sees\"", "[init] word"),
        (
            &plain,
            "text = \"plain\"",
            "found a bimer whose texts a frozen encoder reads: nothing of that is trained\nhint: [network] text = \"bert-text\"",
        ),
        (
            &SEES.to_owned(),
            "text = \"reads\"",
            "[init] text: resnet50-crnn-at has no branches, expected model = ...",
        ),
        (
            &READS.to_owned(),
            "speech = \"sees\"",
            "[init] speech: bert-text has no branches, expected model = ...",
        ),
        (&READS.to_owned(), "model = \"reads-all\"", texts),
        (&SEES.to_owned(), "model = \"sees-all\"", images),
        (
            &SEES.to_owned(),
            "model = \"hears\"",
            "expected resnet50-crnn-at to begin resnet50-crnn-at with",
        ),
    ] {
        project.write("recipe.toml", short(recipe) + &format!("[init]\n{init}\n"));
        project.refuses().says(told);
        let _ = fs::remove_dir_all(project.path("refused"));
    }
    // Another encoder of texts under the same name.
    let tokenizer = project.read("reader/tokenizer.json");
    project.write("reader/tokenizer.json", tokenizer + " ");
    project.write("recipe.toml", short(&within) + "[init]\ntext = \"reads\"\n");
    project.refuses().says(texts);
}
