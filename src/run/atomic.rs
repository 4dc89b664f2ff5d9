//! Every write of the program goes through here: temporary file in the same directory, write, rename. What only this run
//! reads goes to files without a name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, Mode, OFlags, syncfs};
use rustix::io::{Errno, retry_on_intr};

/// What temporary files begin and end with. Only one run at a time works in a directory, so the names need no
/// random part, and what a killed run leaves is overwritten or swept.
const PREFIX: &str = ".";
const SUFFIX: &str = ".augment-part";

/// A write or read that failed, with the path it was about.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {what}: {source}", path = path.display())]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// What was being done.
    pub what: &'static str,
    /// Why it failed.
    pub source: io::Error,
}

impl FileError {
    /// An error about `path`.
    pub fn new(path: impl Into<PathBuf>, what: &'static str, source: io::Error) -> Self {
        FileError {
            path: path.into(),
            what,
            source,
        }
    }

    /// Whether there is no room left: nothing more can be written, but all that stands is sound.
    #[must_use]
    pub fn no_space(&self) -> bool {
        matches!(
            self.source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    }
}

/// A file that appears under its name only when it is complete.
pub struct AtomicFile {
    path: PathBuf,
    part: PathBuf,
    file: Option<BufWriter<File>>,
}

impl AtomicFile {
    /// Starts a file; its folder is made if need be.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let part = part_of(path);
        let file = match File::create(&part) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)
                        .map_err(|e| FileError::new(folder, "cannot make the folder", e))?;
                }
                File::create(&part)
            }
            other => other,
        };
        let file = file.map_err(|e| FileError::new(path, "cannot write", e))?;
        Ok(AtomicFile {
            path: path.to_owned(),
            part,
            file: Some(BufWriter::new(file)),
        })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        match &mut self.file {
            Some(file) => file
                .write_all(bytes)
                .map_err(|e| FileError::new(&self.path, "cannot write", e)),
            None => Ok(()),
        }
    }

    /// Puts it in place. `durable` waits until the disk has it; otherwise [`sync`] does for many files at once.
    ///
    /// # Errors
    /// [`FileError`]; nothing is in place then.
    pub fn commit(mut self, durable: bool) -> Result<(), FileError> {
        let fail = |e| FileError::new(&self.path, "cannot write", e);
        if let Some(file) = &mut self.file {
            // Small files reach the disk only here: a full one is met here, and the part must go then, too.
            file.flush().map_err(fail)?;
            if durable {
                file.get_ref().sync_all().map_err(fail)?;
            }
        }
        fs::rename(&self.part, &self.path).map_err(fail)?;
        self.file = None;
        if durable && let Some(folder) = self.path.parent() {
            sync_folder(folder)?;
        }
        Ok(())
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // Not committed: what was written so far is of no use to anybody, and the rest is not tried once more.
        if let Some(file) = self.file.take() {
            drop(file.into_parts());
            let _ = fs::remove_file(&self.part);
        }
    }
}

/// Writes a whole file; see [`AtomicFile::commit`].
///
/// # Errors
/// [`FileError`].
pub fn write(path: &Path, bytes: &[u8], durable: bool) -> Result<(), FileError> {
    let mut file = AtomicFile::create(path)?;
    file.write(bytes)?;
    file.commit(durable)
}

/// Copies a file to another place.
///
/// # Errors
/// [`FileError`].
pub fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    let part = part_of(to);
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|e| FileError::new(folder, "cannot make the folder", e))?;
    }
    let copied = fs::copy(from, &part)
        .map_err(|e| FileError::new(from, "cannot copy", e))
        .and_then(|_| fs::rename(&part, to).map_err(|e| FileError::new(to, "cannot write", e)));
    if copied.is_err() {
        let _ = fs::remove_file(&part);
    }
    copied
}

/// Makes everything on the file system of `folder` durable: one call for a whole group of files.
///
/// # Errors
/// [`FileError`].
pub fn sync(folder: &Path) -> Result<(), FileError> {
    let fail = |e: Errno| FileError::new(folder, "cannot flush to disk", e.into());
    let fd = rustix::fs::open(
        folder,
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .map_err(fail)?;
    syncfs(fd).map_err(fail)
}

/// A file without a name, for what is too large for memory: open for reading and writing, of `bytes` zeros, for which
/// there is room on the disk. It is gone when it is closed, however the run ends. Its folder is made if need be.
///
/// # Errors
/// [`FileError`] about the folder.
pub fn unnamed(folder: &Path, bytes: u64) -> Result<File, FileError> {
    let fail = |e: io::Error| FileError::new(folder, "cannot make a temporary file", e);
    fs::create_dir_all(folder).map_err(|e| FileError::new(folder, "cannot make the folder", e))?;
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = match rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => File::from(file),
        // Not every file system has such files.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => removed(folder).map_err(fail)?,
        Err(error) => return Err(fail(error.into())),
    };
    match retry_on_intr(|| rustix::fs::fallocate(&file, FallocateFlags::empty(), 0, bytes)) {
        Ok(()) => {}
        // Nor can every one reserve room; and no room at all is reserved for nothing.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => file.set_len(bytes).map_err(fail)?,
        Err(Errno::INVAL) if bytes == 0 => {}
        Err(error) => return Err(fail(error.into())),
    }
    Ok(file)
}

/// A new file whose name is removed at once.
fn removed(folder: &Path) -> io::Result<File> {
    let mut number = 0;
    loop {
        let name = format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id());
        let path = folder.join(name);
        let options = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .clone();
        match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error),
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
        }
    }
}

fn sync_folder(folder: &Path) -> Result<(), FileError> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(|e| FileError::new(folder, "cannot flush the folder to disk", e))
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(PREFIX);
    name.push(path.file_name().unwrap_or_default());
    name.push(SUFFIX);
    path.with_file_name(name)
}

/// Whether a file name is one of a write that was never finished.
#[must_use]
pub fn is_part(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    #[test]
    fn a_dropped_file_leaves_nothing_and_the_old_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.txt");
        write(&path, b"old", true).unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write(b"new").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1);
    }

    #[test]
    fn a_file_without_a_name_is_seen_by_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        for file in [unnamed(&folder, 5).unwrap(), {
            let file = removed(&folder).unwrap();
            file.set_len(5).unwrap();
            file
        }] {
            file.write_all_at(b"de", 3).unwrap();
            let mut bytes = [9; 5];
            file.read_exact_at(&mut bytes, 0).unwrap();
            assert_eq!(&bytes, b"\0\0\0de");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        }
        assert_eq!(unnamed(&folder, 0).unwrap().metadata().unwrap().len(), 0);
        // More than any file system counts.
        let error = unnamed(&folder, 1 << 63).unwrap_err();
        assert!(
            error.to_string().contains("a/b: cannot make a temporary file: "),
            "{error}"
        );
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn a_full_disk_leaves_no_part() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.txt");
        std::os::unix::fs::symlink("/dev/full", part_of(&path)).unwrap();
        let error = write(&path, b"few bytes, met by the disk when they are flushed", true).unwrap_err();
        assert!(error.no_space(), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_error_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), b"").unwrap();
        let error = write(&dir.path().join("file/below"), b"", false)
            .unwrap_err()
            .to_string();
        assert!(error.contains("file"), "{error}");
    }
}
