//! A user's home without Python, runtime or settings, to which a test adds what it is about.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::support;
pub use crate::ran::Ran;

/// The file name of the pinned library.
pub const LIBRARY: &str = "libonnxruntime.so.1.31.1";

pub struct Home {
    dir: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let home = Home {
            dir: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(home.path("bin")).unwrap();
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The real library under a name of its own.
    pub fn library(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&path);
        // Linked where the disk is the same, to save time.
        if fs::hard_link(support::runtime(), &path).is_err() {
            fs::copy(support::runtime(), &path).unwrap();
        }
        path
    }

    /// The pinned runtime, as `augment setup` would have installed it.
    pub fn install(&self) -> PathBuf {
        let from = support::runtime().parent().unwrap().to_owned();
        fs::create_dir_all(self.installed("")).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            let to = self.installed(entry.file_name().to_str().unwrap());
            if fs::hard_link(entry.path(), &to).is_err() {
                fs::copy(entry.path(), &to).unwrap();
            }
        }
        self.installed(LIBRARY)
    }

    /// A file of the installation.
    pub fn installed(&self, name: &str) -> PathBuf {
        self.path("data/augment/onnxruntime/1.31.1-cpu").join(name)
    }

    /// The names in the folder of installations.
    pub fn installations(&self) -> Vec<String> {
        let folder = self.path("data/augment/onnxruntime");
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.write(name, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{text}\n"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A stand-in for a Python: it tells where its package `onnxruntime` is, if it has one, and `pip download` runs
    /// the script `pip` with the folder to fetch into as `$dest`; without one it has no pip.
    pub fn python(&self, name: &str, package: Option<&Path>, pip: Option<&str>) -> PathBuf {
        let package = package.map_or(String::new(), |path| path.display().to_string());
        let has_pip = if pip.is_some() {
            "echo 'pip 99.1 from /nowhere (python 3.99)'"
        } else {
            "echo 'No module named pip' >&2; exit 1"
        };
        let text = format!(
            r#"script="$2"; shift 2
case "$script" in
  *find_spec*) echo '{package}' ;;
  *sys.version*) echo 3.99 ;;
  *runpy*)
    case "$1" in
      --version) {has_pip} ;;
      *)
        last=''; for word in "$@"; do [ "$last" = --dest ] && dest="$word"; last="$word"; done
        {} ;;
    esac ;;
esac"#,
            pip.unwrap_or("exit 1")
        );
        self.script(name, &text)
    }

    /// The program with arguments and nothing of the surroundings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        command
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env("PATH", self.path("bin"));
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }
}
