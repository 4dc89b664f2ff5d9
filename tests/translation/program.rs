//! The program as a user runs it, with a service on this machine.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::KEY;
use crate::server::{Kind, Reply, Server};
use crate::support;

/// A folder with a corpus, a recipe and a home.
struct Project {
    dir: TempDir,
    server: Server,
}

impl Project {
    fn new(kind: Kind, backend: &str) -> Self {
        let project = Project {
            dir: tempfile::tempdir().unwrap(),
            server: Server::new(kind),
        };
        let mut corpus = "label,text\n".to_owned();
        for number in 0..8 {
            corpus.push_str(&format!("glad,I saw my {} friends today\n", number + 2));
        }
        for number in 0..4 {
            corpus.push_str(&format!("sad,I lost my {} flowers there\n", number + 2));
        }
        fs::write(project.path("corpus.csv"), corpus).unwrap();
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/sentence-encoder");
        let recipe = format!(
            "seed = 7\n[corpus]\nkind = \"manifest\"\npath = \"corpus.csv\"\n[balance]\ntrain_per_class = 8\n\
             [text]\np_backtranslate = 1.0\nthreshold = 0.0\nattempts = 2\n\
             [text.gate]\nmodel = {model:?}\nguard = \"none\"\n\
             [text.translate]\nbackend = \"{backend}\"\nurl = \"{}\"\nchains = [[\"en\", \"fr\", \"en\"]]\n\
             retries = 0\ncache = \"kept\"\n",
            project.server.address
        );
        fs::write(project.path("recipe.toml"), recipe).unwrap();
        project
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = self.program();
        command.args(["text", "recipe.toml"]);
        command
    }

    fn program(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        command
            .env_clear()
            .env("HOME", self.path("home"))
            .env("XDG_DATA_HOME", support::data().parent().unwrap())
            .current_dir(self.dir.path());
        command
    }

    /// The rows of a dataset.
    fn rows(&self, out: &str) -> Vec<Value> {
        let rows = fs::read_to_string(self.path(out).join("manifest.jsonl")).unwrap();
        rows.lines()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect()
    }

    fn run(&self, key: Option<&str>) -> Output {
        self.run_into("out", key)
    }

    fn run_into(&self, out: &str, key: Option<&str>) -> Output {
        let mut command = self.command();
        command.args(["--out", out]);
        if let Some(name) = key {
            command.env(name, KEY);
        }
        command.output().unwrap()
    }

    /// Everything in all files of the folder.
    fn all(&self) -> Vec<u8> {
        let (mut all, mut open) = (Vec::new(), vec![self.dir.path().to_owned()]);
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            } else {
                all.extend(fs::read(path).unwrap());
            }
        }
        all
    }
}

