//! What is held out is never trained on: not within a dataset, not between two, and not through a model that training begins with.

use super::project::{Project, Row, SPEECH, both, rows, sentences, words};

const REFUSED: &str = "training is refused, since what is held out is also trained on";

/// `both` with sentences that stand in for transcripts.
fn mixed() -> String {
    both().replace(
        "audio = \"speech\"",
        "audio = \"speech\"\ntext = \"words\"\naugmented_text = 0.5",
    )
}

fn held(rows: &mut [Row]) -> &mut Row {
    rows.iter_mut().find(|row| row.split == "validation").unwrap()
}

#[test]
fn a_source_or_group_in_two_splits_is_refused() {
    let project = Project::new(SPEECH);
    let all = rows(8, 3);

    let mut leaking = all.clone();
    held(&mut leaking).source = all[0].source.clone();
    project.speech("speech", &leaking);
    project
        .refuses()
        .says(REFUSED)
        .says("the source angry00 is in train")
        .says("hint: `augment verify`");
    // `verify` agrees.
    project
        .run(&["verify", "speech"])
        .ends(2)
        .says("the source angry00 is in train");

    let mut leaking = all.clone();
    held(&mut leaking).group = all[0].group.clone();
    project.speech("speech", &leaking);
    project
        .refuses()
        .says(REFUSED)
        .says("the group angry00 is in train");

    let mut leaking = all.clone();
    held(&mut leaking).transform = "noise".to_owned();
    project.speech("speech", &leaking);
    project
        .refuses()
        .says(REFUSED)
        .says("is held out but was made by noise");

    // The test split counts as well, though nothing is measured on it here.
    let mut leaking = all.clone();
    leaking.push(Row {
        source: all[0].source.clone(),
        ..Row::new("test", "sad", 60)
    });
    project.speech("speech", &leaking);
    project.refuses().says(REFUSED).says("and in test");

    // Many cases are counted, and some are shown.
    let mut leaking = all;
    for row in leaking.iter_mut() {
        row.group = "one".to_owned();
        row.source = row.label.clone();
    }
    project.speech("speech", &leaking);
    project
        .refuses()
        .says("(4 cases)")
        .says("the source happy")
        .says("the group one");
}

#[test]
fn sentences_of_held_out_recordings_are_refused() {
    let project = Project::new(&mixed());
    let all = rows(8, 3);
    let mut leaking = sentences(&all);
    // A new sentence of a recording that the speech holds out.
    let source = all.iter().find(|row| row.split == "validation").unwrap();
    leaking.push(Row {
        split: "train",
        ..source.sentence("fill", 0)
    });
    leaking.retain(|row| !(row.source == source.source && row.transform == "original"));
    project.words("words", &leaking);
    project
        .refuses()
        .says(REFUSED)
        .says(&format!("the source {} is in train", source.source));
    // Neither dataset leaks by itself.
    let alone = project
        .read("recipe.toml")
        .replace("text = \"words\"\naugmented_text = 0.5\n", "");
    project.write("alone.toml", alone.replace("epochs = 3", "steps = 1"));
    project
        .run(&["train", "alone.toml", "--out", "alone", "--jobs", "1"])
        .ends(0);
    // Sentences that are not used can't leak; that they are not used is said.
    let unused = project
        .read("alone.toml")
        .replace("audio = ", "text = \"words\"\naudio = ");
    project.write("unused.toml", unused);
    project
        .run(&["train", "unused.toml", "--out", "unused", "--jobs", "1"])
        .ends(0)
        .says("words is not used: set [data] augmented_text");
}

#[test]
fn sentences_of_no_training_row_are_refused() {
    let project = Project::new(&mixed());
    let mut others = sentences(&rows(8, 3));
    for row in &mut others {
        row.source = format!("other-{}", row.source);
        row.group = row.source.clone();
    }
    project.words("words", &others);
    project
        .refuses()
        .says("no new sentence in it has the source of a training row\nhint: ");
    // Sentences of another label than the recording's don't stand in for it.
    let mut others = sentences(&rows(8, 3));
    for row in &mut others {
        row.label = if row.label == "sad" { "happy" } else { "sad" }.to_owned();
    }
    others.retain(|row| row.source.starts_with("angry"));
    project.words("words", &others);
    project
        .refuses()
        .says("no new sentence in it has the source of a training row");
}

#[test]
fn a_model_that_knows_what_is_held_out_begins_nothing() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "steps = 1");
    project.train("first").ends(0);
    // The same split: allowed.
    let with = project.read("recipe.toml") + "[init]\nmodel = \"first\"\n";
    project.write("recipe.toml", &with);
    project
        .train("second")
        .ends(0)
        .says("numbers begin as in ./first");
    // Another split of the same sources: refused, with their names.
    let mut other = rows(8, 3);
    for row in &mut other {
        row.split = if row.source.ends_with("07") {
            "validation"
        } else {
            "train"
        };
    }
    project.speech("speech", &other);
    project
        .refuses()
        .says("first: training is refused")
        .says("angry07")
        .says("(3 cases)")
        .says("same split");
    // So it is for sentences,
    project.words("words", &sentences(&rows(8, 3)));
    project.write("words.toml", words().replace("epochs = 3", "steps = 1"));
    project
        .run(&["train", "words.toml", "--out", "reader", "--jobs", "1"])
        .ends(0);
    let with = project.read("words.toml") + "[init]\nmodel = \"reader\"\n";
    let other: Vec<Row> = sentences(&other);
    project.words("words", &other);
    project.write("recipe.toml", with);
    project
        .refuses()
        .says("reader: training is refused")
        .says("sad07");
    // and for the speech branch of both.
    project.write("recipe.toml", both() + "[init]\nspeech = \"first\"\n");
    project
        .refuses()
        .says("first: training is refused")
        .says("happy07");
}

#[test]
fn measuring_on_what_was_trained_on_is_told() {
    let project = Project::new(SPEECH);
    project.change("recipe.toml", "epochs = 3", "steps = 1");
    project.train("m").ends(0);
    let mut other = rows(8, 3);
    for row in &mut other {
        row.split = if row.source.ends_with("07") || row.source.ends_with("08") {
            "validation"
        } else {
            "train"
        };
    }
    project.speech("other", &other);
    let ran = project.run(&["evaluate", "m", "other", "--json"]).ends(0);
    let ran = ran.says("trained on the sources or groups of 3 of these 6 rows");
    assert_eq!(ran.json()["models"][0]["trained_on"], 3);
    assert_eq!(
        project.run(&["evaluate", "m", "speech", "--json"]).json()["models"][0]["trained_on"],
        0
    );
}
