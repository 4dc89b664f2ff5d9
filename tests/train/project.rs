//! A folder with datasets and a recipe, and the program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

pub use crate::ran::Ran;
use crate::support;

/// The classes of datasets that are written here.
pub const LABELS: [&str; 3] = ["angry", "happy", "sad"];
/// Width and height of their pictures.
pub const SIDES: (u32, u32) = (32, 24);
/// All files of a trained model, besides the lock.
pub const FILES: [&str; 9] = [
    "confusion.png",
    "curves.png",
    "history.csv",
    "labels.json",
    "metrics.json",
    "model.onnx",
    "preparation.json",
    "run.json",
    "trained_on.jsonl",
];

/// Trains on pictures alone.
pub const SPEECH: &str = r#"seed = 3
[data]
audio = "speech"
[network]
kind = "resnet-cnn"
widths = [4, 8]
dropout = 0.1
[train]
batch = 8
epochs = 3
learning_rate = 0.01
"#;

/// Trains on the dataset `words`, or on transcripts with `audio = "speech"` in its place.
pub fn words() -> String {
    let encoder = model("sentence-encoder");
    format!(
        "seed = 3\n[data]\ntext = \"words\"\n[network]\nkind = \"text-head\"\n[encoder]\nmodel = {encoder:?}\n\
         [train]\nbatch = 8\nepochs = 3\nlearning_rate = 0.01\n"
    )
}

/// Trains on pictures and transcripts.
pub fn both() -> String {
    let encoder = model("sentence-encoder");
    format!(
        "seed = 3\n[data]\naudio = \"speech\"\n[network]\nkind = \"bimer\"\nwidths = [4, 8]\ntext_features = 6\ndropout = 0.1\n\
         [encoder]\nmodel = {encoder:?}\n[train]\nbatch = 8\nepochs = 3\nlearning_rate = 0.01\n"
    )
}

/// Trains on pictures behind the image encoder in `backbone`, which is frozen.
pub const SEES: &str = r#"seed = 3
[data]
audio = "speech"
[network]
kind = "resnet50-crnn-at"
train = "head"
channels = 4
heads = 2
feed_forward = 8
dropout = 0.1
[backbone]
model = "./backbone"
[train]
batch = 8
epochs = 3
learning_rate = 0.01
"#;

/// Trains the encoder of texts in `reader` itself, on transcripts.
pub const READS: &str = r#"seed = 3
[data]
audio = "speech"
[network]
kind = "bert-text"
train = { last = 1 }
max_tokens = 16
dropout = 0.1
[encoder]
model = "./reader"
[train]
batch = 8
epochs = 3
learning_rate = 0.01
"#;

/// Trains on pictures and transcripts, with an encoder within each branch.
pub const BOTH_WITHIN: &str = r#"seed = 3
[data]
audio = "speech"
[network]
kind = "bimer"
speech = "resnet50-crnn-at"
text = "bert-text"
train = { speech = "head", text = { last = 1 } }
channels = 4
heads = 2
feed_forward = 8
text_features = 6
max_tokens = 16
dropout = 0.1
[backbone]
model = "./backbone"
[encoder]
model = "./reader"
[train]
batch = 8
epochs = 3
learning_rate = 0.01
"#;

