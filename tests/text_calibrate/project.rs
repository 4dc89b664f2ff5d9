//! A folder with sentences and a recipe, and the program run in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::support;

pub struct Project {
    dir: TempDir,
}

pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    #[track_caller]
    pub fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.stderr.contains(text),
            "expected {text:?} in:\n{}",
            self.stderr
        );
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Words of a feeling.
const FEELINGS: [(&str, [&str; 4]); 4] = [
    ("joy", ["happy", "glad", "proud", "calm"]),
    ("sadness", ["sad", "lonely", "tired", "unhappy"]),
    ("anger", ["angry", "furious", "jealous", "angry"]),
    ("fear", ["afraid", "scared", "nervous", "worried"]),
];

impl Project {
    /// Forty sentences of five classes, one of them twice.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut rows = vec!["text,label".to_owned()];
        let things = ["key", "book", "cup", "dog"];
        for (label, words) in FEELINGS {
            for (word, thing) in words.iter().zip(things) {
                rows.push(format!("My sister is very {word} at work today.,{label}"));
                rows.push(format!(
                    "My friend was so {word} at school because you lost the {thing}.,{label}"
                ));
            }
        }
        for thing in things {
            rows.push(format!(
                "My brother found 2 of the old {thing}s in the garden.,neutral"
            ));
            rows.push(format!(
                "The teacher did not open the small {thing} on the train.,neutral"
            ));
        }
        fs::write(dir.path().join("corpus.csv"), rows.join("\n")).unwrap();
        Project { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A recipe with the small models; `gate` are further lines of its `[text.gate]`.
    pub fn recipe(&self, gate: &str) {
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models");
        let model = |name: &str| Value::from(models.join(name).to_str().unwrap()).to_string();
        let text = format!(
            "seed = 3\n[corpus]\nkind = \"manifest\"\npath = \"corpus.csv\"\n[balance]\ntrain_per_class = 14\n\
             [text]\nthreshold = 0.5\np_backtranslate = 0.0\nattempts = 20\n\
             [text.fill]\nmodel = {}\n[text.gate]\nmodel = {}\n{gate}\n",
            model("bert-mlm"),
            model("sentence-encoder"),
        );
        fs::write(
            self.path("r.toml"),
            text.replace("MODELS", models.to_str().unwrap()),
        )
        .unwrap();
    }

    pub fn replace(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{from} in {text}");
        fs::write(self.path(file), text.replace(from, to)).unwrap();
    }

    /// The program with the tests' runtime and a cache of models of its own, which is empty.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        let output = command
            .args(arguments)
            .arg("--onnxruntime")
            .arg(support::runtime())
            .args(["--device", "cpu"])
            .current_dir(self.dir.path())
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("HF_HUB_CACHE", self.path("hub"))
            .output()
            .unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The names of what lies in the folder, the program's own cache left out.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path()).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| name != "cache");
        names.sort();
        names
    }

    /// The rows of a file of JSON lines.
    pub fn rows(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
