//! The user's Pythons: asked where a package is, and run for its pip. None of them is needed to run models.

use std::ffi::{OsStr, OsString};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Begins every script: nothing of the current folder may pass for a module. (`-I` would do that and also hide
/// what `pip install --user` put in place.)
pub const SAFE: &str = "import sys; sys.path[:] = [p for p in sys.path if p]; ";

/// How long a Python may take to answer a question.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer that is read.
const ANSWER: u64 = 16 * 1024;

/// The Pythons to try, in order: the active environment's, then those on the path.
#[must_use]
pub fn pythons() -> Vec<OsString> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(std::env::var_os)
        .filter(|prefix| !prefix.is_empty())
        .map(|prefix| PathBuf::from(prefix).join("bin/python").into_os_string());
    active.chain(["python3", "python"].map(OsString::from)).collect()
}

/// Runs a short script and gives what it prints, trimmed; `None` if this Python is not there, fails, prints
/// nothing, or takes too long.
#[must_use]
pub fn ask(python: &OsStr, script: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(python)
        .arg("-c")
        .arg(format!("{SAFE}{script}"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let output = child.stdout.take()?;
    let (give, answer) = mpsc::channel();
    // In a thread: a process left behind by the script may hold the pipe open for ever.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(ANSWER).read_to_end(&mut bytes);
        let _ = give.send(read.map(|_| bytes));
    });
    let deadline = Instant::now() + PATIENCE;
    let answer = answer.recv_timeout(PATIENCE);
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if answer.is_ok() && Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let answer = String::from_utf8(answer.ok()?.ok()?).ok()?;
    let answer = answer.trim();
    (status.success() && !answer.is_empty()).then(|| answer.to_owned())
}
