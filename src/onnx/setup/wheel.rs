//! One wheel: the right one by its hash, and unpacked as far as needed.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::SetupError;
use super::package::Package;
use crate::run::atomic::{AtomicFile, FileError};
use crate::run::interrupt::Interrupt;

/// Bytes at a time.
const CHUNK: usize = 1 << 20;

/// A wheel whose hash was checked. It stays open, so that what is unpacked is what was checked.
#[derive(Debug)]
pub(super) struct Wheel<'a> {
    path: PathBuf,
    package: &'a Package,
    file: File,
}

impl<'a> Wheel<'a> {
    /// Opens a wheel.
    ///
    /// # Errors
    /// [`SetupError::Hash`] if it is another one.
    pub fn open(path: &Path, package: &'a Package, interrupt: &Interrupt) -> Result<Self, SetupError> {
        let fail = |error| FileError::new(path, "cannot read", error);
        let mut file = File::open(path).map_err(fail)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0; CHUNK];
        loop {
            if interrupt.stopped() {
                return Err(SetupError::Interrupted);
            }
            match file.read(&mut chunk).map_err(fail)? {
                0 => break,
                read => hash.update(chunk.get(..read).unwrap_or_default()),
            }
        }
        let found = hex(&hash.finalize());
        if found != package.sha256 {
            return Err(SetupError::Hash {
                path: path.to_owned(),
                found,
                expected: package.sha256,
            });
        }
        file.seek(SeekFrom::Start(0)).map_err(fail)?;
        Ok(Wheel {
            path: path.to_owned(),
            package,
            file,
        })
    }

    /// Unpacks what the package says into a folder.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn unpack(self, folder: &Path, interrupt: &Interrupt) -> Result<(), SetupError> {
        let Wheel { path, package, file } = self;
        let fail = |reason: String| SetupError::Wheel {
            path: path.clone(),
            reason,
        };
        let mut archive = ZipArchive::new(file).map_err(|error| fail(error.to_string()))?;
        // The hash vouches for the content; the bound holds all the same.
        let mut left = package.unpacked;
        let mut chunk = vec![0; CHUNK];
        for &(name, place) in package.take {
            let mut entry = archive
                .by_name(name)
                .map_err(|error| fail(format!("{name}: {error}")))?;
            let mut target = AtomicFile::create(&folder.join(place))?;
            loop {
                if interrupt.stopped() {
                    return Err(SetupError::Interrupted);
                }
                let read = entry
                    .read(&mut chunk)
                    .map_err(|error| fail(format!("{name}: {error}")))?;
                if read == 0 {
                    break;
                }
                left = left
                    .checked_sub(read as u64)
                    .ok_or_else(|| fail(format!("holds more than {} bytes", package.unpacked)))?;
                target.write(chunk.get(..read).unwrap_or_default())?;
            }
            target.commit(false)?;
        }
        Ok(())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
