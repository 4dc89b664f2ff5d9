//! A machine of its own for each test: a home, a cache, a hub.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use crate::ran::Ran;
use crate::server::{COMMIT, Hub, Stored, git_blob, sha256};

pub const REPO: &str = "lab/small-bert";
pub const NAME: &str = "hub:lab/small-bert";
pub const TOKEN: &str = "hf_veryhiddenvalue";
pub const GRAPH: &str = "onnx/model.onnx";

pub struct Lab {
    dir: TempDir,
    pub hub: Hub,
}

/// Bytes that look like nothing in particular.
pub fn weights(seed: u32, n: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let step = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..n).map(step).collect()
}

/// A masked language model in two precisions, with what else lies in such a repository.
pub fn small_bert() -> Vec<Stored> {
    vec![
        Stored::small(".gitattributes", b"*.onnx filter=lfs"),
        Stored::small("README.md", b"# Small"),
        Stored::small("config.json", b"{\"model_type\":\"bert\"}"),
        Stored::small("tokenizer.json", b"{\"version\":\"1.0\"}"),
        Stored::large(GRAPH, weights(1, 600_000)),
        Stored::large("onnx/model_quantized.onnx", weights(2, 150_000)),
        Stored::large("pytorch_model.bin", weights(3, 1_000)),
    ]
}

impl Lab {
    pub fn new() -> Self {
        Self::with(small_bert())
    }

    pub fn with(files: Vec<Stored>) -> Self {
        Lab {
            dir: tempfile::tempdir().unwrap(),
            hub: Hub::new(REPO, files),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The program, on a machine that knows nothing but this hub.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.path("home"))
            .env("HF_ENDPOINT", &self.hub.address)
            .current_dir(self.dir.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    pub fn pull(&self) -> Ran {
        self.run(&["models", "pull", NAME])
    }

    pub fn pull_with(&self, variables: &[(&str, &str)]) -> Ran {
        let mut command = self.command(&["models", "pull", NAME]);
        command.envs(variables.iter().copied()).output().unwrap().into()
    }

    pub fn start(&self) -> Child {
        let mut command = self.command(&["models", "pull", NAME]);
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    pub fn cache(&self) -> PathBuf {
        self.path("home/.cache/huggingface/hub")
    }

    pub fn repo(&self) -> PathBuf {
        self.cache().join("models--lab--small-bert")
    }

    pub fn snapshot(&self, path: &str) -> PathBuf {
        self.repo().join("snapshots").join(COMMIT).join(path)
    }

    pub fn incomplete(&self, path: &str) -> PathBuf {
        self.repo()
            .join("blobs")
            .join(format!("{}.incomplete", self.hub.file(path).etag()))
    }

    /// Waits until some of a file has come.
    pub fn wait_for_some_of(&self, path: &str) {
        let begun = Instant::now();
        while fs::metadata(self.incomplete(path)).map_or(0, |meta| meta.len()) == 0 {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "nothing of {path} came"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Whatever can be seen is whole: each file of a snapshot leads to a blob whose hash is its name, and a revision
    /// that is remembered has all its files.
    #[track_caller]
    pub fn is_sound(&self) {
        let snapshots = self.repo().join("snapshots");
        let mut folders: Vec<PathBuf> = fs::read_dir(&snapshots)
            .into_iter()
            .flatten()
            .map(|e| e.unwrap().path())
            .collect();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                assert!(path.is_symlink(), "{}", path.display());
                let blob = path.canonicalize().unwrap();
                let bytes = fs::read(&path).unwrap();
                let name = blob.file_name().unwrap().to_str().unwrap();
                assert!(
                    [sha256(&bytes), git_blob(&bytes)].contains(&name.to_owned()),
                    "{}",
                    path.display()
                );
            }
        }
        if self.repo().join("refs/main").exists() {
            assert_eq!(fs::read_to_string(self.repo().join("refs/main")).unwrap(), COMMIT);
            assert!(self.snapshot(GRAPH).exists());
        }
    }

    /// The model is there and is the hub's.
    #[track_caller]
    pub fn has(&self, paths: &[&str]) {
        self.is_sound();
        for path in paths {
            assert_eq!(
                fs::read(self.snapshot(path)).unwrap(),
                self.hub.file(path).bytes,
                "{path}"
            );
        }
    }

    /// Nothing stands outside of the cache.
    #[track_caller]
    pub fn is_clean(&self) {
        for entry in fs::read_dir(self.dir.path()).unwrap() {
            assert_eq!(entry.unwrap().file_name(), "home");
        }
        let home: Vec<_> = fs::read_dir(self.path("home"))
            .into_iter()
            .flatten()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert!(home.iter().all(|name| name == ".cache"), "{home:?}");
    }
}

/// All files below a folder, by their paths.
pub fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}
