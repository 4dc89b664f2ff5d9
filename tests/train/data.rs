//! Datasets that can't be trained on, or not as they are.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::project::{
    FILES, LABELS, Project, Row, SIDES, SPEECH, both, names, picture, preparation, rows, sentences, words,
};

#[test]
fn missing_pictures_are_named_before_any_work() {
    let project = Project::new(SPEECH);
    let (one, other) = ("speech/train/sad00.png", "speech/validation/sad09.png");
    fs::remove_file(project.path(one)).unwrap();
    fs::remove_file(project.path(other)).unwrap();
    // What is there, but no file, is as good as missing.
    fs::remove_file(project.path("speech/train/sad01.png")).unwrap();
    fs::create_dir(project.path("speech/train/sad01.png")).unwrap();
    fs::remove_file(project.path("speech/train/sad02.png")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", project.path("speech/train/sad02.png")).unwrap();
    fs::remove_file(project.path("speech/train/sad03.png")).unwrap();
    let made = Command::new("mkfifo")
        .arg(project.path("speech/train/sad03.png"))
        .status();
    assert!(made.unwrap().success());
    project.refuses().says("5 images").says(one).hides("ONNX Runtime");
    assert!(!project.path("refused").exists());
}

#[test]
fn pictures_that_are_none_are_named() {
    let sound = picture("sad", "x", SIDES);
    let mut damaged = sound.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    for (place, bytes, told) in [
        (
            "train/sad00",
            picture("sad", "x", (24, 32)),
            "24 × 32 pixels, expected 32 × 24",
        ),
        ("validation/sad08", sound[..sound.len() / 2].to_vec(), "damaged"),
        ("train/happy07", damaged, "damaged"),
        ("train/angry03", Vec::new(), "damaged"),
        ("train/angry03", b"no picture at all".to_vec(), "not a PNG file"),
    ] {
        let project = Project::new(SPEECH);
        let path = format!("speech/{place}.png");
        project.write(&path, bytes);
        project.refuses().says(&path).says(told);
    }
}

#[test]
fn measuring_names_a_damaged_picture_too() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "epochs = 1");
    project.train("m").ends(0);
    project.write("speech/validation/sad08.png", "nothing");
    let ran = project
        .run(&["evaluate", "m", "speech", "--out", "measured"])
        .ends(1);
    ran.says("speech/validation/sad08.png").says("not a PNG file");
    assert!(!project.path("measured").exists());
}

#[test]
fn labels_have_to_be_known_and_at_least_two() {
    let project = Project::new(SPEECH);
    let mut more = rows(8, 3);
    more.push(Row::new("validation", "joyful", 0));
    project.speech("speech", &more);
    project.refuses().says("\"joyful\"").says("angry, happy, sad");

    let one: Vec<Row> = rows(8, 3).into_iter().filter(|row| row.label == "sad").collect();
    project.speech("speech", &one);
    project
        .refuses()
        .says("found 1 classes")
        .says("expected at least 2");

    project.speech("speech", &[]);
    project.refuses().says("found 0 classes");
    let held: Vec<Row> = rows(8, 3)
        .into_iter()
        .filter(|row| row.split == "validation")
        .collect();
    project.speech("speech", &held);
    project.refuses().says("no training row");

    let labels: Vec<String> = (0..501).map(|n| format!("label{n:03}")).collect();
    let many: Vec<Row> = labels
        .iter()
        .map(|label| Row::new("train", label, 0).sentence("original", 0))
        .collect();
    project.words("words", &many);
    project.write("recipe.toml", words());
    project
        .refuses()
        .says("found 501 classes")
        .says("expected at most 500")
        .says("hint: ");
}

#[test]
fn as_many_classes_as_allowed_fit_into_the_picture() {
    let project = Project::empty();
    let of =
        |n: usize, split| Row::new(split, &format!("a rather long label {n:03}"), n).sentence("original", 0);
    let rows: Vec<Row> = (0..500)
        .map(|n| of(n, "train"))
        .chain([of(0, "validation")])
        .collect();
    let unlike = rows.into_iter().map(|mut row| {
        row.group = format!("{}{}", row.split, row.group);
        row.source = row.group.clone();
        row.id = row.group.clone();
        row
    });
    project.words("words", &unlike.collect::<Vec<_>>());
    project.write(
        "recipe.toml",
        words()
            .replace("epochs = 3", "steps = 1")
            .replace("batch = 8", "batch = 64"),
    );
    project.train("m").ends(0);
    assert_eq!(names(&project.tree("m")), FILES);
}

#[test]
fn without_a_validation_split_the_last_weights_are_kept() {
    let project = Project::new(SPEECH);
    project.speech("speech", &rows(8, 0));
    project.train("m").ends(0).says("there is no validation split");
    let tree = project.tree("m");
    let there = FILES
        .into_iter()
        .filter(|name| !["metrics.json", "confusion.png"].contains(name));
    assert_eq!(names(&tree), there.collect::<Vec<_>>());
    assert_eq!(project.history("m", "validation_loss"), ["", "", ""]);
    assert_eq!(project.value("m/run.json")["epoch"], 3);
    project
        .run(&["evaluate", "m", "speech"])
        .ends(1)
        .says("no rows in the split validation")
        .says("it has the splits train; --split chooses one");
}

