//! Walks a corpus: the audio files below a folder, sorted, whatever order the file system gives.
//!
//! Hidden files and folders are left out. Links are followed, but each folder is walked once: first all real
//! folders, then linked ones by name, so links that form loops end and a copy by link never hides the original.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::{CorpusError, Skipped};

/// Extensions of the formats that are decoded.
const AUDIO: [&str; 6] = ["flac", "mp3", "oga", "ogg", "wav", "wave"];
/// Extensions of audio that is not decoded, to be named instead of passed over.
const OTHER_AUDIO: [&str; 14] = [
    "aac", "aif", "aifc", "aiff", "amr", "ape", "au", "caf", "m4a", "opus", "sph", "webm", "wma", "wv",
];

/// The longest text file (transcript) that is read, in bytes.
pub const MAX_TEXT_BYTES: u64 = 1 << 20;

/// An audio file of a corpus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AudioFile {
    /// Path below the corpus, `/` between folders.
    pub relative: String,
    /// Where it is.
    pub path: PathBuf,
}

impl AudioFile {
    /// The corpus-relative path without extension: the source id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.relative
            .rsplit_once('.')
            .map_or(self.relative.as_str(), |(stem, _)| stem)
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Scan {
    /// The audio files, sorted by relative path.
    pub files: Vec<AudioFile>,
    /// Files and folders that could not be used, sorted by relative path.
    pub skipped: Vec<Skipped>,
}

/// The folder that `key` of a recipe in the folder `base` names.
///
/// # Errors
/// The key is missing, or there is no such folder.
pub fn folder(key: &'static str, base: &Path, path: &Path) -> Result<PathBuf, CorpusError> {
    if path.as_os_str().is_empty() {
        return Err(CorpusError::MissingKey {
            key,
            expected: "the folder of the corpus",
        });
    }
    let folder = base.join(path);
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(CorpusError::NotFound {
        key,
        path: folder,
        what: "folder".to_owned(),
        hint: path_hint(path),
    })
}

/// What to say about a path that does not exist.
pub(super) fn path_hint(path: &Path) -> Option<String> {
    if path.starts_with("~") {
        Some("`~` is not replaced by the home folder: write the path out".to_owned())
    } else if path.is_relative() {
        Some("a relative path starts at the folder of the recipe file".to_owned())
    } else {
        None
    }
}

pub use crate::run::bounded::read as read_text_file;

/// The audio files below `root`.
///
/// # Errors
/// `root` itself cannot be read; what cannot be read below it is in `skipped`.
pub fn audio_files(root: &Path) -> io::Result<Scan> {
    let top = fs::canonicalize(root)?;
    fs::read_dir(root)?;
    let mut walk = Walk {
        scan: Scan::default(),
        real: vec![(String::new(), root.to_owned(), top.clone())],
        linked: BTreeMap::new(),
    };
    let mut seen = HashSet::new();
    loop {
        while let Some((relative, path, canonical)) = walk.real.pop() {
            if seen.insert(canonical.clone()) {
                walk.folder(&relative, &path, &canonical);
            } else {
                walk.skip(&relative, "this folder is in the corpus already, by another name");
            }
        }
        let Some((relative, path)) = walk.linked.pop_first() else {
            break;
        };
        match fs::canonicalize(&path) {
            Ok(canonical) if top.starts_with(&canonical) => {
                walk.skip(&relative, "a link to a folder that holds the corpus itself");
            }
            Ok(canonical) => walk.real.push((relative, path, canonical)),
            Err(error) => walk.skip(&relative, &format!("a link that leads nowhere: {error}")),
        }
    }
    walk.scan
        .files
        .sort_unstable_by(|a, b| a.relative.cmp(&b.relative));
    walk.scan.skipped.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(walk.scan)
}

struct Walk {
    scan: Scan,
    /// Folders still to walk: relative path, path, path without links.
    real: Vec<(String, PathBuf, PathBuf)>,
    /// Linked folders, which wait until all real ones are walked.
    linked: BTreeMap<String, PathBuf>,
}

impl Walk {
    fn skip(&mut self, id: &str, reason: &str) {
        self.scan.skipped.push(Skipped {
            id: id.to_owned(),
            reason: reason.to_owned(),
        });
    }

    fn folder(&mut self, relative: &str, path: &Path, canonical: &Path) {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.skip(relative, &format!("cannot read the folder: {error}")),
        };
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(relative, canonical, &entry),
                Err(error) => self.skip(relative, &format!("cannot read the folder: {error}")),
            }
        }
    }

    fn entry(&mut self, parent: &str, canonical: &Path, entry: &DirEntry) {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            return;
        }
        let shown = name.to_string_lossy();
        let relative = if parent.is_empty() {
            shown.to_string()
        } else {
            format!("{parent}/{shown}")
        };
        let extension = shown
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_ascii_lowercase());
        let is_one_of = |list: &[&str]| {
            extension
                .as_deref()
                .is_some_and(|extension| list.contains(&extension))
        };
        let (audio, other_audio) = (is_one_of(&AUDIO), is_one_of(&OTHER_AUDIO));

        let path = entry.path();
        let link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let kind = match fs::metadata(&path) {
            Ok(metadata) => metadata.file_type(),
            Err(error) if audio => return self.skip(&relative, &format!("cannot be read: {error}")),
            Err(_) if link => return,
            Err(error) => return self.skip(&relative, &format!("cannot be read: {error}")),
        };
        if name.to_str().is_none() {
            // A source id is text, and the rows of a dataset are UTF-8.
            if kind.is_dir() || audio {
                self.skip(&relative, "its name is not UTF-8");
            }
        } else if kind.is_dir() && link {
            self.linked.insert(relative, path);
        } else if kind.is_dir() {
            self.real.push((relative, path, canonical.join(&name)));
        } else if other_audio {
            self.skip(
                &relative,
                &format!("not a format that is read ({})", AUDIO.join(", ")),
            );
        } else if audio && !kind.is_file() {
            self.skip(&relative, "not a regular file");
        } else if audio {
            self.scan.files.push(AudioFile { relative, path });
        }
    }
}

#[cfg(test)]
mod tests;