fn says(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn holds(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_service_makes_sentences_and_the_key_stays_hidden() {
    let project = Project::new(Kind::DeepL, "deepl");
    let output = project.run(Some("DEEPL_AUTH_KEY"));
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    let mut made = project.rows("out");
    made.retain(|row| row["transform"] == "translation");
    assert_eq!(made.len(), 4);
    assert!(
        made[0]["text"].as_str().unwrap().ends_with(" again"),
        "{}",
        made[0]
    );
    assert_eq!(made[0]["hops"][0]["language"], "fr");
    assert!(project.path("kept").is_dir());
    let all = project.all();
    assert!(holds(&all, "FLOWERS") && !holds(&all, KEY));
    assert!(!holds(&output.stderr, KEY) && !holds(&output.stdout, KEY));
}

#[test]
fn what_was_translated_before_a_quota_is_not_paid_for_again() {
    let project = Project::new(Kind::DeepL, "deepl");
    // The first hop is answered, the second is not.
    let mut count = 0;
    project.server.script(move |_| {
        count += 1;
        (count > 1).then(|| Reply::new(456, "{\"message\": \"Quota exceeded\"}"))
    });
    let output = project.run(Some("AUGMENT_DEEPL_KEY"));
    assert_ne!(output.status.code(), Some(0));
    assert!(says(&output).contains("quota is used up"), "{}", says(&output));
    project.server.script(|_| None);
    let output = project.run(Some("AUGMENT_DEEPL_KEY"));
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    let texts = project.server.texts();
    assert!(
        !texts.is_empty() && texts.iter().all(|text| text.chars().all(|c| !c.is_lowercase())),
        "{texts:?}"
    );
}

#[test]
fn a_page_in_between_stops_so_that_the_same_command_goes_on() {
    let project = Project::new(Kind::DeepL, "deepl");
    let mut count = 0;
    project.server.script(move |_| {
        count += 1;
        (count > 1).then(|| Reply::new(200, "<html>Log in</html>"))
    });
    let output = project.run(Some("DEEPL_AUTH_KEY"));
    assert_eq!(output.status.code(), Some(3), "{}", says(&output));
    assert!(
        says(&output).contains("run the same command again"),
        "{}",
        says(&output)
    );
    project.server.script(|_| None);
    let output = project.run(Some("DEEPL_AUTH_KEY"));
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    // The first hop is not paid for again.
    assert!(
        project
            .server
            .texts()
            .iter()
            .all(|text| !text.chars().any(char::is_lowercase))
    );
}

#[test]
fn a_kill_loses_no_answer_that_had_come() {
    let project = Project::new(Kind::LibreTranslate, "libretranslate");
    // The second hop is never answered; by then the first one is on disk.
    let (waiting, arrived) = std::sync::mpsc::channel();
    let mut count = 0;
    project.server.script(move |_| {
        count += 1;
        (count > 1).then(|| {
            waiting.send(()).unwrap();
            let mut reply = Reply::new(200, "{}");
            reply.stall = Some(0);
            reply
        })
    });
    let mut child = project.command().args(["--out", "out"]).spawn().unwrap();
    arrived.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    project.server.script(|_| None);
    let output = project.run(None);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert!(
        project
            .server
            .texts()
            .iter()
            .all(|text| text.chars().all(|c| !c.is_lowercase()))
    );
}

#[test]
fn several_runs_share_what_they_translate() {
    let project = Project::new(Kind::LibreTranslate, "libretranslate");
    let runs: Vec<_> = (0..3)
        .map(|number| {
            let mut command = project.command();
            command.args(["--out", &format!("out-{number}")]);
            command.spawn().unwrap()
        })
        .collect();
    for mut run in runs {
        assert!(run.wait().unwrap().success());
    }
    let rows = |number: usize| fs::read(project.path(&format!("out-{number}/manifest.jsonl"))).unwrap();
    assert!(rows(0) == rows(1) && rows(1) == rows(2));
    project.server.script(|_| None);
    let output = project.run(None);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert!(project.server.log().is_empty());
}

#[test]
fn a_missing_key_stops_before_any_work() {
    let project = Project::new(Kind::Google, "google");
    let output = project.run(None);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        says(&output).contains("hint: export GOOGLE_TRANSLATE_API_KEY="),
        "{}",
        says(&output)
    );
    assert!(!project.path("out").exists() && project.server.log().is_empty());
}

#[test]
fn what_is_complete_or_kept_needs_neither_key_nor_server() {
    let project = Project::new(Kind::DeepL, "deepl");
    let key = Some("DEEPL_AUTH_KEY");
    assert_eq!(project.run(key).status.code(), Some(0));
    assert!(project.server.lists() > 0);
    project.server.script(|_| None);
    let output = project.run(None);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    for kind in ["translation", "original"] {
        let rows = project.rows("out");
        let row = rows.iter().find(|row| row["transform"] == kind).unwrap();
        let mut command = project.program();
        command.args([
            "replay",
            "out",
            row["id"].as_str().unwrap(),
            "--recipe",
            "recipe.toml",
        ]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    }
    // A run of its own looks for the key first, but asks nobody for what is in the cache.
    let output = project.run_into("other", None);
    assert_eq!(output.status.code(), Some(1));
    assert!(!project.path("other").exists());
    let output = project.run_into("other", key);
    assert_eq!(output.status.code(), Some(0), "{}", says(&output));
    assert_eq!(project.rows("other"), project.rows("out"));
    assert!(project.server.lists() == 0 && project.server.log().is_empty());
}

#[test]
fn what_is_made_again_and_not_kept_needs_the_key() {
    let project = Project::new(Kind::DeepL, "deepl");
    assert_eq!(project.run(Some("DEEPL_AUTH_KEY")).status.code(), Some(0));
    fs::remove_dir_all(project.path("kept")).unwrap();
    let rows = project.rows("out");
    let row = rows.iter().find(|row| row["transform"] == "translation").unwrap();
    let mut command = project.program();
    command.args([
        "replay",
        "out",
        row["id"].as_str().unwrap(),
        "--recipe",
        "recipe.toml",
    ]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        says(&output).contains("hint: export AUGMENT_DEEPL_KEY="),
        "{}",
        says(&output)
    );
}

#[test]
fn a_service_that_refuses_every_text_is_told() {
    let project = Project::new(Kind::LibreTranslate, "libretranslate");
    project
        .server
        .script(|_| Some(Reply::new(400, "{\"error\": \"xx is not supported\"}")));
    let output = project.run(None);
    let says = says(&output);
    assert_eq!(output.status.code(), Some(2), "{says}");
    assert!(
        says.contains("texts were not translated: answered 400: xx is not supported"),
        "{says}"
    );
}

#[test]
fn translations_that_are_no_text_do_not_get_into_a_dataset() {
    let project = Project::new(Kind::LibreTranslate, "libretranslate");
    project.server.script(|request| {
        let mut texts: Vec<String> = request.json()["q"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| crate::server::translated(text.as_str().unwrap()))
            .collect();
        for text in &mut texts {
            // On the way back, by what stands in the sentence.
            for (number, bad) in [("2 ", "\0"), ("3 ", "\u{1b}[2J"), ("4 ", "\u{202e}")] {
                if text.contains(number) && text.ends_with("again") {
                    text.push_str(bad);
                }
            }
            *text = text.replace(" again", "\nagain");
        }
        Some(Reply::json(200, &serde_json::json!({ "translatedText": texts })))
    });
    let output = project.run(None);
    let says = says(&output);
    for bad in ["U+0000", "U+001B", "U+202E"] {
        assert!(
            says.contains(&format!(
                "1 text was not translated: came back with the character {bad}"
            )),
            "{says}"
        );
    }
    let rows = project.rows("out");
    let made: Vec<&Value> = rows
        .iter()
        .filter(|row| row["transform"] == "translation")
        .collect();
    // One of four sentences is left, and it is in one line.
    assert_eq!(made.len(), 1, "{says}");
    assert_eq!(made[0]["text"], "i lost my 5 flowers there again");
}
