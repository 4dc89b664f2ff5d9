//! The user's pip, which fetches the wheels: so mirrors, proxies, certificates and offline folders are set up
//! where the user already did.

mod process;

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use process::Ended;

use super::SetupError;
use super::package::Package;
use super::redact::{redact, secrets};
use crate::onnx::python::{self, SAFE};
use crate::run::atomic::{self, FileError};
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// As `python -m pip`, but a folder `pip` where the program was started is not taken for it.
const PIP: &str = "import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/// How many lines of what pip prints are shown.
const SHOWN: usize = 12;

/// Progress is told in steps of so many bytes.
const STEP: u64 = 1_000_000;

/// A Python with pip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pip {
    /// The Python.
    pub python: OsString,
    /// What its pip says it is, for example `pip 23.2.1 from ... (python 3.11)`.
    pub version: String,
}

impl Pip {
    /// The first Python that has pip.
    ///
    /// # Errors
    /// [`SetupError::NoPython`] and [`SetupError::NoPip`].
    pub fn find() -> Result<Self, SetupError> {
        let mut without = Vec::new();
        let pythons = python::pythons();
        for python in &pythons {
            if let Some(version) = python::ask(python, PIP, &["--version"]) {
                return Ok(Pip {
                    python: python.clone(),
                    version: redact(&version, &[]),
                });
            }
            if python::ask(python, "print(sys.version)", &[]).is_some() {
                without.push(python.to_string_lossy().into_owned());
            }
        }
        Err(if without.is_empty() {
            let names = pythons.iter().map(|python| python.to_string_lossy().into_owned());
            SetupError::NoPython(names.collect())
        } else {
            SetupError::NoPip(without)
        })
    }

    /// Its name and version, for example `pip 23.2.1`.
    #[must_use]
    pub fn name(&self) -> &str {
        // pip 23.2.1 from <folder> (python 3.11)
        self.version
            .split_once(" from ")
            .map_or(self.version.as_str(), |(name, _)| name)
    }

    /// Fetches a wheel into `folder`, which pip may also use for files of its own.
    ///
    /// # Errors
    /// [`SetupError`].
    pub(super) fn fetch(
        &self,
        package: &Package,
        folder: &Path,
        interrupt: &Interrupt,
        progress: &dyn Progress,
    ) -> Result<PathBuf, SetupError> {
        // With its hash pip takes the right one of several files, and works where `require-hashes` is set.
        let wanted = folder.join("requirements.txt");
        let Package {
            name,
            version,
            sha256,
            ..
        } = package;
        let line = format!("{name}=={version} --hash=sha256:{sha256}\n");
        atomic::write(&wanted, line.as_bytes(), false)?;
        let wheels = folder.join("wheels");
        std::fs::create_dir_all(&wheels)
            .map_err(|error| FileError::new(&wheels, "cannot make the folder", error))?;

        let mut command = Command::new(&self.python);
        command
            .arg("-c")
            .arg(format!("{SAFE}{PIP}"))
            .arg("download")
            .args(options(package))
            .args(["--no-input", "--progress-bar", "off", "--dest"])
            .arg(&wheels)
            .arg("--requirement")
            .arg(&wanted)
            // Gigabytes: on the disk that has to hold them anyway, and where we clear up after a kill.
            .env("TMPDIR", folder)
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            // These are about the user's environments; nothing is installed into one here.
            .env("PIP_REQUIRE_VIRTUALENV", "0")
            .env_remove("PIP_CONSTRAINT");
        progress.stage(package.name, package.bytes.div_ceil(STEP));
        let mut told = 0;
        let ended = process::run(command, interrupt, || {
            let now = (largest(folder, 3) / STEP).min(package.bytes / STEP);
            progress.advance(now.saturating_sub(told));
            told = told.max(now);
        });
        progress.finish();
        let (status, said) = ended.map_err(|error| match error {
            Ended::Interrupted => SetupError::Interrupted,
            Ended::NotStarted(error) => self.failed(package, error.to_string(), Vec::new()),
        })?;
        if status.success() {
            return only_file(&wheels)
                .ok_or_else(|| self.failed(package, "left no file".to_owned(), lines(&said)));
        }
        Err(self.fault(package, &wheels, status, &said))
    }

    fn fault(&self, package: &Package, wheels: &Path, status: ExitStatus, said: &str) -> SetupError {
        if said.contains("No space left on device") || said.contains("Disk quota exceeded") {
            let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
            return FileError::new(wheels, "pip cannot write", full).into();
        }
        if said.contains("DO NOT MATCH THE HASHES")
            && let Some(found) = hash_found(said)
        {
            return SetupError::Hash {
                path: PathBuf::from(package.file),
                found,
                expected: package.sha256,
            };
        }
        let how = match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("ended by signal {signal}"),
            (None, None) => "no exit code".to_owned(),
        };
        self.failed(package, how, lines(said))
    }

    fn failed(&self, package: &Package, status: String, said: Vec<String>) -> SetupError {
        SetupError::Pip {
            command: format!(
                "{} -m pip download {}=={}",
                self.python.to_string_lossy(),
                package.name,
                package.version
            ),
            status,
            said,
        }
    }
}

/// What pip has to be told to fetch for this program's machine, whatever machine and Python it runs on.
fn options(package: &Package) -> [&'static str; 10] {
    [
        "--only-binary=:all:",
        "--no-deps",
        "--platform",
        package.platform,
        "--python-version",
        "3.12",
        "--implementation",
        "cp",
        "--abi",
        "cp312",
    ]
}

/// The command that fetches a wheel into a folder on another machine.
#[must_use]
pub(super) fn by_hand(package: &Package) -> String {
    format!(
        "python3 -m pip download {} --dest FOLDER {}=={}",
        options(package).join(" "),
        package.name,
        package.version
    )
}

/// The last lines, fit to be shown.
fn lines(said: &str) -> Vec<String> {
    let secrets = secrets();
    let all: Vec<String> = said
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
        .map(|line| redact(line, &secrets).chars().take(400).collect())
        .collect();
    all.into_iter().rev().take(SHOWN).rev().collect()
}

/// The hash in pip's complaint: `Got        <64 hex digits>`.
fn hash_found(said: &str) -> Option<String> {
    let mut words = said.split_whitespace().skip_while(|&word| word != "Got").skip(1);
    words
        .next()
        .filter(|word| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .map(str::to_owned)
}

/// The size of the largest file in a folder: while pip works, that is the wheel, first in pip's own folder.
fn largest(folder: &Path, depth: usize) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(data) if data.is_file() => data.len(),
            Ok(data) if data.is_dir() && depth > 0 => largest(&entry.path(), depth - 1),
            _ => 0,
        })
        .max()
        .unwrap_or(0)
}

/// The file in a folder that holds nothing else.
fn only_file(folder: &Path) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(folder).ok()?.flatten();
    let first = entries.next()?.path();
    (entries.next().is_none() && first.is_file()).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_that_pip_found_is_read() {
        let hash = "ab".repeat(32);
        let said = format!(
            "Expected sha256 {}\n             Got        {hash}\n\n",
            "cd".repeat(32)
        );
        assert_eq!(hash_found(&said), Some(hash));
        assert_eq!(hash_found("Got nothing"), None);
    }
}
