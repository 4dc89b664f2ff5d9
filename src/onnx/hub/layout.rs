//! The cache's folders and files, shared with Python's `huggingface_hub`:
//!
//! ```text
//! models--ORG--NAME/refs/REVISION            a commit hash
//! models--ORG--NAME/blobs/ETAG               a file's content; ETAG.incomplete while it is loaded
//! models--ORG--NAME/snapshots/COMMIT/PATH    a relative link to its blob
//! .locks/models--ORG--NAME/ETAG.lock         held while a blob is loaded
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::reference::{Repo, is_commit, is_revision};
use crate::run::atomic::{self, FileError};
use crate::run::bounded;
use crate::run::lock::Lock;

/// How many files of a snapshot are listed; repositories of models have a few dozen.
const FILES: usize = 20_000;
/// How deep folders of a snapshot are looked into.
const DEPTH: usize = 8;

/// Whether a path that a server gave can stand below a folder: parts that are no `.` and `..`, no backslash and no
/// control character.
#[must_use]
pub fn is_safe(path: &str) -> bool {
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && part.len() <= 255;
    path.len() <= 1024 && path.split('/').all(part) && !path.chars().any(|c| c == '\\' || c.is_control())
}

/// Whether the name of a blob that a server gave can be a file's name.
pub(super) fn is_blob_name(etag: &str) -> bool {
    (1..=128).contains(&etag.len())
        && !etag.starts_with('.')
        && etag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// A repository's folder in the cache.
#[derive(Debug, Clone)]
pub struct RepoFolder {
    root: PathBuf,
    locks: PathBuf,
}

impl RepoFolder {
    /// The folder; nothing is made yet.
    #[must_use]
    pub fn new(cache: &Path, repo: &Repo) -> Self {
        let name = format!("models--{}", repo.as_str().replace('/', "--"));
        RepoFolder {
            root: cache.join(&name),
            locks: cache.join(".locks").join(&name),
        }
    }

    /// Where a commit's files are.
    #[must_use]
    pub fn snapshot(&self, commit: &str) -> PathBuf {
        self.root.join("snapshots").join(commit)
    }

    /// The commit that a revision stood for when it was last asked for; a whole commit stands for itself.
    #[must_use]
    pub fn commit_of(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        if !is_revision(revision) {
            return None;
        }
        let path = self.root.join("refs").join(revision);
        let text = bounded::read_text(&path, 1024).ok()?;
        Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Remembers what a revision stands for. A whole commit needs no remembering.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn remember(&self, revision: &str, commit: &str) -> Result<(), FileError> {
        if revision == commit || self.commit_of(revision).as_deref() == Some(commit) {
            return Ok(());
        }
        // Unlike a dataset's folder, the cache may have several at work in it at once.
        let _turn = Lock::wait(&self.lock("refs"))?;
        atomic::write(&self.root.join("refs").join(revision), commit.as_bytes(), true)
    }

    /// A content.
    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.root.join("blobs").join(etag)
    }

    /// A content while it is loaded.
    pub(super) fn incomplete(&self, etag: &str) -> PathBuf {
        self.root.join("blobs").join(format!("{etag}.incomplete"))
    }

    /// What keeps others from loading it, too.
    pub(super) fn lock(&self, etag: &str) -> PathBuf {
        self.locks.join(format!("{etag}.lock"))
    }

    /// The commits that have a snapshot.
    #[must_use]
    pub fn commits(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.join("snapshots"))
            .into_iter()
            .flatten()
            .flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut commits: Vec<String> = names.filter(|name| is_commit(name)).collect();
        commits.sort();
        commits
    }

    /// The files of a snapshot whose content is there, sorted.
    #[must_use]
    pub fn files(&self, commit: &str) -> Vec<String> {
        let snapshot = self.snapshot(commit);
        let mut files = Vec::new();
        let mut folders = vec![(String::new(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            for entry in fs::read_dir(snapshot.join(&folder))
                .into_iter()
                .flatten()
                .flatten()
            {
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let path = if folder.is_empty() {
                    name
                } else {
                    format!("{folder}/{name}")
                };
                // In this layout files are links and folders are none: a linked folder may lead anywhere.
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    if depth < DEPTH {
                        folders.push((path, depth + 1));
                    }
                    continue;
                }
                // Follows links, so that one without its blob does not count.
                let there = fs::metadata(snapshot.join(&path)).is_ok_and(|meta| meta.is_file());
                if there && files.len() < FILES {
                    files.push(path);
                }
            }
        }
        files.sort();
        files
    }

    /// Makes a blob a file of a snapshot: a relative link, so that the cache can be moved; where the file system has
    /// no links, a hard link or a copy.
    pub(super) fn show(&self, etag: &str, commit: &str, path: &str) -> Result<(), FileError> {
        let pointer = self.snapshot(commit).join(path);
        let fail = |e: io::Error| FileError::new(&pointer, "cannot link to its content", e);
        if let Some(folder) = pointer.parent() {
            fs::create_dir_all(folder).map_err(|e| FileError::new(folder, "cannot make the folder", e))?;
        }
        let up = "../".repeat(2 + path.matches('/').count());
        let temporary = pointer.with_file_name(format!(".{etag}.augment-part"));
        let _ = fs::remove_file(&temporary);
        let made = std::os::unix::fs::symlink(format!("{up}blobs/{etag}"), &temporary)
            .or_else(|_| fs::hard_link(self.blob(etag), &temporary));
        match made {
            Ok(()) => fs::rename(&temporary, &pointer).map_err(fail),
            Err(_) => atomic::copy(&self.blob(etag), &pointer),
        }
    }
}

/// The repositories in a cache.
#[must_use]
pub fn repositories(cache: &Path) -> Vec<Repo> {
    let entries = fs::read_dir(cache).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut repos: Vec<Repo> = names
        .filter_map(|name| Repo::new(&name.strip_prefix("models--")?.replacen("--", "/", 1)).ok())
        .collect();
    repos.sort();
    repos
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn several_remember_a_revision_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RepoFolder::new(dir.path(), &Repo::new("org/name").unwrap());
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let folder = &folder;
                scope.spawn(move || {
                    for round in 0..20 {
                        let commit = format!("{:040x}", thread * 100 + round);
                        folder.remember("main", &commit).unwrap();
                    }
                });
            }
        });
        assert!(folder.commit_of("main").is_some());
    }

    #[test]
    fn paths_that_lead_out_are_unsafe() {
        for good in [
            "config.json",
            "onnx/model.onnx",
            "a/b/c",
            "1_Pooling/config.json",
            "ä.json",
        ] {
            assert!(is_safe(good), "{good:?}");
        }
        for bad in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a/..",
            "./a",
            "a//b",
            "a/",
            "a\\b",
            "a\0b",
            "a\nb",
        ] {
            assert!(!is_safe(bad), "{bad:?}");
        }
        for bad in ["", ".", "..", ".x", "a/b", "a\\b", "a b", "ä"] {
            assert!(!is_blob_name(bad), "{bad:?}");
        }
    }

    #[test]
    fn links_are_relative_at_any_depth() {
        let dir = tempfile::tempdir().unwrap();
        let repo = Repo::new("org/name").unwrap();
        let folder = RepoFolder::new(dir.path(), &repo);
        fs::create_dir_all(folder.blob("e").parent().unwrap()).unwrap();
        fs::write(folder.blob("e"), b"content").unwrap();
        for path in ["a.json", "onnx/b.json", "x/y/c.json"] {
            folder.show("e", COMMIT, path).unwrap();
            folder.show("e", COMMIT, path).unwrap();
            assert_eq!(fs::read(folder.snapshot(COMMIT).join(path)).unwrap(), b"content");
        }
        let link = fs::read_link(folder.snapshot(COMMIT).join("onnx/b.json")).unwrap();
        assert_eq!(link, Path::new("../../../blobs/e"));
        assert_eq!(folder.files(COMMIT), ["a.json", "onnx/b.json", "x/y/c.json"]);
        fs::remove_file(folder.blob("e")).unwrap();
        assert!(folder.files(COMMIT).is_empty());
        assert_eq!(folder.commits(), [COMMIT]);
        assert_eq!(repositories(dir.path()), [repo]);
    }

    #[test]
    fn a_ref_is_read_only_if_it_is_a_commit() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RepoFolder::new(dir.path(), &Repo::new("org/name").unwrap());
        assert_eq!(folder.commit_of("main"), None);
        folder.remember("refs/pr/1", COMMIT).unwrap();
        assert_eq!(folder.commit_of("refs/pr/1").unwrap(), COMMIT);
        assert_eq!(folder.commit_of(COMMIT).unwrap(), COMMIT);
        fs::write(dir.path().join("models--org--name/refs/main"), "../../etc").unwrap();
        assert_eq!(folder.commit_of("main"), None);
        assert_eq!(folder.commit_of("../refs/refs/pr/1"), None);
    }

    #[test]
    fn linked_folders_are_not_entered() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RepoFolder::new(dir.path(), &Repo::new("a/b").unwrap());
        let snapshot = folder.snapshot(COMMIT);
        fs::create_dir_all(snapshot.join("onnx")).unwrap();
        fs::write(snapshot.join("onnx/model.onnx"), b"x").unwrap();
        std::os::unix::fs::symlink("/", snapshot.join("root")).unwrap();
        std::os::unix::fs::symlink(".", snapshot.join("loop")).unwrap();
        assert_eq!(folder.files(COMMIT), ["onnx/model.onnx"]);
    }
}
