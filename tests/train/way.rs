//! The way through: from recordings to datasets, models, measures and answers.

use std::fs;

use serde_json::Value;

use super::project::{FILES, LABELS, Project, SPEECH, both, differing, lines, model, names, words};

/// A corpus of recordings with transcripts in `corpus.csv`, and the recipe of a dataset of it with tiny pictures.
pub fn recorded() -> Project {
    let project = Project::empty();
    let mut table = String::from("id,audio,text,label\n");
    for (class, label) in LABELS.into_iter().enumerate() {
        for n in 0..7 {
            let name = format!("{label}{n}");
            let spec = hound::WavSpec {
                channels: 1,
                sample_rate: 16_000,
                bits_per_sample: 16,
                sample_format: hound::SampleFormat::Int,
            };
            let path = project.write(&format!("my corpus/{name}.wav"), "");
            let mut writer = hound::WavWriter::create(path, spec).unwrap();
            for i in 0..6000 {
                let t = i as f32 / 16_000.0;
                let tone =
                    (std::f32::consts::TAU * (150.0 + 400.0 * class as f32 + 17.0 * n as f32) * t).sin();
                let swell = (std::f32::consts::PI * i as f32 / 6000.0).sin();
                writer.write_sample((9000.0 * tone * swell) as i16).unwrap();
            }
            writer.finalize().unwrap();
            table += &format!("{name},{name}.wav,\"My teacher, {n}, is {label}.\",{label}\n");
        }
    }
    project.write("my corpus/corpus.csv", table);
    project.write(
        "audio.toml",
        "seed = 5\n[corpus]\nkind = \"manifest\"\npath = \"my corpus/corpus.csv\"\n[split]\nvalidation_per_class = 2\n\
         [balance]\ntrain_per_class = 8\n[[transform]]\nkind = \"gain\"\ngain_db = [-6, -3]\n\
         [mel.image]\nwidth = 32\nheight = 24\n",
    );
    project.run(&["audio", "audio.toml", "--out", "speech"]).ends(0);
    project
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_f64().unwrap())
        .collect()
}

#[test]
fn from_recordings_to_answers() {
    let project = recorded();
    let models = [
        ("image", SPEECH.to_owned()),
        ("text", words().replace("text = \"words\"", "audio = \"speech\"")),
        ("both", both()),
    ];
    for (name, recipe) in &models {
        project.write("recipe.toml", recipe);
        let ran = project.train(name).ends(0).says("complete").says("UA");
        assert_eq!(ran.stdout, "");
        let tree = project.tree(name);
        assert_eq!(names(&tree), FILES);
        // Nothing of the run itself is left but its lock.
        assert_eq!(tree.len(), FILES.len() + 1, "{:?}", tree.keys());
        assert_eq!(
            project.value(&format!("{name}/labels.json")),
            serde_json::json!(LABELS)
        );
        assert_eq!(project.history(name, "epoch"), ["1", "2", "3"]);
        assert_eq!(project.lines(&format!("{name}/trained_on.jsonl")).len(), 24);
        for picture in ["curves.png", "confusion.png"] {
            assert!(tree[picture].starts_with(b"\x89PNG"), "{picture}");
        }
    }

    // All of them side by side: the measures are those that training left.
    let ran = project
        .run(&[
            "evaluate", "image", "text", "both", "speech", "--out", "measured", "--json",
        ])
        .ends(0);
    let shown = ran.json();
    let written = project.value("measured/evaluation.json");
    assert_eq!(shown["models"], written["models"]);
    for (at, (name, _)) in models.iter().enumerate() {
        let told = project.value(&format!("{name}/metrics.json"));
        for (key, value) in told.as_object().unwrap() {
            assert_eq!(&shown["models"][at][key], value, "{name} {key}");
        }
    }
    assert!(
        fs::read(project.path("measured/confusion.png"))
            .unwrap()
            .starts_with(b"\x89PNG")
    );
    let predictions = project.lines("measured/predictions.jsonl");
    assert_eq!(predictions.len(), 3 * 6);
    let page = project.run(&["evaluate", "image", "both", "speech"]).ends(0);
    page.shows("weighted F1").shows("image").shows("both");

    // What a model says of a recording is what it said of the dataset's row.
    let manifest = project.lines("speech/manifest.jsonl");
    for (name, _) in &models {
        let told = predictions.iter().find(|row| row["model"] == *name).unwrap();
        let told = &told["prediction"];
        let row = manifest.iter().find(|row| row["id"] == told["id"]).unwrap();
        let audio = format!("my corpus/{}.wav", row["source_id"].as_str().unwrap());
        let text = row["text"].as_str().unwrap();
        let mut arguments = vec!["infer", name];
        if *name != "text" {
            arguments.extend(["--audio", &audio]);
        }
        if *name != "image" {
            arguments.extend(["--text", text]);
        }
        let answer = project.run(&arguments).ends(0).json();
        assert_eq!(answer["label"], told["predicted"], "{name}");
        let found = LABELS.map(|label| answer["probabilities"][label].as_f64().unwrap());
        let expected = numbers(&told["probabilities"]);
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-6, "{name}: {found} {expected}");
        }
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }

    // A whole table at once, and the same as lines of JSON; both name the same rows.
    let table = project
        .run(&["infer", "both", "--manifest", "my corpus/corpus.csv"])
        .ends(0);
    assert_eq!(lines(&table.stdout).len(), 21);
    let rows: String = lines(&table.stdout)
        .iter()
        .map(|answer| {
            let id = answer["id"].as_str().unwrap();
            let n = &id[id.len() - 1..];
            let text = format!("My teacher, {n}, is {}.", id.trim_end_matches(char::is_numeric));
            serde_json::json!({ "id": id, "audio": format!("{id}.wav"), "text": text }).to_string() + "\n"
        })
        .collect();
    project.write("my corpus/again.jsonl", rows);
    let again = project
        .run(&["infer", "both", "--manifest", "my corpus/again.jsonl"])
        .ends(0);
    assert_eq!(again.stdout, table.stdout);
}

