//! A folder with a corpus, banks and a recipe, and the program run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

pub use crate::ran::Ran;

pub struct Project {
    dir: TempDir,
}

impl Project {
    pub fn new() -> Self {
        Project {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    /// A folder corpus of so many utterances a class, a noise and two responses.
    pub fn with_corpus(classes: &[(&str, usize)]) -> Self {
        let project = Project::new();
        for (label, count) in classes {
            for n in 0..*count {
                project.wav(
                    &format!("corpus/{label}/{label}_{n:02}.wav"),
                    16_000,
                    &voice(label, n),
                );
            }
        }
        project.wav("noise/hiss.wav", 16_000, &hiss(1, 20_000));
        project.wav("noise/hum.wav", 16_000, &hiss(2, 9_000));
        project.wav("rir/small.wav", 16_000, &room(3, 1_500));
        project.wav("rir/large.wav", 16_000, &room(4, 4_000));
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

    pub fn wav(&self, name: &str, rate: u32, samples: &[f32]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).unwrap();
        for sample in samples {
            writer.write_sample((sample * 32767.0) as i16).unwrap();
        }
        writer.finalize().unwrap();
        path
    }

    /// The program with arguments, its cache inside the project.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env("XDG_CACHE_HOME", self.path("cache"));
        for variable in [
            "SLURM_ARRAY_TASK_ID",
            "SLURM_ARRAY_TASK_COUNT",
            "JOB_COMPLETION_INDEX",
        ] {
            command.env_remove(variable);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// All files below a folder with their bytes.
    pub fn tree(&self, name: &str) -> BTreeMap<String, Vec<u8>> {
        tree(&self.path(name))
    }

    /// The rows of a file of JSON lines.
    pub fn rows(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

pub fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
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

/// The bundled folder of this name.
pub fn bundled(name: &str) -> String {
    format!("{}/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A generator good enough for test signals.
pub fn hiss(seed: u32, n: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    (0..n)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state as f32 / u32::MAX as f32 - 0.5) * 0.4
        })
        .collect()
}

/// Half a second of harmonics with a syllable's envelope; every label and number sounds different.
pub fn voice(label: &str, n: usize) -> Vec<f32> {
    let pitch = 100.0 + 13.0 * n as f32 + label.bytes().map(f32::from).sum::<f32>() / 10.0;
    (0..8_000)
        .map(|i| {
            let t = i as f32 / 16_000.0;
            let tone: f32 = (1..8)
                .map(|k| (std::f32::consts::TAU * pitch * k as f32 * t).sin() / k as f32)
                .sum();
            0.25 * tone * (std::f32::consts::PI * t / 0.5).sin()
        })
        .collect()
}

pub fn room(seed: u32, n: usize) -> Vec<f32> {
    let mut response: Vec<f32> = hiss(seed, n)
        .iter()
        .enumerate()
        .map(|(i, s)| s * 0.3 * (-6.9 * i as f32 / n as f32).exp())
        .collect();
    response[20] = 0.9;
    response[..20].fill(0.0);
    response
}

/// All transforms over the corpus of [`Project::with_corpus`].
pub const RECIPE: &str = r#"
seed = 7
[corpus]
kind = "folder"
root = "corpus"
[split]
validation_per_class = 1
[balance]
train_per_class = 9
[[transform]]
kind = "speed"
[[transform]]
kind = "room"
responses = "rir"
[[transform]]
kind = "noise"
recordings = "noise"
[[transform]]
kind = "pitch"
[[transform]]
kind = "frequency-mask"
"#;
