//! What can go wrong while the runtime is installed.

use std::path::PathBuf;

use super::package::MACHINES;
use super::{Flavour, VERSION};
use crate::onnx::runtime::LibraryFault;
use crate::run::atomic::FileError;

/// How to go on without pip.
const BY_HAND: &str = "a folder of wheels will do, too: `augment setup --from FOLDER` (docs/runtime.md tells how to fill it), \
                       or a library of your own: --onnxruntime PATH";

/// Why the runtime was not installed. What was installed before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There is no package for this machine.
    #[error(
        "there is no ONNX Runtime {VERSION} ({flavour}) to install for {machine}, only for {MACHINES}\n\
         hint: install or build an ONNX Runtime yourself and name its library with --onnxruntime PATH"
    )]
    Machine {
        /// What this program was built for.
        machine: String,
        /// Which build was asked for.
        flavour: Flavour,
    },
    /// There is no data folder.
    #[error("there is no folder to install into: neither XDG_DATA_HOME nor HOME is set to an absolute path")]
    NoFolder,
    /// There is no Python.
    #[error(
        "found no Python (looked for {}), expected one with pip to fetch ONNX Runtime by\n\
         hint: install Python and pip (Debian, Ubuntu: `apt install python3-pip`); {BY_HAND}", list(.0)
    )]
    NoPython(Vec<String>),
    /// No Python has pip.
    #[error(
        "found no pip in {}, expected one to fetch ONNX Runtime by\n\
         hint: install pip (Debian, Ubuntu: `apt install python3-pip`; else `python3 -m ensurepip`); {BY_HAND}", list(.0)
    )]
    NoPip(Vec<String>),
    /// pip did not bring the package.
    #[error(
        "`{command}` failed ({status}):{}\n\
         hint: pip goes by its own settings (PIP_INDEX_URL, PIP_PROXY, pip.conf); {BY_HAND}", indent(.said)
    )]
    Pip {
        /// What was run, shortened.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it printed, without passwords.
        said: Vec<String>,
    },
    /// A wheel is not the one that this program was tested with.
    #[error(
        "{}: found SHA-256 {found}, expected {expected}\n\
         hint: the file is damaged, or another one of the same name; if pip keeps it, `pip cache purge` makes pip fetch it again", path.display()
    )]
    Hash {
        /// The wheel.
        path: PathBuf,
        /// Its hash.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A wheel lacks what it should hold, or can't be unpacked.
    #[error("{}: cannot be unpacked: {reason}", path.display())]
    Wheel {
        /// The wheel.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder given has no such wheel.
    #[error(
        "{}: has no {file}\n\
         hint: on a machine with a network: `{command}`", folder.display()
    )]
    NotInFolder {
        /// The folder.
        folder: PathBuf,
        /// The wheel that is missing.
        file: &'static str,
        /// How it is fetched elsewhere.
        command: String,
    },
    /// The library does not work on this machine.
    #[error(
        "the library that was unpacked cannot be used: {0}\n\
         hint: the packages need glibc 2.28 or later and libstdc++; name a library that fits this system with --onnxruntime PATH"
    )]
    Library(LibraryFault),
    /// There is too little room.
    #[error(
        "{}: needs {} of free space, {} are there\nhint: free some, or set XDG_DATA_HOME to another disk", folder.display(), megabytes(*.needed), megabytes(*.free)
    )]
    Space {
        /// Where it would go.
        folder: PathBuf,
        /// Bytes needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// A file can't be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Ctrl-C or a termination.
    #[error("interrupted; nothing was changed")]
    Interrupted,
}

impl SetupError {
    /// Whether the disk was full: after freeing space the command can be run again.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            SetupError::Space { .. } => true,
            SetupError::File(error) => error.no_space(),
            _ => false,
        }
    }
}

fn list(names: &[String]) -> String {
    names.join(", ")
}

fn indent(lines: &[String]) -> String {
    if lines.is_empty() {
        return " it printed nothing".to_owned();
    }
    lines.iter().map(|line| format!("\n  {line}")).collect()
}

/// A size as people read it.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    match bytes {
        0..10_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{:.0} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
