//! One run at a time in a directory: a lock bound to an open file, gone with the process whatever happens to it.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use super::atomic::FileError;

/// Held for as long as a run works in a directory.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why a directory could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run has it.
    #[error("another run of augment is working in this directory")]
    Busy,
    /// The lock file can't be made.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Lock {
    /// Locks by an empty file at `path`, which stays: removing it would let two runs lock two files of one name.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn acquire(path: &Path) -> Result<Self, LockError> {
        let file = Self::file(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Busy),
            Err(TryLockError::Error(e)) => Err(FileError::new(path, "cannot lock", e).into()),
        }
    }

    /// As [`Lock::acquire`], but waits its turn. For what takes a moment.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn wait(path: &Path) -> Result<Self, FileError> {
        let file = Self::file(path)?;
        file.lock().map_err(|e| FileError::new(path, "cannot lock", e))?;
        Ok(Lock { _file: file })
    }

    fn file(path: &Path) -> Result<File, FileError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| FileError::new(folder, "cannot make the folder", e))?;
        }
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(|e| FileError::new(path, "cannot make the lock file", e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_refused_until_the_first_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x/lock");
        let first = Lock::acquire(&path).unwrap();
        assert!(matches!(Lock::acquire(&path), Err(LockError::Busy)));
        drop(first);
        assert!(Lock::acquire(&path).is_ok());
    }
}
