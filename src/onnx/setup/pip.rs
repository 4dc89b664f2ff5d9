//! The user's pip, which fetches the wheels: so mirrors, proxies, certificates and offline folders are set up
//! where the user already did.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::SetupError;
use super::package::Package;
use super::redact::{redact, secrets};
use crate::onnx::python::{self, SAFE};
use crate::run::atomic::{self, FileError};
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// As `python -m pip`, but a folder `pip` where the program was started is not taken for it.
const PIP: &str = "import runpy; runpy.run_module('pip', run_name='__main__', alter_sys=True)";

/// How much of what pip prints is kept, in bytes, and how many lines of it are shown.
const KEPT: usize = 16 * 1024;
const SHOWN: usize = 12;

/// How long pip may take to end once it was told to.
const GRACE: Duration = Duration::from_secs(3);

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
        let ended = run(command, interrupt, || {
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

enum Ended {
    Interrupted,
    NotStarted(std::io::Error),
}

/// Runs pip to its end, or stops it; gives how it ended and the last of what it printed.
fn run(
    mut command: Command,
    interrupt: &Interrupt,
    mut look: impl FnMut(),
) -> Result<(ExitStatus, String), Ended> {
    let (output, input) = std::io::pipe().map_err(Ended::NotStarted)?;
    let errors = input.try_clone().map_err(Ended::NotStarted)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(input)
        .stderr(errors)
        // A group of its own: Ctrl-C comes to us alone, and then everything that pip started is stopped.
        .process_group(0)
        .spawn()
        .map_err(Ended::NotStarted)?;
    // It holds the pipe's ends for writing.
    drop(command);
    let said = Arc::new(Mutex::new(Vec::new()));
    let reader = std::thread::spawn({
        let said = Arc::clone(&said);
        move || keep_last(output, &said)
    });
    let ended = loop {
        if interrupt.stopped() {
            stop(&mut child);
            break Err(Ended::Interrupted);
        }
        match child.try_wait() {
            Ok(Some(status)) => break Ok(status),
            Ok(None) => {}
            Err(error) => {
                stop(&mut child);
                break Err(Ended::NotStarted(error));
            }
        }
        look();
        std::thread::sleep(Duration::from_millis(50));
    };
    let status = ended?;
    // The last words are on their way; something that pip left behind may hold the pipe open for longer.
    let patience = Instant::now() + Duration::from_secs(1);
    while !reader.is_finished() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    let bytes = said.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Ends pip and all that it started: politely first, so that it can clear up.
fn stop(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let signal = |signal: Signal| {
        if let Some(group) = group {
            let _ = kill_process_group(group, signal);
        }
    };
    signal(Signal::TERM);
    let patience = Instant::now() + GRACE;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(10));
    }
    signal(Signal::KILL);
    let _ = child.kill();
    let _ = child.wait();
}

/// Reads to the end and keeps the last bytes, without a line that was cut off at its start.
fn keep_last(mut output: impl Read, said: &Mutex<Vec<u8>>) {
    let mut chunk = [0; 4096];
    loop {
        let read = match output.read(&mut chunk) {
            Ok(0) => return,
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return,
        };
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend(chunk.iter().take(read));
        if let Some(surplus) = said.len().checked_sub(KEPT).filter(|&surplus| surplus > 0) {
            // Half a line could be half an address, whose password would not be known for one.
            let line = said.iter().skip(surplus).position(|&byte| byte == b'\n');
            let cut = line.map_or(said.len(), |line| surplus + line + 1);
            said.drain(..cut);
        }
    }
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
    fn the_last_words_are_kept_by_whole_lines() {
        let said = Mutex::new(Vec::new());
        let text: String = (0..5000).map(|line| format!("line {line}\n")).collect();
        keep_last(text.as_bytes(), &said);
        let kept = String::from_utf8(said.into_inner().unwrap()).unwrap();
        assert!(
            kept.len() <= KEPT && kept.len() > KEPT - 4096 - 16,
            "{}",
            kept.len()
        );
        assert!(kept.starts_with("line ") && kept.ends_with("line 4999\n"));
        assert_eq!(lines(&kept).len(), SHOWN);

        let said = Mutex::new(Vec::new());
        keep_last(vec![b'x'; 3 * KEPT].as_slice(), &said);
        assert!(said.into_inner().unwrap().len() <= KEPT);
    }

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
