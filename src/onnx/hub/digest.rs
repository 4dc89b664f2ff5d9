//! The hashes by which the hub names contents: SHA-256 for large files, git's own for small ones.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::error::HubError;
use crate::run::atomic::FileError;
use crate::run::interrupt::Interrupt;

/// What a content's hash has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hash {
    /// SHA-256 of the bytes, 64 hexadecimal digits.
    Sha256(String),
    /// SHA-1 of `blob LENGTH\0` and the bytes, 40 hexadecimal digits: how git names a file's content.
    GitBlob(String),
}

impl Hash {
    /// The kind shows in the length.
    pub fn of(text: &str) -> Option<Self> {
        let is_hex = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match text.len() {
            64 if is_hex => Some(Hash::Sha256(text.to_owned())),
            40 if is_hex => Some(Hash::GitBlob(text.to_owned())),
            _ => None,
        }
    }

    /// The digits.
    pub fn text(&self) -> &str {
        match self {
            Hash::Sha256(text) | Hash::GitBlob(text) => text,
        }
    }

    /// The digits of a file's own hash of this kind.
    ///
    /// # Errors
    /// [`HubError::File`] or [`HubError::Interrupted`].
    pub fn of_file(&self, path: &Path, interrupt: &Interrupt) -> Result<String, HubError> {
        match self {
            Hash::Sha256(_) => read(path, interrupt, Sha256::new()),
            Hash::GitBlob(_) => {
                let size = std::fs::metadata(path).map_err(|e| fail(path, e))?.len();
                read(path, interrupt, Sha1::new_with_prefix(format!("blob {size}\0")))
            }
        }
    }
}

fn read(path: &Path, interrupt: &Interrupt, mut hasher: impl Digest) -> Result<String, HubError> {
    let mut file = File::open(path).map_err(|e| fail(path, e))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        if interrupt.stopped() {
            return Err(HubError::Interrupted);
        }
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => hasher.update(buffer.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(fail(path, e)),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

fn fail(path: &Path, error: io::Error) -> HubError {
    FileError::new(path, "cannot read", error).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_git_and_sha256sum_say() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"hello\n").unwrap();
        let interrupt = Interrupt::default();
        // git hash-object f; sha256sum f
        for digits in [
            "ce013625030ba8dba906f756967f9e9ca394464a",
            "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03",
        ] {
            let hash = Hash::of(digits).unwrap();
            assert_eq!(hash.of_file(&path, &interrupt).unwrap(), digits);
        }
        assert_eq!(Hash::of("CE013625030ba8dba906f756967f9e9ca394464a"), None);
        assert_eq!(Hash::of("abc-2"), None);
    }
}
