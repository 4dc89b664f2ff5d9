//! `[init]`: training that begins with the parameters of an earlier model.

use std::fs;

use super::project::{Project, SPEECH, both, rows, sentences, words};

/// One step of almost nothing: what comes out is what went in, nearly.
fn still(recipe: &str) -> String {
    let short = recipe.replace("epochs = 3", "steps = 1");
    short.replace("learning_rate = 0.01", "learning_rate = 1e-12\nweight_decay = 0")
}

fn loss(project: &Project, model: &str) -> f64 {
    project.value(&format!("{model}/metrics.json"))["loss"]
        .as_f64()
        .unwrap()
}

#[test]
fn parameters_go_on_where_another_model_ended() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "epochs = 4\nkeep = \"last\"");
    project.train("first").ends(0);
    project.write("recipe.toml", still(SPEECH) + "[init]\nmodel = \"first\"\n");
    // 3·4·9 + 4·4·9 + 3·4, 4·8·9 + 8·8·9 + 4·8, four numbers for each of the normalized channels, and the head's 8·3 + 3.
    let numbers = 108 + 144 + 12 + 288 + 576 + 32 + 4 * 3 * (4 + 8) + 27;
    project
        .train("second")
        .ends(0)
        .says(&format!("{numbers} numbers begin as in ./first"));
    // But for the running statistics, of which the step took a tenth of its batch in.
    assert!((loss(&project, "second") - loss(&project, "first")).abs() < 0.1);
    project.write("recipe.toml", still(SPEECH));
    project.train("fresh").ends(0);
    assert!((loss(&project, "fresh") - loss(&project, "first")).abs() > 0.1);
    // The model that it began with is a part of the training's name.
    let second = project.value("second/run.json");
    assert!(second["training"]["init"].is_string());
    assert_ne!(
        second["training"]["recipe"],
        project.value("fresh/run.json")["training"]["recipe"]
    );
}

#[test]
fn another_model_of_the_same_name_is_another_training() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "steps = 1");
    project.train("first").ends(0);
    project.write("recipe.toml", still(SPEECH) + "[init]\nmodel = \"first\"\n");
    project.train("second").ends(0);
    fs::remove_dir_all(project.path("first")).unwrap();
    project.write("other.toml", SPEECH.replace("epochs = 3", "steps = 2"));
    project
        .run(&["train", "other.toml", "--out", "first", "--jobs", "1"])
        .ends(0);
    project
        .train("second")
        .ends(1)
        .says("second holds another training: init is ");
}

#[test]
fn the_speech_branch_of_both_begins_as_a_speech_model() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "steps = 2");
    project.train("first").ends(0);
    project.write("recipe.toml", still(&both()) + "[init]\nspeech = \"first\"\n");
    let numbers = 108 + 144 + 12 + 288 + 576 + 32 + 4 * 3 * (4 + 8);
    project
        .train("second")
        .ends(0)
        .says(&format!("{numbers} numbers begin as in ./first"));
    // From both to both, the branch or all of it.
    let words = 32 * 6 + 6 + (8 + 6) * 3 + 3;
    for (out, key, count) in [("third", "speech", numbers), ("fourth", "model", numbers + words)] {
        project.write(
            "recipe.toml",
            still(&both()) + &format!("[init]\n{key} = \"second\"\n"),
        );
        project
            .train(out)
            .ends(0)
            .says(&format!("{count} numbers begin as in ./second"));
    }
}

#[test]
fn other_labels_leave_the_head_new() {
    let project = Project::of_words();
    project.change("recipe.toml", "epochs = 3", "steps = 1");
    project.change(
        "recipe.toml",
        "kind = \"text-head\"",
        "kind = \"text-head\"\nhidden = 5",
    );
    project.train("first").ends(0);
    let two: Vec<_> = sentences(&rows(8, 3))
        .into_iter()
        .filter(|row| row.label != "sad")
        .collect();
    project.words("words", &two);
    let with = project.read("recipe.toml") + "[init]\nmodel = \"first\"\n";
    project.write("recipe.toml", with);
    project
        .train("second")
        .ends(0)
        .says(&format!("{} numbers begin", 32 * 5 + 5));
}

#[test]
fn what_does_not_fit_is_refused() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "steps = 1");
    project.train("first").ends(0);
    let wider = SPEECH.replace("[4, 8]", "[4, 9]") + "[init]\nmodel = \"first\"\n";
    project.write("recipe.toml", wider);
    let told = "hint: [network] has to give the same sizes as the model's";
    project
        .refuses()
        .says("[init] model = ./first: found the shape")
        .says(told);
    let deeper = SPEECH.replace("[4, 8]", "[4, 8, 8]") + "[init]\nmodel = \"first\"\n";
    project.write("recipe.toml", deeper);
    project
        .refuses()
        .says("[init] model = ./first: found nothing for block3")
        .says(told);

    project.words("words", &sentences(&rows(8, 3)));
    project.write("words.toml", words().replace("epochs = 3", "steps = 1"));
    project
        .run(&["train", "words.toml", "--out", "reader", "--jobs", "1"])
        .ends(0);
    for (recipe, told) in [
        (
            SPEECH.to_owned() + "[init]\nmodel = \"reader\"\n",
            "found a text-head model, expected resnet-cnn to begin resnet-cnn with",
        ),
        (
            words() + "[init]\nmodel = \"first\"\n",
            "found a resnet-cnn model, expected text-head",
        ),
        (
            both() + "[init]\nspeech = \"reader\"\n",
            "found a text-head model, expected resnet-cnn or bimer",
        ),
        (
            SPEECH.to_owned() + "[init]\nmodel = \"nowhere\"\n",
            "nowhere holds no trained model: there is no run.json",
        ),
        (
            SPEECH.to_owned() + "[init]\nmodel = \"speech\"\n",
            "its run.json is of a dataset of kind \"audio\"",
        ),
    ] {
        let _ = fs::remove_dir_all(project.path("refused"));
        project.write("recipe.toml", recipe);
        project.refuses().says(told);
    }
    // A file of it that is damaged, or no model at all.
    let _ = fs::remove_dir_all(project.path("refused"));
    project.write("recipe.toml", SPEECH.to_owned() + "[init]\nmodel = \"first\"\n");
    let sound = fs::read(project.path("first/model.onnx")).unwrap();
    for bytes in [&b"nothing"[..], &sound[..sound.len() / 2], b""] {
        project.write("first/model.onnx", bytes);
        project.refuses().says("first");
        let _ = fs::remove_dir_all(project.path("refused"));
    }
}