#[test]
fn a_dataset_has_to_be_whole() {
    let project = Project::new(SPEECH);
    let mark = project.read("speech/run.json");
    let manifest = project.read("speech/manifest.jsonl");
    let first = manifest.lines().next().unwrap();
    for (from, to, told) in [
        (
            "\"settings\":",
            "\"shard\":{\"index\":0,\"count\":3},\"settings\":",
            "it is shard 0 of 3\nhint: `augment merge`",
        ),
        ("\"format\":1", "\"format\":9", "format 9 of a newer augment"),
        (
            "\"kind\":\"audio\"",
            "\"kind\":\"video\"",
            "found a dataset of kind \"video\"",
        ),
        ("\"width\":32", "\"width\":99999", "expected 1 to 4096 pixels"),
        ("\"preparation\":", "\"preparation\":3,\"p\":", "run.json"),
        ("{", "{{", "run.json"),
    ] {
        project.write("speech/run.json", mark.replacen(from, to, 1));
        project.refuses().says(told);
    }
    let old: String = mark.replace(&json!({ "preparation": preparation(SIDES) }).to_string(), "{}");
    project.write("speech/run.json", old);
    project
        .refuses()
        .says("does not say how its images were made\nhint: it was made by an older version");
    project.write("speech/run.json", &mark);
    for (from, to, told) in [
        (
            "\"split\":\"train\"",
            "\"split\":\"trian\"",
            "manifest.jsonl:1: unknown variant `trian`",
        ),
        (
            "\"mel_path\":\"train/",
            "\"mel_path\":\"../speech/train/",
            "is not a path below the dataset",
        ),
        (
            "\"mel_path\":\"train/",
            "\"mel_path\":\"/train/",
            "is not a path below the dataset",
        ),
        ("\"id\":", "\"di\":", "manifest.jsonl:1: missing field `id`"),
        (first, "", "manifest.jsonl"),
    ] {
        project.write("speech/manifest.jsonl", manifest.replacen(from, to, 1));
        project.refuses().says(told);
    }
    // Cut short in the middle of a line, and between two lines.
    for at in [manifest.len() - 10, first.len() + 1] {
        project.write("speech/manifest.jsonl", &manifest[..at]);
        project.refuses().says("are not those that run.json counts");
    }
    fs::remove_file(project.path("speech/manifest.jsonl")).unwrap();
    project.refuses().says("manifest.jsonl is missing");
    for name in ["manifest.jsonl", "run.json"] {
        let path = project.path("speech").join(name);
        let _ = fs::remove_file(&path);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        project.refuses().says(name).says("is not a regular file");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        project.refuses().says(name).says("is not a regular file");
        fs::remove_file(&path).unwrap();
        project.write("speech/manifest.jsonl", &manifest);
    }
    project
        .refuses()
        .says("speech holds no finished dataset (no run.json)");
    // An unfinished one has a state of its own.
    project.write("speech/.augment/state.json", "{\"format\":1,\"kind\":\"audio\"}");
    project.refuses().says("speech holds no finished dataset");
    fs::remove_dir_all(project.path("speech")).unwrap();
    project.refuses().says("speech holds no finished dataset");
    project.write("speech", "a file");
    project.refuses().says("speech");
}

#[test]
fn what_a_network_needs_of_the_rows_is_asked_for() {
    let project = Project::new(SPEECH);
    project.speech(
        "speech",
        &rows(8, 3)
            .iter()
            .map(|row| row.sentence("original", 0))
            .collect::<Vec<_>>(),
    );
    project.refuses().says("has no mel image").says("images = true");

    let mut silent = rows(8, 3);
    silent[3].text = " \n".to_owned();
    project.speech("speech", &silent);
    project.write("recipe.toml", both());
    project
        .refuses()
        .says("1 rows have no transcript, such as angry03")
        .says("hint: ");
    // The pictures alone are enough for a network that does not read.
    project.write("recipe.toml", SPEECH.replace("epochs = 3", "epochs = 1"));
    project.train("m").ends(0);
    project.words("words", &sentences(&rows(8, 3)));
    project
        .run(&["evaluate", "m", "words"])
        .ends(1)
        .says("has no mel image");
    // Rows of no split that is looked at may be as they like.
    let mut more = rows(8, 3);
    let tests = LABELS.map(|label| Row {
        image: String::new(),
        text: String::new(),
        ..Row::new("test", label, 50)
    });
    more.extend(tests);
    project.speech("speech", &more);
    project.train("other").ends(0);
    project
        .run(&["evaluate", "other", "speech", "--split", "test"])
        .ends(1)
        .says("has no mel image");
}

#[test]
fn a_model_is_no_dataset_and_a_dataset_no_model() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "epochs = 1");
    project.train("m").ends(0);
    let told = "m: found a trained model, expected a dataset";
    project
        .run(&["train", "recipe.toml", "--data", "m", "--out", "x"])
        .ends(1)
        .says(told);
    project.run(&["evaluate", "m", "m"]).ends(1).says(told);
    let told = "speech holds no trained model: its run.json is of a dataset of kind \"audio\"";
    project.run(&["evaluate", "speech", "speech"]).ends(1).says(told);
    project
        .run(&["infer", "speech", "--text", "x"])
        .ends(1)
        .says(told);
    project
        .run(&["infer", "nowhere", "--text", "x"])
        .ends(1)
        .says("there is no run.json");
}
