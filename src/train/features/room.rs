//! How much the packs of all encoders take, and which go first.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::run::atomic::{FileError, is_part};

pub(super) const ENDING: &str = ".pack";
/// Hexadecimal digits of an encoder's folder and of a pack's name.
pub(super) const DIGITS: usize = 32;

/// A pack as it lies on disk.
#[derive(Debug)]
struct Lying {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
}

/// Removes the packs of all encoders that were used longest ago, those in `used` never, until `bytes` more fit into
/// `limit`. Says whether they fit now. The cache's lock has to be held: what is half-written then is left by a killed
/// run, and goes, too.
pub(super) fn make(root: &Path, limit: u64, bytes: u64, used: &BTreeSet<PathBuf>) -> Result<bool, FileError> {
    let mut packs = lying(root)?;
    packs.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
    let mut total: u64 = packs.iter().map(|pack| pack.bytes).sum();
    for pack in packs {
        if total.saturating_add(bytes) <= limit {
            break;
        }
        if used.contains(&pack.path) {
            continue;
        }
        remove(&pack.path)?;
        total -= pack.bytes;
        if let Some(folder) = pack.path.parent() {
            // Goes if it is empty now.
            let _ = fs::remove_dir(folder);
        }
    }
    Ok(total.saturating_add(bytes) <= limit)
}

/// Removes a file; one that is gone is no error.
pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new(path, "cannot remove", error))
        }
        _ => Ok(()),
    }
}

/// The entries of a folder, sorted; none if it is not there.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let fail = |error| FileError::new(folder, "cannot read the folder", error);
    let mut found = Vec::new();
    match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(fail(error)),
        Ok(entries) => {
            for entry in entries {
                found.push(entry.map_err(fail)?.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a path has the name of a pack.
pub(super) fn is_pack(path: &Path) -> bool {
    name(path).strip_suffix(ENDING).is_some_and(is_hex)
}

fn lying(root: &Path) -> Result<Vec<Lying>, FileError> {
    let mut packs = Vec::new();
    // Whatever else people put here is not ours to count or remove.
    for folder in entries(root)?.into_iter().filter(|path| is_hex(name(path))) {
        if !fs::symlink_metadata(&folder).is_ok_and(|found| found.is_dir()) {
            continue;
        }
        for path in entries(&folder)? {
            if is_part(name(&path)) {
                remove(&path)?;
            } else if is_pack(&path)
                && let Ok(found) = fs::symlink_metadata(&path)
                && found.is_file()
            {
                packs.push(Lying {
                    bytes: found.len(),
                    used: found.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    path,
                });
            }
        }
    }
    Ok(packs)
}

/// Empty for names that are no Unicode: they are none of ours.
fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default()
}

fn is_hex(name: &str) -> bool {
    name.len() == DIGITS && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn put(root: &Path, folder: &str, pack: char, bytes: usize, age: u64) -> PathBuf {
        let path = root
            .join(folder.repeat(DIGITS))
            .join(pack.to_string().repeat(DIGITS) + ENDING);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![0; bytes]).unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age))
            .unwrap();
        path
    }

    #[test]
    fn those_used_longest_ago_go_first_and_those_in_use_never() {
        let dir = tempfile::tempdir().unwrap();
        let oldest_in_use = put(dir.path(), "a", '1', 100, 900);
        let older = put(dir.path(), "b", '2', 100, 800);
        let newer = put(dir.path(), "a", '3', 100, 100);
        let used = BTreeSet::from([oldest_in_use.clone()]);
        assert!(make(dir.path(), 400, 100, &used).unwrap());
        assert!(older.exists(), "there was room");
        assert!(make(dir.path(), 399, 100, &used).unwrap());
        assert!(!older.exists() && newer.exists() && oldest_in_use.exists());
        assert!(!older.parent().unwrap().exists(), "an empty folder goes");
        assert!(!make(dir.path(), 150, 100, &used).unwrap());
        assert!(!newer.exists() && oldest_in_use.exists());
    }

    #[test]
    fn what_is_not_ours_stays_and_what_is_half_written_goes() {
        let dir = tempfile::tempdir().unwrap();
        let pack = put(dir.path(), "a", '1', 10, 0);
        let theirs = [
            dir.path().join("notes.pack"),
            pack.with_file_name("notes.txt"),
            dir.path().join("mine").join(pack.file_name().unwrap()),
        ];
        fs::create_dir(dir.path().join("mine")).unwrap();
        for path in &theirs {
            fs::write(path, b"0").unwrap();
        }
        let part = pack.with_file_name(".x.pack.augment-part");
        fs::write(&part, b"0").unwrap();
        assert!(make(dir.path(), 0, 0, &BTreeSet::new()).unwrap());
        assert!(!pack.exists() && !part.exists());
        assert!(theirs.iter().all(|path| path.exists()));
    }
}