/// A model of `tests/models`.
pub fn model(name: &str) -> String {
    format!("{}/tests/models/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A row of a dataset, as far as training looks at it.
#[derive(Clone)]
pub struct Row {
    pub id: String,
    pub split: &'static str,
    pub label: String,
    pub text: String,
    pub source: String,
    pub group: String,
    pub transform: String,
    /// Its picture below the dataset; empty for none.
    pub image: String,
}

impl Row {
    /// An original with a picture.
    pub fn new(split: &'static str, label: &str, number: usize) -> Self {
        let source = format!("{label}{number:02}");
        let who = ["My teacher", "Your brother", "Our doctor", "The neighbour"][number % 4];
        let place = ["at work", "last night", "by the river"][number % 3];
        Row {
            id: format!("{source}-original-0-00000000"),
            split,
            label: label.to_owned(),
            text: format!("{who} is {label} {place}."),
            group: source.clone(),
            transform: "original".to_owned(),
            image: format!("{split}/{source}.png"),
            source,
        }
    }

    /// The same without a picture, as sentences are; made by `transform`, with another text and id unless it is an original.
    pub fn sentence(&self, transform: &str, copy: usize) -> Self {
        let mut row = Row {
            image: String::new(),
            ..self.clone()
        };
        if transform != "original" {
            row.id = format!("{}-{transform}-{copy}-00000000", row.source);
            row.transform = transform.to_owned();
            row.text = row
                .text
                .replace(" is ", &format!(" was {} ", "very ".repeat(copy + 1)));
        }
        row
    }

    fn json(&self) -> Value {
        let hash = |named: &str| if named.is_empty() { "" } else { "0" };
        json!({
            "id": self.id, "file": "", "split": self.split, "label": self.label, "text": self.text, "source_id": self.source,
            "speaker": "", "group": self.group, "transform": self.transform, "copy": 0, "parameters": {}, "measured": {},
            "seed": "0", "fingerprint": self.id, "sha256": "", "mel_path": self.image, "mel_sha256": hash(&self.image),
            "array_path": "", "array_sha256": "",
        })
    }
}

/// So many originals of each class for training and held out.
pub fn rows(train: usize, held: usize) -> Vec<Row> {
    let of = |label: &'static str| {
        (0..train + held).map(move |n| Row::new(if n < train { "train" } else { "validation" }, label, n))
    };
    LABELS.into_iter().flat_map(of).collect()
}

pub struct Project {
    dir: TempDir,
}

impl Project {
    pub fn empty() -> Self {
        Project {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// The dataset `speech` of 8 rows of each class for training and 3 held out, and a recipe.
    pub fn new(recipe: &str) -> Self {
        let project = Project::empty();
        project.speech("speech", &rows(8, 3));
        project.write("recipe.toml", recipe);
        project
    }

    /// The folders `backbone` and `reader` of a small image encoder and of a small encoder of texts.
    pub fn with_encoders(self) -> Self {
        let file = fs::read(model("resnet-random/dynamo.onnx")).unwrap();
        self.write("backbone/model.onnx", file);
        copy(model("sentence-encoder").as_ref(), &self.path("reader"));
        self
    }

    /// The dataset `words` of the same rows in place of `speech`, each training row with two new sentences.
    pub fn of_words() -> Self {
        let project = Project::empty();
        project.words("words", &sentences(&rows(8, 3)));
        project.write("recipe.toml", words());
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

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub fn value(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// Puts another text in place of one in a file.
    pub fn change(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{from} in {text}");
        self.write(name, text.replace(from, to));
    }

    /// A finished dataset of speech with its pictures.
    pub fn speech(&self, name: &str, rows: &[Row]) {
        self.dataset(name, "audio", rows, json!({ "preparation": preparation(SIDES) }));
        for row in rows.iter().filter(|row| !row.image.is_empty()) {
            self.write(
                &format!("{name}/{}", row.image),
                picture(&row.label, &row.id, SIDES),
            );
        }
    }

    /// A finished dataset of sentences.
    pub fn words(&self, name: &str, rows: &[Row]) {
        self.dataset(name, "text", rows, json!({}));
    }

    /// The manifest and the mark of a dataset.
    pub fn dataset(&self, name: &str, kind: &str, rows: &[Row], settings: Value) {
        let mut rows = rows.to_vec();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        let manifest: String = rows.iter().map(|row| row.json().to_string() + "\n").collect();
        self.write(&format!("{name}/manifest.jsonl"), manifest);
        let mut counts = BTreeMap::<_, BTreeMap<_, BTreeMap<_, usize>>>::new();
        for row in &rows {
            let label = counts
                .entry(row.split)
                .or_default()
                .entry(&row.label)
                .or_default();
            *label.entry(&row.transform).or_default() += 1;
        }
        let mark = json!({
            "format": 1, "kind": kind, "version": "0.1.0", "numerics": "any", "seed": 0, "recipe": "r.toml",
            "recipe_hash": "0", "index_hash": "0", "plan_hash": "0", "transforms": [], "wanted": {}, "accept_short": false,
            "settings": settings, "counts": { "items": counts, "refused": 0, "failed": 0 },
        });
        self.write(&format!("{name}/run.json"), mark.to_string());
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

    /// Trains as `recipe.toml` says, with one thread.
    pub fn train(&self, out: &str) -> Ran {
        self.run(&["train", "recipe.toml", "--out", out, "--jobs", "1"])
    }

    /// Trains, which has to fail with exit code 1 and leave no finished model.
    #[track_caller]
    pub fn refuses(&self) -> Ran {
        let ran = self.train("refused").ends(1);
        for name in ["run.json", "model.onnx"] {
            assert!(!self.path("refused").join(name).exists(), "{name}");
        }
        ran
    }

    /// All files below a folder with their bytes.
    pub fn tree(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        let (root, mut files, mut folders) = (self.path(name), BTreeMap::new(), vec![self.path(name)]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                    files.insert(name, fs::read(&path).unwrap());
                }
            }
        }
        files
    }

    /// The rows of a file of JSON lines.
    pub fn lines(&self, name: &str) -> Vec<Value> {
        lines(&self.read(name))
    }

    /// The cells of a model's `history.csv` in a column.
    pub fn history(&self, model: &str, column: &str) -> Vec<String> {
        let mut reader = csv::Reader::from_path(self.path(model).join("history.csv")).unwrap();
        let at = reader.headers().unwrap().iter().position(|name| name == column);
        let at = at.unwrap();
        reader
            .records()
            .map(|record| record.unwrap()[at].to_owned())
            .collect()
    }
}

/// Rows as sentences, and two new ones for each of training.
pub fn sentences(rows: &[Row]) -> Vec<Row> {
    let of = |row: &Row| {
        let new = if row.split == "train" { 2 } else { 0 };
        let made = (0..new).map(|copy| row.sentence("fill", copy));
        [row.sentence("original", 0)]
            .into_iter()
            .chain(made)
            .collect::<Vec<_>>()
    };
    rows.iter().flat_map(of).collect()
}

/// JSON lines.
pub fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// How a dataset prepared its recordings.
pub fn preparation((width, height): (u32, u32)) -> Value {
    json!({ "prepare": {}, "mel": {}, "image": { "width": width, "height": height } })
}

/// A PNG file: a hue for each label, and specks for each name.
pub fn picture(label: &str, name: &str, (width, height): (u32, u32)) -> Vec<u8> {
    let hash = |text: &str| {
        text.bytes().fold(2_166_136_261_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(16_777_619)
        })
    };
    let (hue, mut speck) = (hash(label), hash(name) | 1);
    let mut pixels = Vec::new();
    for _ in 0..width * height {
        speck ^= speck << 13;
        speck ^= speck >> 17;
        speck ^= speck << 5;
        for shift in [0, 8, 16] {
            pixels.push(((hue >> shift) & 127) as u8 + ((speck >> shift) & 127) as u8);
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    bytes
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

/// The names in a tree, but for those of the run itself.
pub fn names(tree: &BTreeMap<String, Vec<u8>>) -> Vec<&str> {
    tree.keys()
        .map(String::as_str)
        .filter(|name| !name.starts_with(".augment/"))
        .collect()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
