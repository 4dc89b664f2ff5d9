//! `augment infer` on whatever it may be given: each question has its line of JSON, an answer or an error.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::project::{Project, Ran, SPEECH, both, lines, rows, sentences, words};

/// Models that hear, read, and do both, of one step, and recordings.
fn asked() -> Project {
    let project = Project::empty();
    project.speech("speech", &rows(4, 1));
    project.words("words", &sentences(&rows(4, 1)));
    for (name, recipe) in [("hears", SPEECH.to_owned()), ("reads", words()), ("both", both())] {
        project.write("recipe.toml", recipe.replace("epochs = 3", "steps = 1"));
        project.train(name).ends(0);
    }
    wav(&project.path("sound.wav"), 16_000, 9000.0);
    wav(&project.path("empty.wav"), 0, 9000.0);
    wav(&project.path("short.wav"), 50, 9000.0);
    wav(&project.path("silent.wav"), 16_000, 0.0);
    project.write("no sound.wav", "something else");
    assert!(
        Command::new("mkfifo")
            .arg(project.path("pipe.wav"))
            .status()
            .unwrap()
            .success()
    );
    project
}

fn wav(path: &Path, samples: usize, loud: f32) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).unwrap();
    for i in 0..samples {
        writer
            .write_sample((loud * (i as f32 * 0.1).sin()) as i16)
            .unwrap();
    }
    writer.finalize().unwrap();
}

fn answers(ran: &Ran) -> Vec<Value> {
    lines(&ran.stdout)
}

fn ids(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["id"].as_str().unwrap()).collect()
}

#[test]
fn every_question_has_its_line() {
    let project = asked();
    let hears = |files: &[&str]| {
        let flags = files.iter().flat_map(|file| ["--audio", file]);
        project.run(&["infer", "hears"].into_iter().chain(flags).collect::<Vec<_>>())
    };
    let alone = hears(&["sound.wav"]).ends(0);
    for (file, told) in [
        ("empty.wav", "no samples"),
        ("short.wav", "too short"),
        ("silent.wav", "silent"),
        ("no sound.wav", "not an audio file of a known kind"),
        ("nowhere.wav", "cannot be read"),
        ("pipe.wav", "is not a regular file"),
        ("/dev/zero", "is not a regular file"),
        ("speech", "is not a regular file"),
    ] {
        // Nothing answered: 1. Something answered: 2, and the answer is the same.
        let ran = hears(&[file]).ends(1).says(told);
        assert_eq!(answers(&ran)[0]["id"], file);
        assert!(
            answers(&ran)[0]["error"].as_str().unwrap().contains(told),
            "{}",
            ran.stdout
        );
        let ran = hears(&[file, "sound.wav"]).ends(2).says(told);
        assert_eq!(ids(&answers(&ran)), [file, "sound.wav"]);
        assert!(ran.stdout.ends_with(&alone.stdout));
    }
    let reads = |texts: &[&str]| {
        let flags = texts.iter().flat_map(|text| ["--text", text]);
        project.run(&["infer", "reads"].into_iter().chain(flags).collect::<Vec<_>>())
    };
    reads(&[""]).ends(1).says("there is no text");
    let long = "angry ".repeat(20_000);
    let odd = "😀 \"quoted\" \\ \u{7} \u{202e}\u{0301} ﷽";
    let ran = reads(&["My teacher is angry.", " ", &long, odd]).ends(2);
    let found = answers(&ran);
    assert_eq!(ids(&found), ["1", "2", "3", "4"]);
    assert!(found[1]["error"].is_string() && found[3]["label"].is_string());
}

#[test]
fn flags_have_to_be_what_the_model_needs() {
    let project = asked();
    for (arguments, told) in [
        (&["hears"][..], "--audio <FILE>"),
        (&["hears", "--text", "x"], "the model hears: expected --audio"),
        (
            &["reads", "--audio", "sound.wav"],
            "the model of reads does not take --audio",
        ),
        (
            &["both", "--audio", "sound.wav"],
            "the model reads: expected --text",
        ),
        (&["both", "--text", "x"], "the model hears: expected --audio"),
        (
            &["both", "--audio", "sound.wav", "--text", "a", "--text", "b"],
            "found 1 --audio and 2 --text",
        ),
        (
            &["both", "--manifest", "x.csv", "--text", "a"],
            "cannot be used with",
        ),
        (&["nowhere", "--text", "x"], "nowhere holds no trained model"),
        (&["both", "--jobs", "0", "--text", "x"], "expected at least 1"),
    ] {
        let ran = project.run(&[&["infer"], arguments].concat()).ends(1).says(told);
        assert_eq!(ran.stdout, "", "{arguments:?}");
    }
    let ran = project
        .run(&["infer", "both", "--audio", "sound.wav", "--text", "So sad."])
        .ends(0);
    let sum: f64 = ran.json()["probabilities"]
        .as_object()
        .unwrap()
        .values()
        .map(|p| p.as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-9);
}

