//! Item files that no row names: of items that are no longer planned, and of a killed run that was never told of
//! in the ledger. Only files that are called like an item's are taken for one; what a user put there stays.

use std::fs;
use std::path::Path;

use super::layout;
use super::sink::remove;
use crate::corpus::Split;
use crate::run::atomic::FileError;

/// Removes the item files of a dataset that are not `wanted`, and folders that are empty then. `wanted` is asked
/// with paths below the dataset.
///
/// # Errors
/// [`FileError`].
pub fn remove_leftovers(dataset: &Path, wanted: impl Fn(&str) -> bool) -> Result<(), FileError> {
    for split in Split::ALL {
        let folder = dataset.join(split.name());
        // A linked folder may lead out of the dataset, and a folder is no item.
        for label in names(&folder, fs::FileType::is_dir)? {
            let below = folder.join(&label);
            for name in names(&below, |kind| !kind.is_dir())? {
                if layout::is_item(&name) && !wanted(&format!("{}/{label}/{name}", split.name())) {
                    remove(&below.join(&name))?;
                }
            }
            // Fails unless it is empty, which is all that is wanted.
            let _ = fs::remove_dir(below);
        }
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// Names in a folder of what is of a kind; none if it is not there. A name that is no Unicode is none of ours.
fn names(folder: &Path, kind: impl Fn(&fs::FileType) -> bool) -> Result<Vec<String>, FileError> {
    match fs::read_dir(folder) {
        Ok(entries) => Ok(entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|found| kind(&found)))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(FileError::new(folder, "cannot read", error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_called_like_items_go() {
        let dir = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        };
        put("train/a/kept-gain-0-0123abcd.wav");
        put("train/a/gone-gain-0-0123abcd.wav");
        put("train/a/notes.wav");
        put("train/b/gone-gain-1-0123abcd.png");
        put("test/b/gone-gain-1-0123abcd.npy");
        put("train/a/folder-gain-0-0123abcd.wav/x");
        put("other/b/gone-gain-1-0123abcd.wav");
        remove_leftovers(dir.path(), |path| path == "train/a/kept-gain-0-0123abcd.wav").unwrap();
        let there = |name: &str| dir.path().join(name).exists();
        assert!(there("train/a/kept-gain-0-0123abcd.wav") && there("train/a/notes.wav"));
        assert!(there("train/a/folder-gain-0-0123abcd.wav/x"));
        assert!(there("other/b/gone-gain-1-0123abcd.wav"));
        assert!(!there("train/a/gone-gain-0-0123abcd.wav") && !there("train/b") && !there("test"));
    }
}
