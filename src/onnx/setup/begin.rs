//! Whether anything is to be done: taking one's turn, sweeping, looking at what is there.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::install::Job;
use super::package::{Package, pinned};
use super::place::sweep;
use super::{Flavour, SetupError, VERSION, folder_of, installed};
use crate::onnx::runtime::{Library, elf};
use crate::run::interrupt::Interrupt;
use crate::run::lock::{Lock, LockError};
use crate::run::progress::Progress;

/// What stands in the data folder now.
#[derive(Debug, Clone)]
pub struct Done {
    /// The folder.
    pub folder: PathBuf,
    /// The library, loaded once to be sure.
    pub library: Library,
    /// Installations of other versions, which are left alone.
    pub others: Vec<PathBuf>,
}

/// A setup that was begun.
#[derive(Debug)]
pub enum Begun {
    /// It is there and works: nothing to do.
    Already(Done),
    /// It has to be made.
    Open(Job),
}

/// Looks whether a flavour has to be installed into a data folder; with `again` it always has to.
///
/// Waits for a setup that is at work there, and removes what killed ones left.
///
/// # Errors
/// [`SetupError`].
pub fn begin(
    data: &Path,
    flavour: Flavour,
    again: bool,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Begun, SetupError> {
    begin_with(data, flavour, pinned(flavour)?, again, interrupt, progress)
}

pub(super) fn begin_with(
    data: &Path,
    flavour: Flavour,
    packages: &'static [Package],
    again: bool,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Begun, SetupError> {
    let home = home(data);
    let lock = turn(&home, interrupt, progress)?;
    sweep(&home)?;
    if !again && let Some(done) = complete(data, flavour) {
        return Ok(Begun::Already(done));
    }
    Ok(Begun::Open(Job::new(data, flavour, packages, lock)))
}

/// Waits until no other setup is at work.
fn turn(home: &Path, interrupt: &Interrupt, progress: &dyn Progress) -> Result<Lock, SetupError> {
    let mut told = false;
    loop {
        match Lock::acquire(&home.join(".lock")) {
            Ok(lock) => return Ok(lock),
            Err(LockError::File(error)) => return Err(error.into()),
            Err(LockError::Busy) if interrupt.stopped() => return Err(SetupError::Interrupted),
            Err(LockError::Busy) => {
                if !told {
                    progress.note("another setup is at work; waiting for it");
                    told = true;
                }
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }
}

/// The installation, if it is whole: its library loads, is of the right version, and all libraries of CUDA are
/// there.
fn complete(data: &Path, flavour: Flavour) -> Option<Done> {
    let found = installed(data, flavour)?;
    let library = Library::open(&found.library).ok()?;
    let whole = library.version == VERSION && found.preload.iter().all(|path| elf::fault(path).is_none());
    whole.then(|| Done {
        folder: folder_of(data, flavour),
        library,
        others: others(data),
    })
}

/// The folder of all installations.
pub(super) fn home(data: &Path) -> PathBuf {
    data.join("onnxruntime")
}

/// Installations of other versions.
pub(super) fn others(data: &Path) -> Vec<PathBuf> {
    let ours = [Flavour::Cpu, Flavour::Cuda].map(|flavour| folder_of(data, flavour));
    let mut others: Vec<PathBuf> = fs::read_dir(home(data))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && !ours.contains(path))
        .collect();
    others.sort();
    others
}
