//! Where things are in a dataset.

use std::path::{Path, PathBuf};

use crate::corpus::{Split, labels};

/// Full rows of all splits.
pub const MANIFEST: &str = "manifest.jsonl";
/// What was not made.
pub const REFUSED: &str = "refused.jsonl";
/// The completion mark.
pub const MARK: &str = "run.json";
/// Flat rows beside each split's files.
pub const METADATA: &str = "metadata.jsonl";
/// The keys of all originals of the corpus, in a shard of sentences: a merge needs them to choose.
pub const ORIGINALS: &str = "originals.keys";
/// The folder of a run's own files.
const OWN: &str = ".augment";

/// The lock file, which stays.
#[must_use]
pub fn lock(dataset: &Path) -> PathBuf {
    dataset.join(OWN).join("lock")
}

/// What an unfinished run is about.
#[must_use]
pub fn state(dataset: &Path) -> PathBuf {
    dataset.join(OWN).join("state.json")
}

/// A file of a run's own, by its name.
#[must_use]
pub fn own(dataset: &Path, name: &str) -> PathBuf {
    dataset.join(OWN).join(name)
}

/// The ledger of an unfinished run.
#[must_use]
pub fn ledger(dataset: &Path) -> PathBuf {
    dataset.join(OWN).join("ledger.jsonl")
}

/// Whether a file name in a dataset is the run's own folder.
#[must_use]
pub fn is_own(name: &str) -> bool {
    name == OWN
}

/// The path of an item's file below the dataset, with `/`.
#[must_use]
pub fn item(split: Split, label: &str, id: &str, extension: &str) -> String {
    format!("{}/{}/{id}.{extension}", split.name(), labels::folder_name(label))
}

/// Whether a file name is one that [`item`] gives: it ends in a copy's number and eight hex digits.
#[must_use]
pub fn is_item(name: &str) -> bool {
    let parts = |name: &str| {
        let (stem, extension) = name.rsplit_once('.')?;
        let (rest, digits) = stem.rsplit_once('-')?;
        let (_, copy) = rest.rsplit_once('-')?;
        let known = matches!(extension, "wav" | "png" | "npy");
        let hash = digits.len() == 8 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        Some(known && hash && !copy.is_empty() && copy.bytes().all(|b| b.is_ascii_digit()))
    };
    parts(name).unwrap_or(false)
}

/// 64 bits of a text's hash: enough to tell the ids of one dataset apart, or its paths.
#[must_use]
pub fn short_hash(text: &str) -> u64 {
    let hash = blake3::hash(text.as_bytes());
    let b = hash.as_bytes();
    u64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]])
}

/// The part of a path below its split's folder.
#[must_use]
pub fn below_split(path: &str) -> &str {
    path.split_once('/').map_or(path, |(_, rest)| rest)
}
