//! What only a mischievous or careless hand would write.

use std::process::Command;

use super::project::{FILES, Project, Ran, Row, SPEECH, names, rows, sentences, words};

/// Labels that would break a path, a table, a line of JSON or a key.
const ODD: [&str; 8] = [
    "a/b",
    "../up",
    "say \"no\"",
    "x.y",
    "😀🎧",
    "",
    "comma, semi;",
    "new\nline",
];

fn odd_rows() -> Vec<Row> {
    let of = |(class, label): (usize, &str)| {
        let label = label.to_owned();
        (0..4).map(move |n| {
            let split = if n < 3 { "train" } else { "validation" };
            let mut row = Row::new(split, &format!("class{class}"), n);
            row.label = label.clone();
            row
        })
    };
    ODD.into_iter().enumerate().flat_map(of).collect()
}

#[test]
fn labels_may_be_anything() {
    let project = Project::empty();
    project.speech("speech", &odd_rows());
    project.words("words", &sentences(&odd_rows()));
    project.write("recipe.toml", SPEECH.replace("epochs = 3", "epochs = 1"));
    project.train("m").ends(0);
    assert_eq!(names(&project.tree("m")), FILES);
    let mut sorted = ODD.to_vec();
    sorted.sort_unstable();
    assert_eq!(project.value("m/labels.json"), serde_json::json!(sorted));
    let ran = project
        .run(&["evaluate", "m", "speech", "--out", "measured", "--json"])
        .ends(0)
        .json();
    for label in ODD {
        assert_eq!(ran["models"][0]["classes"][label]["rows"], 1, "{label}");
    }
    // Each of them can have a weight of its own.
    let weights: String = ODD
        .iter()
        .map(|label| format!("{} = 2\n", toml_key(label)))
        .collect();
    project.write(
        "recipe.toml",
        words().replace("epochs = 3", "epochs = 1") + "[train.class_weights]\n" + &weights,
    );
    project.train("weighted").ends(0);
    let answer = project
        .run(&["infer", "weighted", "--text", "My teacher."])
        .ends(0)
        .json();
    assert_eq!(answer["probabilities"].as_object().unwrap().len(), ODD.len());
}

fn toml_key(label: &str) -> String {
    format!("\"{}\"", label.replace('"', "\\\"").replace('\n', "\\n"))
}

#[test]
fn sources_may_be_called_anything() {
    let project = Project::empty();
    let mut odd = rows(4, 2);
    for (row, name) in odd
        .iter_mut()
        .zip(["../../etc/passwd", "/dev/zero", "a\nb", "\"", "😀"])
    {
        row.source = name.to_owned();
        row.id = format!("{name}-id");
        row.group = name.to_owned();
    }
    project.speech("speech", &odd);
    project.write("recipe.toml", SPEECH.replace("epochs = 3", "epochs = 1"));
    project.train("m").ends(0);
    let on = project.lines("m/trained_on.jsonl");
    assert!(on.iter().any(|row| row["source_id"] == "a\nb"));
    project
        .run(&["evaluate", "m", "speech", "--split", "train"])
        .ends(0)
        .says("12 of these 12 rows");
}

#[test]
fn texts_may_be_long_and_odd() {
    let project = Project::empty();
    let mut odd = sentences(&rows(4, 2));
    let long = "angry and sad ".repeat(5_000);
    for (row, text) in odd.iter_mut().zip([
        &long,
        "\u{0}\u{1}",
        "😀😀😀",
        "﷽",
        "[MASK] [SEP] [CLS]",
        "\u{202e}reversed",
        "x",
    ]) {
        row.text = text.to_owned();
    }
    project.words("words", &odd);
    project.write("recipe.toml", words().replace("epochs = 3", "epochs = 1"));
    project.train("m").ends(0);
    project.run(&["evaluate", "m", "words"]).ends(0);
}

/// Runs the program with so many KiB of address space.
fn within(project: &Project, kib: &str, arguments: &[&str]) -> Ran {
    let plain = project.command(arguments);
    let mut command = Command::new("sh");
    let environment = plain.get_envs().filter_map(|(name, value)| Some((name, value?)));
    command
        .env_clear()
        .envs(environment)
        .current_dir(project.path(""))
        .args(["-c", "ulimit -v $0 && exec \"$@\"", kib])
        .arg(plain.get_program())
        .args(arguments);
    command.output().unwrap().into()
}

#[test]
fn huge_numbers_are_refused_before_memory_is_asked_for() {
    let project = Project::empty();
    // 3 GiB: enough for any of these, if nothing large is tried.
    let limit = "3000000";
    // A batch of more numbers than fit: 24 pictures of 4096 × 4096, which are never painted, since nothing is read before.
    let many = rows(20, 0);
    let side = (4096, 4096);
    let settings = serde_json::json!({ "preparation": super::project::preparation(side) });
    project.dataset("speech", "audio", &many, settings);
    for row in &many {
        project.write(&format!("speech/{}", row.image), "not looked at");
    }
    project.write("recipe.toml", SPEECH.replace("batch = 8", "batch = 65536"));
    let train = ["train", "recipe.toml", "--out", "refused", "--jobs", "1"];
    within(&project, limit, &train)
        .ends(1)
        .says("recipe.toml:9: [train] batch: found 60 rows of 50331648 numbers each; allowed are 10 rows");
    for widths in ["[8192, 8192]", "[8192, 1, 8192, 1, 8192]"] {
        project.write("recipe.toml", SPEECH.replace("[4, 8]", widths));
        within(&project, limit, &train).ends(1).says("[network] widths");
    }
    // A mark that claims what it likes.
    for (from, to) in [
        ("4096", "4294967295"),
        ("4096", "18446744073709551616"),
        ("4096", "1e30"),
        ("4096", "-1"),
    ] {
        let mark = project.read("speech/run.json").replace(from, to);
        project.write("claims/run.json", mark);
        project.write("claims/manifest.jsonl", project.read("speech/manifest.jsonl"));
        project.write("recipe.toml", SPEECH.replace("\"speech\"", "\"claims\""));
        for row in &many {
            project.write(&format!("claims/{}", row.image), "");
        }
        within(&project, limit, &train).ends(1).says("claims: run.json");
    }
    assert!(!project.path("refused/run.json").exists());
}
