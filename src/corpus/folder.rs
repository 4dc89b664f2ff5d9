//! Reader for a folder per class, or split folders of classes.
//!
//! `root/<class>/**/take.wav`, or `root/<split>/<class>/**/take.wav`. The second form is recognised when ALL
//! top-level folders that hold audio have the name of a split (`train`, `validation`, `valid`, `val`, `dev`, `test`,
//! ...); one other folder among them makes all of them classes. So a class may be called "test" beside
//! other classes; a corpus whose every class is called like a split needs the second form.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::builder::ListingBuilder;
use super::{CorpusError, Listing, Split, Utterance, scan, transcript};

/// Keys of `[corpus]` for `kind = "folder"`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FolderSettings {
    /// The folder that holds the classes or the splits.
    pub root: PathBuf,
}

/// Lists the corpus. `base` is the folder of the recipe file. The text of `take.wav` is `take.txt` beside it.
///
/// # Errors
/// `root` is missing or cannot be read.
pub fn list(settings: &FolderSettings, base: &Path) -> Result<Listing, CorpusError> {
    let root = scan::folder("root", base, &settings.root)?;
    let scan = match scan::audio_files(&root) {
        Ok(scan) => scan,
        Err(error) => {
            return Err(CorpusError::Unreadable {
                key: "root",
                path: root,
                error,
            });
        }
    };
    let top: BTreeSet<&str> = scan
        .files
        .iter()
        .filter_map(|file| Some(file.relative.split_once('/')?.0))
        .collect();
    let by_split = top.iter().all(|name| Split::parse(name).is_some());

    let mut listing = ListingBuilder::default();
    for skipped in &scan.skipped {
        listing.skip(&skipped.id, &skipped.reason);
    }
    for file in &scan.files {
        let (split, rest) = match file.relative.split_once('/') {
            Some((top, rest)) if by_split => (Split::parse(top), rest),
            _ => (None, file.relative.as_str()),
        };
        let Some((class, _)) = rest.split_once('/') else {
            listing.skip(&file.relative, no_class(split));
            continue;
        };
        let text = transcript::beside(&file.path).unwrap_or_else(|reason| {
            listing.skip(file.id(), reason);
            String::new()
        });
        let utterance = Utterance {
            id: file.id().to_owned(),
            audio: file.path.clone(),
            label: class.to_owned(),
            text,
            split,
            ..Utterance::default()
        };
        listing.add(utterance, &file.relative);
    }
    Ok(listing.finish())
}

fn no_class(split: Option<Split>) -> &'static str {
    match split {
        None => "lies in no class folder",
        Some(_) => {
            "lies in a split folder, but in no class folder (all top-level folders have names of splits)"
        }
    }
}

#[cfg(test)]
mod tests;
