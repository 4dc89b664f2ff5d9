//! A folder with sentences and a recipe, and the program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

pub use crate::ran::Ran;
use crate::support;

/// What the small models know to say.
const WHO: [&str; 8] = [
    "My teacher",
    "Your brother",
    "Her friend",
    "Our doctor",
    "The neighbour",
    "My sister",
    "Their father",
    "Your mother",
];
const WHERE: [&str; 7] = [
    "at work",
    "last night",
    "this morning",
    "in the garden",
    "by the river",
    "because you broke the old lamp",
    "because they sold the blue bicycle",
];
const HOW: [(&str, &[&str]); 3] = [
    ("angry", &["angry", "furious", "jealous"]),
    (
        "happy",
        &["happy", "glad", "thankful", "grateful", "proud", "calm"],
    ),
    ("sad", &["sad", "lonely", "unhappy", "tired", "exhausted"]),
];

/// A model of `tests/models`.
pub fn model(name: &str) -> String {
    format!("{}/tests/models/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// So many sentences of "angry", "happy" and "sad", as (id, text, label).
pub fn sentences(counts: [usize; 3]) -> Vec<(String, String, String)> {
    let mut rows = Vec::new();
    for ((label, words), count) in HOW.into_iter().zip(counts) {
        for index in 0..count {
            let number = rows.len();
            let (who, how) = (WHO[number % WHO.len()], words[index % words.len()]);
            let place = WHERE[(number * 3 + index) % WHERE.len()];
            let very = if index % 2 == 1 { "very " } else { "" };
            let text = format!("{who} is {very}{how} {place}.");
            rows.push((format!("{label}{index}"), text, label.to_owned()));
        }
    }
    rows
}

/// The rows as a CSV file.
pub fn csv(rows: &[(String, String, String)]) -> String {
    let lines = rows
        .iter()
        .map(|(id, text, label)| format!("{id},{text},{label}\n"));
    std::iter::once("id,text,label\n".to_owned())
        .chain(lines)
        .collect()
}

/// A recipe with these lines in `[split]` and `[text]` and its tables.
pub fn recipe(split: &str, text: &str) -> String {
    format!(
        "seed = 7\n[corpus]\nkind = \"manifest\"\npath = \"sentences.csv\"\n[split]\ngroup_by = \"text\"\n{split}\n\
         [balance]\ntrain_per_class = \"largest\"\n[text]\nattempts = 4\nreserve = 6.0\n{text}\n\
         [text.gate]\nmodel = {:?}\n[text.fill]\nmodel = {:?}\n",
        model("sentence-encoder"),
        model("bert-mlm"),
    )
}

/// What most tests put into `[text]`.
pub const FILLS: &str = "threshold = 0.7\np_backtranslate = 0.0";
/// Both routes; the translations come from m2m100 in `tests/models`.
pub const BOTH: &str = "threshold = 0.5\np_backtranslate = 0.5";

pub struct Project {
    dir: TempDir,
}

impl Project {
    /// 5 angry, 20 happy and 8 sad sentences, and the recipe `recipe.toml` with fills alone.
    pub fn new() -> Self {
        let project = Project {
            dir: tempfile::tempdir().unwrap(),
        };
        project.write("sentences.csv", csv(&sentences([5, 20, 8])));
        project.write("recipe.toml", recipe("validation_per_class = 1", FILLS));
        project
    }

    /// The same with fills and translations.
    pub fn with_translations() -> Self {
        let project = Project::new();
        let text = recipe("validation_per_class = 1", BOTH);
        let translate = format!(
            "[text.translate]\nchains = [[\"en\", \"fr\", \"en\"], [\"en\", \"fr\", \"de\", \"tr\", \"en\"]]\nnum_beams = 3\n\
             models = {{ any = {:?} }}\n",
            model("m2m100")
        );
        project.write("recipe.toml", text + &translate);
        project
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Puts another text in place of one in the recipe.
    pub fn change(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("recipe.toml")).unwrap();
        assert!(text.contains(from), "{text}");
        self.write("recipe.toml", text.replace(from, to));
    }

    /// The program with arguments, on a machine that has the runtime and no models.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path("home"))
            .env("ORT_DYLIB_PATH", support::runtime())
            .current_dir(self.dir.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// `augment text recipe.toml --out out`, which has to end well.
    pub fn make(&self, out: &str) -> Ran {
        self.run(&["text", "recipe.toml", "--out", out]).ends(0)
    }

    /// All files below a folder with their bytes, but those of the run itself.
    pub fn tree(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(name), &self.path(name), &mut files);
        files.retain(|name, _| !name.starts_with(".augment"));
        files
    }

    /// The rows of a file of JSON lines.
    pub fn rows(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The rows of a CSV file, without its heading.
    pub fn table(&self, name: &str) -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_path(self.path(name)).unwrap();
        reader
            .records()
            .map(|record| record.unwrap().iter().map(str::to_owned).collect())
            .collect()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Names of files that differ between two trees, or are only in one.
pub fn differing(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = a.keys().chain(b.keys()).collect();
    names
        .into_iter()
        .filter(|name| a.get(*name) != b.get(*name))
        .cloned()
        .collect()
}