#[test]
fn sentences_are_trained_on_without_any_recording() {
    let project = Project::of_words();
    project.train("m").ends(0);
    assert_eq!(names(&project.tree("m")), FILES);
    let counted = project.lines("m/trained_on.jsonl");
    assert_eq!(counted.len(), 24 * 3);
    assert!(counted.iter().all(|row| row["dataset"] == "text"));
    let told = project.value("m/metrics.json");
    let found = project.run(&["evaluate", "m", "words", "--json"]).ends(0).json();
    assert_eq!(found["models"][0]["ua"], told["ua"]);
    assert_eq!(found["models"][0]["loss"], told["loss"]);
    assert_eq!(found["models"][0]["trained_on"], 0);
    // Measured on what it has learned, with a warning.
    let ran = project
        .run(&["evaluate", "m", "words", "--split", "train", "--json"])
        .ends(0);
    let ran = ran.says("trained on the sources or groups of 72 of these 72 rows");
    assert_eq!(ran.json()["models"][0]["trained_on"], 72);
    let answers = project
        .run(&[
            "infer",
            "m",
            "--text",
            "My teacher is angry.",
            "--text",
            "So sad.",
        ])
        .ends(0);
    let answers = lines(&answers.stdout);
    assert_eq!((&answers[0]["id"], &answers[1]["id"]), (&"1".into(), &"2".into()));
}

#[test]
fn a_hidden_layer_learns_what_the_labels_say() {
    let project = Project::of_words();
    let more = "kind = \"text-head\"\nhidden = 16\ndropout = 0.1";
    project.change("recipe.toml", "kind = \"text-head\"", more);
    project.change("recipe.toml", "epochs = 3", "epochs = 20");
    project.train("m").ends(0);
    let losses: Vec<f64> = project
        .history("m", "train_loss")
        .iter()
        .map(|cell| cell.parse().unwrap())
        .collect();
    assert!(losses[19] < 0.7 * losses[0], "{losses:?}");
    assert_eq!(project.value("m/run.json")["network"]["hidden"], 16);
}

