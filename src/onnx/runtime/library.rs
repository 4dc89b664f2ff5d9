//! A shared library that may be ONNX Runtime: whether it can be loaded and which version it is.

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use super::elf;

/// The oldest minor version (of 1.x) that has the interface this program is built for.
pub const MINIMUM: u32 = 24;

/// A library that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Its file, without links; the bare name where the system's loader found it.
    pub path: PathBuf,
    /// Its version, for example `1.31.1`.
    pub version: String,
}

/// Why a library can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LibraryFault {
    /// There is no such file.
    #[error("{}: there is no such file", .0.display())]
    Absent(PathBuf),
    /// The system's loader refuses it.
    #[error("{}: cannot be loaded: {reason}", path.display())]
    Unloadable {
        /// The file.
        path: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// It is some other library.
    #[error("{}: is no ONNX Runtime (it has no OrtGetApiBase)", .0.display())]
    Foreign(PathBuf),
    /// It is too old.
    #[error("{}: is ONNX Runtime {version}, expected 1.{MINIMUM} or later", path.display())]
    Old {
        /// The file.
        path: PathBuf,
        /// What it says it is.
        version: String,
    },
}

impl Library {
    /// Loads a library and asks for its version.
    ///
    /// # Errors
    /// [`LibraryFault`].
    pub fn open(path: &Path) -> Result<Self, LibraryFault> {
        let bare = path.components().count() == 1;
        let path = if bare {
            path.to_owned()
        } else {
            // Without links, so that one library has one name, and absolute, so that nobody looks elsewhere.
            let full = path
                .canonicalize()
                .map_err(|_| LibraryFault::Absent(path.to_owned()))?;
            if full.is_dir() {
                let reason = "it is a folder without a library of ONNX Runtime".to_owned();
                return Err(LibraryFault::Unloadable { path: full, reason });
            }
            if let Some(reason) = elf::fault(&full) {
                return Err(LibraryFault::Unloadable { path: full, reason });
            }
            full
        };
        let version = match version(&path) {
            Err(LibraryFault::Unloadable { path, .. }) if bare => return Err(LibraryFault::Absent(path)),
            other => other?,
        };
        let minor = version
            .strip_prefix("1.")
            .and_then(|rest| rest.split('.').next())
            .and_then(|minor| minor.parse::<u32>().ok());
        if minor.is_none_or(|minor| minor < MINIMUM) {
            return Err(LibraryFault::Old { path, version });
        }
        Ok(Library { path, version })
    }
}

#[allow(
    unsafe_code,
    reason = "a library's version can be learnt only by calling into it, and ort gives no safe way that keeps the patch number"
)]
fn version(path: &Path) -> Result<String, LibraryFault> {
    // SAFETY: loading runs the library's initialisers. The user (or our own setup) chose this file to be loaded
    // as ONNX Runtime into this process, which is what happens next anyway.
    let library = unsafe { libloading::Library::new(path) }.map_err(|error| LibraryFault::Unloadable {
        path: path.to_owned(),
        reason: words(&error),
    })?;
    // SAFETY: OrtGetApiBase is ONNX Runtime's entry point, of this signature since its version 1.0.
    let entry: Result<libloading::Symbol<'_, unsafe extern "C" fn() -> *const ort::sys::OrtApiBase>, _> =
        unsafe { library.get(b"OrtGetApiBase") };
    let Ok(entry) = entry else {
        return Err(LibraryFault::Foreign(path.to_owned()));
    };
    // SAFETY: as above; the base it gives is a static of the library, which is still loaded, and is checked
    // for null. GetVersionString gives a static, null-terminated string.
    let text = unsafe {
        let base = entry();
        if base.is_null() {
            return Err(LibraryFault::Foreign(path.to_owned()));
        }
        CStr::from_ptr(((*base).GetVersionString)())
            .to_string_lossy()
            .into_owned()
    };
    Ok(text)
}

/// What the system's loader says: the library that calls it keeps that one level down.
fn words(error: &libloading::Error) -> String {
    match std::error::Error::source(error) {
        Some(cause) => cause.to_string(),
        None => error.to_string(),
    }
}