#[test]
fn rows_of_manifests_are_answered_or_named() {
    let project = asked();
    project.write(
        "asked.csv",
        "id,audio,text\na,sound.wav,hello\nb,nowhere.wav,hello\nc,,x\nd,silent.wav,\n\"e, \"\"5\"\" 😀\",sound.wav,\"two\nlines\"\n",
    );
    for (model, errors, right) in [
        (
            "hears",
            ["asked.csv:4", "b", "d"].as_slice(),
            ["a", "e, \"5\" 😀"].as_slice(),
        ),
        ("reads", &["asked.csv:5"], &["a", "b", "c", "e, \"5\" 😀"]),
        (
            "both",
            &["asked.csv:4", "asked.csv:5", "b"],
            &["a", "e, \"5\" 😀"],
        ),
    ] {
        let ran = project.run(&["infer", model, "--manifest", "asked.csv"]).ends(2);
        let (wrong, found): (Vec<Value>, Vec<Value>) = answers(&ran)
            .into_iter()
            .partition(|row| row["error"].is_string());
        assert_eq!(ids(&wrong), errors, "{model}");
        assert_eq!(ids(&found), right, "{model}");
        assert!(
            found
                .iter()
                .all(|row| row["label"].is_string() && row["probabilities"]["sad"].is_f64())
        );
    }
    project.write(
        "asked.jsonl",
        "{\"id\":\"a\",\"audio\":\"sound.wav\",\"text\":\"hi\"}\n{\"id\":\"b\"\n[]\n{\"id\":\"a\",\"audio\":\"sound.wav\",\"text\":\"x\"}\n\
         {\"audio\":\"sound.wav\",\"text\":\"without an id\"}\n",
    );
    let ran = project
        .run(&["infer", "both", "--manifest", "asked.jsonl"])
        .ends(2);
    let all = answers(&ran);
    let wrong: Vec<&str> = all
        .iter()
        .filter(|row| row["error"].is_string())
        .map(|row| row["id"].as_str().unwrap())
        .collect();
    assert_eq!(wrong, ["asked.jsonl:2", "asked.jsonl:3", "asked.jsonl:4"]);
    assert_eq!(all.len(), 5);
    // Sound rows alone.
    project.write("sound.tsv", "audio\ttext\nsound.wav\tIt is \"fine\".\n");
    let ran = project.run(&["infer", "both", "--manifest", "sound.tsv"]).ends(0);
    assert_eq!(ids(&answers(&ran)), ["sound"]);
}

#[test]
fn manifests_that_are_none_are_refused() {
    let project = asked();
    for (name, content, told) in [
        ("empty.csv", "", "no column for the audio"),
        ("other.csv", "x,y\n1,2\n", "no column for the audio"),
        ("open.csv", "audio\n\"sound.wav\n", "open.csv"),
        ("sound.txt", "audio\n", "expected csv, tsv or jsonl"),
    ] {
        project.write(name, content);
        let ran = project
            .run(&["infer", "hears", "--manifest", name])
            .ends(1)
            .says(told);
        assert_eq!(ran.stdout, "");
    }
    project
        .run(&["infer", "hears", "--manifest", "nowhere.csv"])
        .ends(1)
        .says("nowhere.csv");
    for name in ["zero.csv", "folder.csv", "pipe.csv"] {
        let path = project.path(name);
        match name {
            "zero.csv" => std::os::unix::fs::symlink("/dev/zero", path).unwrap(),
            "folder.csv" => fs::create_dir(path).unwrap(),
            _ => assert!(Command::new("mkfifo").arg(path).status().unwrap().success()),
        }
        project
            .run(&["infer", "hears", "--manifest", name])
            .ends(1)
            .says("is not a regular file");
    }
}

#[test]
fn an_interruption_is_no_answer() {
    use std::io::{BufRead as _, BufReader, Read as _};
    let project = Project::of_words();
    project.change("recipe.toml", "epochs = 3", "steps = 1");
    project.train("reads").ends(0);
    // More rows than are ever answered here.
    let table: String = (0..200_000).map(|n| format!("row{n},So sad.\n")).collect();
    project.write("asked.csv", "id,text\n".to_owned() + &table);
    let mut child = project
        .command(&["infer", "reads", "--manifest", "asked.csv"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    answers.read_line(&mut text).unwrap();
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    answers.read_to_string(&mut text).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "error: interrupted\n");
    assert!(lines(&text).iter().all(|row| row["label"].is_string()), "{text}");
}
