//! Folders of models that were changed by other hands, and data that are not what a model takes.

use std::fs;

use serde_json::json;

use super::project::{
    Project, SIDES, SPEECH, both, copy, model, picture, preparation, rows, sentences, words,
};

/// A speech model `m` of one step.
fn trained() -> Project {
    let project = Project::new(&SPEECH.replace("epochs = 3", "steps = 1"));
    project.train("m").ends(0);
    project
}

/// Measures and asks, which both have to fail with something said.
#[track_caller]
fn fails(project: &Project, told: &str) {
    project
        .run(&["evaluate", "m", "speech"])
        .ends(1)
        .says(told)
        .says("error: ");
    let ran = project
        .run(&["infer", "m", "--audio", "nothing.wav"])
        .ends(1)
        .says(told);
    assert_eq!(ran.stdout, "", "{told}");
}

#[test]
fn every_damaged_file_is_named() {
    let project = trained();
    let sound = project.tree("m");
    let text = |name: &str| String::from_utf8(sound[name].clone()).unwrap();
    let restore = |name: &str| project.write(&format!("m/{name}"), &sound[name]);
    let graph = &sound["model.onnx"];
    for bytes in [
        graph[..graph.len() / 2].to_vec(),
        Vec::new(),
        b"no graph".to_vec(),
        vec![0xff; 5000],
        fs::read(model("sentence-encoder-pooled") + "/model.onnx").unwrap(),
    ] {
        project.write("m/model.onnx", bytes);
        fails(&project, "m/model.onnx");
    }
    restore("model.onnx");
    for labels in [
        "",
        "{}",
        "[1, 2, 3]",
        "[\"angry\"]",
        "[\"a\", \"b\", \"c\", \"d\"]",
        // As many as there were, in another order.
        "[\"sad\", \"happy\", \"angry\"]",
        "[\"angry\", ",
    ] {
        project.write("m/labels.json", labels);
        fails(&project, "m/labels.json");
    }
    restore("labels.json");
    let told = text("preparation.json");
    for changed in [
        String::new(),
        "[]".to_owned(),
        "{}".to_owned(),
        told.replace("\"width\": 32", "\"width\": 33"),
        told.replace("\"width\": 32", "\"width\": 4000000000"),
        told.replace("\"width\"", "\"breadth\""),
        told.replace("\"sample_rate\": 16000", "\"sample_rate\": 0"),
        told[..told.len() / 2].to_owned(),
    ] {
        assert_ne!(changed, told);
        project.write("m/preparation.json", changed);
        fails(&project, "m/preparation.json");
    }
    restore("preparation.json");
    let told = text("run.json");
    for (changed, said) in [
        (String::new(), "m/run.json"),
        ("[]".to_owned(), "was not written by augment"),
        (
            told.replace("\"kind\": \"model\"", "\"kind\": \"audio\""),
            "of a dataset of kind \"audio\"",
        ),
        (told.replace("\"format\": 1", "\"format\": 2"), "newer augment"),
        (told.replace("\"resnet-cnn\"", "\"lstm\""), "m/run.json"),
        (told.replace("\"classes\": 3", "\"classes\": 4"), "m/labels.json"),
        (told.replace("\"classes\": 3", "\"classes\": -3"), "m/run.json"),
        (
            told.replace("\"width\": 32", "\"width\": 18446744073709551615"),
            "m/preparation.json",
        ),
        (told[..told.len() / 2].to_owned(), "m/run.json"),
    ] {
        assert_ne!(changed, told);
        project.write("m/run.json", changed);
        fails(&project, said);
    }
    restore("run.json");
    // Only measuring asks what was trained on.
    for list in ["{\"dataset\":", "nothing\n", "{\"id\": 3}\n"] {
        project.write("m/trained_on.jsonl", list);
        let ran = project.run(&["evaluate", "m", "speech"]);
        assert!(
            ran.code == 1 && ran.stderr.contains("m/trained_on.jsonl") || !list.ends_with('\n'),
            "{}",
            ran.stderr
        );
    }
    restore("trained_on.jsonl");
    for name in ["model.onnx", "labels.json", "preparation.json", "run.json"] {
        let path = project.path("m").join(name);
        fs::remove_file(&path).unwrap();
        fails(&project, name);
        fs::create_dir(&path).unwrap();
        fails(&project, name);
        fs::remove_dir(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        fails(&project, name);
        fs::remove_file(&path).unwrap();
        assert!(
            std::process::Command::new("mkfifo")
                .arg(&path)
                .status()
                .unwrap()
                .success()
        );
        fails(&project, name);
        fs::remove_file(&path).unwrap();
        restore(name);
    }
    project.run(&["evaluate", "m", "speech"]).ends(0);
}

#[test]
fn a_dataset_has_to_be_what_a_model_takes() {
    let project = trained();
    let mut others = rows(2, 1);
    for row in &mut others {
        row.label = row.label.replace("sad", "joyful");
    }
    project.speech("labels", &others);
    project
        .run(&["evaluate", "m", "labels"])
        .ends(1)
        .says("the label \"joyful\" is none of those that m tells apart: angry, happy, sad");
    // Fewer labels are no fault.
    others.retain(|row| row.label == "angry");
    project.speech("fewer", &others);
    project
        .run(&["evaluate", "m", "fewer", "--json"])
        .ends(0)
        .shows("\"rows\":1");

    let other = (48, 24);
    project.dataset(
        "wide",
        "audio",
        &rows(2, 1),
        json!({ "preparation": preparation(other) }),
    );
    for row in rows(2, 1) {
        project.write(
            &format!("wide/{}", row.image),
            picture(&row.label, &row.id, other),
        );
    }
    project
        .run(&["evaluate", "m", "wide"])
        .ends(1)
        .says("wide: its images are 48 × 24 pixels, and m takes 32 × 24");

    let mut otherwise = preparation(SIDES);
    otherwise["mel"]["n_mels"] = 40.into();
    project.speech("mels", &rows(2, 1));
    project.dataset("mels", "audio", &rows(2, 1), json!({ "preparation": otherwise }));
    project
        .run(&["evaluate", "m", "mels"])
        .ends(0)
        .says("warning: mels: its images were prepared otherwise than those that m was trained on");
    // All are checked before one is measured.
    let ran = project.run(&["evaluate", "m", "nowhere", "speech"]).ends(1);
    assert_eq!(ran.stdout, "");
    for arguments in [
        &["evaluate", "m"][..],
        &["evaluate"],
        &["evaluate", "m", "speech", "--split", "nonsense"],
    ] {
        assert_eq!(project.run(arguments).ends(1).stdout, "");
    }
    project
        .run(&["evaluate", "m", "speech", "--split", "nonsense"])
        .ends(1)
        .says("found \"nonsense\", expected validation, test or train");
}

#[test]
fn models_of_one_name_are_told_apart() {
    let project = trained();
    copy(&project.path("m"), &project.path("other/m"));
    project
        .run(&["evaluate", "m", "other/m", "speech", "--out", "measured"])
        .ends(0);
    let rows = project.lines("measured/predictions.jsonl");
    let of = |name: &str| rows.iter().filter(|row| row["model"] == name).count();
    assert_eq!((of("m"), of("other/m")), (9, 9));
}

#[test]
fn the_encoder_has_to_be_the_one_that_it_was_trained_with() {
    let project = Project::new(&both().replace("epochs = 3", "steps = 1"));
    copy(model("sentence-encoder").as_ref(), &project.path("encoder"));
    project.change("recipe.toml", &model("sentence-encoder"), "encoder");
    project.train("m").ends(0);
    let tokenizer = project.read("encoder/tokenizer.json");
    project.write("encoder/tokenizer.json", format!("{tokenizer} "));
    for arguments in [
        &["evaluate", "m", "speech"][..],
        &["infer", "m", "--audio", "x.wav", "--text", "x"],
    ] {
        project
            .run(arguments)
            .ends(1)
            .says("it was trained with the encoder ../encoder of hash ")
            .says("hint: give back the folder as it was, or train the model again");
    }
    // Nor is the training the same with it.
    project
        .train("m")
        .ends(1)
        .says("m holds another training: encoder is ");
    project.write("encoder/tokenizer.json", &tokenizer);
    project.run(&["evaluate", "m", "speech"]).ends(0);
    project.train("m").ends(0).says("nothing to do");
    for name in ["tokenizer.json", "config.json", "onnx/model.onnx"] {
        let path = project.path("encoder").join(name);
        if !path.exists() {
            continue;
        }
        let sound = fs::read(&path).unwrap();
        for bytes in [&sound[..sound.len() / 2], b""] {
            fs::write(&path, bytes).unwrap();
            project.run(&["evaluate", "m", "speech"]).ends(1);
            project.train("fresh").ends(1).says("encoder");
        }
        fs::write(&path, sound).unwrap();
    }
    fs::rename(project.path("encoder"), project.path("away")).unwrap();
    project
        .run(&["evaluate", "m", "speech"])
        .ends(1)
        .says("encoder: no such folder");
    project.train("fresh").ends(1).says("found model \"encoder\"");
    assert!(!project.path("fresh/run.json").exists());
    // A model that changed its words about the encoder.
    fs::rename(project.path("away"), project.path("encoder")).unwrap();
    let told = project.read("m/preparation.json");
    for (from, to, said) in [
        (
            "\"precision\": \"fp32\"",
            "\"precision\": \"f99\"",
            "m/preparation.json",
        ),
        (
            "\"pooling\": \"auto\"",
            "\"pooling\": \"most\"",
            "m/preparation.json",
        ),
        ("\"size\": 32", "\"size\": 33", "m/preparation.json"),
        ("../encoder", "hub:nobody/nothing", "nobody/nothing"),
        ("../encoder", "/proc/self", "/proc/self"),
    ] {
        assert!(told.contains(from), "{from} in {told}");
        project.write("m/preparation.json", told.replace(from, to));
        project.run(&["evaluate", "m", "speech"]).ends(1).says(said);
    }
}

#[test]
fn a_model_of_sentences_reads_transcripts_and_the_other_way_round() {
    let project = Project::new("");
    project.words("words", &sentences(&rows(8, 3)));
    for (name, data) in [
        ("of-words", "text = \"words\""),
        ("of-speech", "audio = \"speech\""),
    ] {
        let recipe = words()
            .replace("text = \"words\"", data)
            .replace("epochs = 3", "steps = 2");
        project.write("recipe.toml", recipe);
        project.train(name).ends(0);
    }
    for model in ["of-words", "of-speech"] {
        let of = |data: &str| {
            project.run(&["evaluate", model, data, "--json"]).ends(0).json()["models"][0]["loss"].clone()
        };
        // The held-out rows are the same texts.
        assert_eq!(of("words"), of("speech"), "{model}");
    }
}

#[test]
fn measures_that_fit_into_no_picture_leave_nothing_behind() {
    let project = trained();
    let arguments = [&["evaluate"], &["m"; 40][..], &["speech", "--out", "measured"]].concat();
    project
        .run(&arguments)
        .ends(1)
        .says("the chart needs at least")
        .says("hint: ");
    assert!(!project.path("measured").exists());
}