#[test]
fn the_folder_and_its_encoder_move_together() {
    let project = Project::of_words();
    super::project::copy(
        model("sentence-encoder").as_ref(),
        &project.path("house/encoders/small"),
    );
    let encoder = model("sentence-encoder");
    project.change("recipe.toml", &encoder, "house/encoders/small");
    project.train("house/models/of words").ends(0);
    let told = project.value("house/models/of words/preparation.json");
    assert_eq!(told["text"]["model"], "../../encoders/small");
    let say = ["--text", "My teacher is angry."];
    let before = project
        .run(&["infer", "house/models/of words", say[0], say[1]])
        .ends(0);
    fs::create_dir(project.path("elsewhere")).unwrap();
    fs::rename(project.path("house"), project.path("elsewhere/home")).unwrap();
    let after = project
        .run(&["infer", "elsewhere/home/models/of words", say[0], say[1]])
        .ends(0);
    assert_eq!(before.stdout, after.stdout);
    // From within the folder itself, too.
    let mut command = project.command(&["infer", ".", say[0], say[1]]);
    command.current_dir(project.path("elsewhere/home/models/of words"));
    let within = super::project::Ran::from(command.output().unwrap()).ends(0);
    assert_eq!(before.stdout, within.stdout);
    // The model alone can't tell anything.
    fs::rename(project.path("elsewhere/home/models"), project.path("models")).unwrap();
    project
        .run(&["infer", "models/of words", say[0], say[1]])
        .ends(1)
        .says("encoders/small")
        .says("hint:");
}

#[test]
fn the_recipes_folder_and_name_are_where_the_model_goes() {
    let project = Project::empty();
    project.speech("work/speech", &super::project::rows(4, 2));
    project.write(
        "work/recipes/my speech.toml",
        SPEECH.replace("\"speech\"", "\"../speech\""),
    );
    // Below the folder where the program was started, not beside the recipe.
    project
        .run(&["train", "work/recipes/my speech.toml", "--jobs", "1", "--json"])
        .ends(0)
        .shows("\"out\":\"out/my speech\"");
    assert_eq!(names(&project.tree("out/my speech")), FILES);
    // Flags name datasets from where the program was started.
    let data = ["--data", "work/speech", "--out", "other", "--jobs", "1"];
    let mut arguments = vec!["train", "work/recipes/my speech.toml"];
    arguments.extend(data);
    project.run(&arguments).ends(0);
    assert_eq!(
        differing(&project.tree("other"), &project.tree("out/my speech")),
        Vec::<String>::new()
    );
}

#[test]
fn the_network_with_a_sequence_encoder_goes_the_same_way() {
    let speech = SPEECH.replace(
        "\"resnet-cnn\"",
        "\"resnet-crnn-at\"\nfeed_forward = 16\nheads = 2",
    );
    let project = Project::new(&speech.replace("epochs = 3", "epochs = 2"));
    project.train("m").ends(0);
    project.train("again").ends(0);
    assert_eq!(
        differing(&project.tree("m"), &project.tree("again")),
        Vec::<String>::new()
    );
    let both = both()
        .replace(
            "kind = \"bimer\"",
            "kind = \"bimer\"\nspeech = \"resnet-crnn-at\"\nfeed_forward = 16\nheads = 2",
        )
        .replace("epochs = 3", "epochs = 1");
    project.write("recipe.toml", both + "[init]\nspeech = \"m\"\n");
    project.train("both").ends(0).says("numbers begin as in ./m");
    let found = project
        .run(&["evaluate", "m", "both", "speech", "--json"])
        .ends(0)
        .json();
    for (at, name) in ["m", "both"].into_iter().enumerate() {
        assert_eq!(
            found["models"][at]["loss"],
            project.value(&format!("{name}/metrics.json"))["loss"]
        );
    }
    for (from, to, told) in [
        ("heads = 2", "heads = 3", "heads"),
        ("heads = 2", "heads = 0", "heads: found 0"),
        (
            "feed_forward = 16",
            "feed_forward = 8193",
            "feed_forward: found 8193",
        ),
        (
            "feed_forward = 16",
            "encoder_dropout = 1",
            "encoder_dropout: found 1",
        ),
        (
            "\"resnet-crnn-at\"",
            "\"resnet-cnn\"",
            "resnet-cnn has no such key",
        ),
    ] {
        project.write("recipe.toml", speech.replace(from, to));
        project.refuses().says("recipe.toml:").says(told);
    }
}
