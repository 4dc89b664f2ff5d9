//! Folders that appear under their names only when they are complete.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with, statvfs};

use crate::run::atomic::{self, FileError, is_part};

/// A folder that is being filled; what is in it goes when it is dropped, unless it was put in place.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
}

impl Part {
    /// An empty folder beside the place where it will go. Only one setup at a time works there.
    pub fn new(folder: &Path, name: &str) -> Result<Self, FileError> {
        let path = folder.join(part_name(name));
        remove(&path)?;
        fs::create_dir_all(&path).map_err(|error| FileError::new(&path, "cannot make the folder", error))?;
        Ok(Part { path })
    }

    /// Where it is filled.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes everything in it durable and gives it its name; what had the name before is removed.
    pub fn commit(self, target: &Path) -> Result<(), FileError> {
        atomic::sync(&self.path)?;
        let fail = |error: io::Error| FileError::new(target, "cannot put in place", error);
        match fs::rename(&self.path, target) {
            Ok(()) => {}
            Err(error) if is_taken(&error) => replace(&self.path, target).map_err(fail)?,
            Err(error) => return Err(fail(error)),
        }
        if let Some(folder) = target.parent() {
            atomic::sync(folder)?;
        }
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Put in place, there is nothing under this name, or what was replaced.
        let _ = remove(&self.path);
    }
}

fn is_taken(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory
    )
}

/// Exchanges the two in one step, where the file system can; else there is a moment without either.
fn replace(part: &Path, target: &Path) -> io::Result<()> {
    if renameat_with(CWD, part, CWD, target, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    let old = target.with_file_name(part_name("old"));
    let _ = remove(&old);
    fs::rename(target, &old)?;
    if let Err(error) = fs::rename(part, target) {
        let _ = fs::rename(&old, target);
        return Err(error);
    }
    let _ = remove(&old);
    Ok(())
}

fn part_name(name: &str) -> String {
    format!(".{name}.augment-part")
}

/// Removes what killed runs left in a folder.
pub(super) fn sweep(folder: &Path) -> Result<(), FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other.map_err(|error| FileError::new(folder, "cannot read the folder", error))?,
    };
    for entry in entries.flatten() {
        if entry.file_name().to_str().is_some_and(is_part) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a file or a folder with all that is in it; nothing there is as well.
fn remove(path: &Path) -> Result<(), FileError> {
    let removed = match fs::symlink_metadata(path) {
        Ok(data) if data.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(FileError::new(path, "cannot remove", error))
        }
        _ => Ok(()),
    }
}

/// Free space on the disk of a folder, or of what of its path is there; `None` if it can't be told.
#[must_use]
pub fn free_space(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|path| path.exists())?;
    let there = if there.as_os_str().is_empty() {
        Path::new(".")
    } else {
        there
    };
    let disk = statvfs(there).ok()?;
    // What a user may use, not what is kept for the system.
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(folder: &Path, text: &str) -> Part {
        let part = Part::new(folder, "x").unwrap();
        fs::write(part.path().join("file"), text).unwrap();
        part
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn it_is_put_in_place_whatever_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        for before in ["nothing", "empty", "folder", "file"] {
            let _ = remove(&target);
            match before {
                "empty" => fs::create_dir(&target).unwrap(),
                "folder" => {
                    fs::create_dir(&target).unwrap();
                    fs::write(target.join("old"), b"").unwrap();
                }
                "file" => fs::write(&target, b"").unwrap(),
                _ => {}
            }
            filled(dir.path(), before).commit(&target).unwrap();
            assert_eq!(fs::read_to_string(target.join("file")).unwrap(), before);
            assert_eq!(names(&target), ["file"]);
            assert_eq!(names(dir.path()), ["x"]);
        }
    }

    #[test]
    fn dropped_it_leaves_nothing_and_what_was_there_stays() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("x");
        filled(dir.path(), "old").commit(&target).unwrap();
        drop(filled(dir.path(), "new"));
        assert_eq!(names(dir.path()), ["x"]);
        assert_eq!(fs::read_to_string(target.join("file")).unwrap(), "old");
    }

    #[test]
    fn leftovers_are_swept_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join(".x.augment-part/deep")).unwrap();
        fs::write(dir.path().join(".y.augment-part"), b"").unwrap();
        fs::write(dir.path().join(".lock"), b"").unwrap();
        // A link is removed, not followed.
        let kept = dir.path().join("1.30.0-cpu");
        fs::create_dir(&kept).unwrap();
        fs::write(kept.join("file"), b"").unwrap();
        std::os::unix::fs::symlink(&kept, dir.path().join(".z.augment-part")).unwrap();
        sweep(dir.path()).unwrap();
        let mut left = names(dir.path());
        left.sort();
        assert_eq!(left, [".lock", "1.30.0-cpu"]);
        assert!(kept.join("file").is_file());
        sweep(&dir.path().join("none")).unwrap();
    }

    #[test]
    fn free_space_is_that_of_the_folder_to_come() {
        let dir = tempfile::tempdir().unwrap();
        let there = free_space(dir.path()).unwrap();
        assert!(there > 0);
        assert!(free_space(&dir.path().join("not/yet")).is_some());
    }
}
