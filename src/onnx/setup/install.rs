//! Installing: fetch, check, unpack, try, put in place. Until the last step nothing of it can be seen.

use std::path::{Path, PathBuf};

use super::begin::{Done, home, others};
use super::package::Package;
use super::pip::{Pip, by_hand};
use super::place::{Part, free_space};
use super::wheel::Wheel;
use super::{Flavour, Installed, MARKER, SetupError, VERSION, cuda, folder_of};
use crate::onnx::runtime::Library;
use crate::run::atomic::{self, FileError};
use crate::run::interrupt::Interrupt;
use crate::run::lock::Lock;
use crate::run::progress::Progress;

/// The library in a wheel, by its place in the installation.
const LIBRARY: &str = "libonnxruntime.so.1.31.1";

/// Where CUDA's libraries go in the installation.
const CUDA: &str = "cuda";

/// Room for what is small beside the libraries, and for what file systems lose.
const SPARE: u64 = 32_000_000;

/// Where wheels come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The user's pip.
    Pip(Pip),
    /// A folder of wheels.
    Folder(PathBuf),
}

/// An installation to be made. Other setups wait for it.
#[derive(Debug)]
pub struct Job {
    data: PathBuf,
    flavour: Flavour,
    packages: &'static [Package],
    _lock: Lock,
}

impl Job {
    pub(super) fn new(data: &Path, flavour: Flavour, packages: &'static [Package], lock: Lock) -> Self {
        Job {
            data: data.to_owned(),
            flavour,
            packages,
            _lock: lock,
        }
    }

    /// What will be fetched.
    #[must_use]
    pub fn packages(&self) -> &[Package] {
        self.packages
    }

    /// Bytes that will be in the data folder at the end.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.packages.iter().map(|package| package.unpacked).sum()
    }

    /// Where it will be.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        folder_of(&self.data, self.flavour)
    }

    /// Bytes that have to be free for it.
    #[must_use]
    pub fn needs(&self, source: &Source) -> u64 {
        let wheel = match source {
            Source::Folder(_) => 0,
            // One wheel at a time, which pip has twice for a moment: as it came, and where we asked for it.
            Source::Pip(_) => self
                .packages
                .iter()
                .map(|package| 2 * package.bytes)
                .max()
                .unwrap_or(0),
        };
        self.size() + wheel + SPARE
    }

    /// Makes the installation.
    ///
    /// # Errors
    /// [`SetupError`]; what was installed before is as it was then.
    pub fn run(
        self,
        source: &Source,
        interrupt: &Interrupt,
        progress: &dyn Progress,
    ) -> Result<Done, SetupError> {
        let home = home(&self.data);
        let needed = self.needs(source);
        if let Some(free) = free_space(&home).filter(|&free| free < needed) {
            return Err(SetupError::Space {
                folder: home,
                needed,
                free,
            });
        }
        let target = self.folder();
        let part = Part::new(&home, &format!("{VERSION}-{}", self.flavour))?;
        for package in self.packages {
            self.unpack(package, source, part.path(), interrupt, progress)?;
        }
        let folder = part.path();
        let preload = match self.flavour {
            Flavour::Cpu => Vec::new(),
            Flavour::Cuda => cuda::ordered(&[folder.join(CUDA)]),
        };
        Library::open(&folder.join(LIBRARY)).map_err(SetupError::Library)?;
        let relative = |path: PathBuf| path.strip_prefix(folder).map(Path::to_owned).unwrap_or(path);
        let mark = Installed {
            version: VERSION.to_owned(),
            flavour: self.flavour,
            library: PathBuf::from(LIBRARY),
            preload: preload.into_iter().map(relative).collect(),
        };
        let marker = folder.join(MARKER);
        let mut text = serde_json::to_vec_pretty(&mark)
            .map_err(|error| FileError::new(&marker, "cannot write", error.into()))?;
        text.push(b'\n');
        atomic::write(&marker, &text, false)?;
        if interrupt.stopped() {
            return Err(SetupError::Interrupted);
        }
        part.commit(&target)?;
        let library = Library::open(&target.join(LIBRARY)).map_err(SetupError::Library)?;
        Ok(Done {
            folder: target,
            library,
            others: others(&self.data),
        })
    }

    fn unpack(
        &self,
        package: &'static Package,
        source: &Source,
        into: &Path,
        interrupt: &Interrupt,
        progress: &dyn Progress,
    ) -> Result<(), SetupError> {
        match source {
            Source::Pip(pip) => {
                // Gone at the end of this block: the wheel is not needed any more. The pip of a setup that was
                // killed may still be at work, so the name is our own.
                let fetched = Part::new(&home(&self.data), &format!("fetch-{}", std::process::id()))?;
                let path = pip.fetch(package, fetched.path(), interrupt, progress)?;
                Wheel::open(&path, package, interrupt)?.unpack(into, interrupt)
            }
            Source::Folder(folder) => {
                let path = folder.join(package.file);
                if !path.is_file() {
                    return Err(SetupError::NotInFolder {
                        folder: folder.clone(),
                        file: package.file,
                        command: by_hand(package),
                    });
                }
                Wheel::open(&path, package, interrupt)?.unpack(into, interrupt)
            }
        }
    }
}
