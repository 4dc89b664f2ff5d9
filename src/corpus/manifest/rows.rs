//! From the rows of a manifest to utterances.

use std::path::{Component, Path, PathBuf};

use super::Required;
use super::columns::Fields;
use crate::corpus::builder::ListingBuilder;
use crate::corpus::{Listing, Split, Utterance};

/// One row: the line on which it begins, from 1, and its cells or what is wrong with it.
pub struct Row {
    /// Line, from 1.
    pub line: u64,
    /// What is in it.
    pub cells: Result<Fields<String>, String>,
}

/// Turns rows into utterances.
pub struct Rows {
    file: String,
    stem: String,
    root: PathBuf,
    /// `root` as written and without links, for absolute audio paths.
    roots: Vec<PathBuf>,
    required: Required,
    /// Rows so far, the skipped ones with them.
    count: u64,
    listing: ListingBuilder,
}

impl Rows {
    /// No rows yet, of a manifest whose relative audio paths start at `root`.
    pub fn new(manifest: &Path, root: PathBuf, required: Required) -> Rows {
        Rows {
            file: manifest
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            stem: manifest
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            roots: std::iter::once(root.clone()).chain(root.canonicalize()).collect(),
            root,
            required,
            count: 0,
            listing: ListingBuilder::default(),
        }
    }

    /// Adds the utterance of a row, or what is wrong with it.
    pub fn add(&mut self, row: Row) {
        self.count += 1;
        let place = format!("{}:{}", self.file, row.line);
        match row.cells.and_then(|cells| self.utterance(cells)) {
            Ok(utterance) => self.listing.add(utterance, &place),
            Err(reason) => self.listing.skip(place, reason),
        }
    }

    /// What the rows gave.
    pub fn finish(self) -> Listing {
        self.listing.finish()
    }

    fn utterance(&self, cells: Fields<String>) -> Result<Utterance, String> {
        let Fields {
            audio,
            text,
            label,
            speaker,
            session,
            split,
            id,
        } = cells;
        for field in self.required.fields() {
            let is_empty = match field {
                "label" => label.is_empty(),
                "audio" => audio.is_empty(),
                _ => text.is_empty(),
            };
            if is_empty {
                return Err(format!("the {field} is empty"));
            }
        }
        let split = match split.as_str() {
            "" => None,
            word => Some(
                Split::parse(word)
                    .ok_or_else(|| format!("split \"{word}\" is none of train, validation, test"))?,
            ),
        };
        let id = match (id.is_empty(), audio.is_empty()) {
            (false, _) => id,
            (true, true) => format!("{}-{}", self.stem, self.count),
            (true, false) => id_of_path(&audio, &self.roots)?,
        };
        let audio = if audio.is_empty() {
            PathBuf::new()
        } else {
            self.audio_path(&audio)
        };
        Ok(Utterance {
            id,
            audio,
            label,
            text,
            speaker,
            session,
            split,
        })
    }

    /// Where the audio is. A manifest made on Windows has `\` between folders.
    fn audio_path(&self, written: &str) -> PathBuf {
        let path = self.root.join(written);
        if written.contains('\\') && !path.exists() {
            self.root.join(written.replace('\\', "/"))
        } else {
            path
        }
    }
}

/// The source id of an audio path: below `root`, `/` between folders, without extension. A path elsewhere has no
/// such id: taken whole, it would write the folders of one machine into the dataset.
fn id_of_path(written: &str, roots: &[PathBuf]) -> Result<String, String> {
    let path = PathBuf::from(written.replace('\\', "/"));
    let relative = if path.is_absolute() {
        roots.iter().find_map(|root| path.strip_prefix(root).ok()).ok_or(
            "an absolute path that is not below `root`: \
             set root to the folder above all audio, or name a column of ids",
        )?
    } else {
        &path
    };
    let Some(stem) = relative.file_stem() else {
        return Err(format!("\"{written}\" names no audio file"));
    };
    // Joining the components drops `./` and doubled slashes.
    let named = |part: &Component<'_>| *part != Component::CurDir;
    let folders = relative
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .filter(named);
    let mut id = String::new();
    for folder in folders {
        id.push_str(&folder.as_os_str().to_string_lossy());
        id.push('/');
    }
    id.push_str(&stem.to_string_lossy());
    Ok(id)
}
