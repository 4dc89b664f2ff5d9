//! The ONNX Runtime that a Python has in its `onnxruntime` or `onnxruntime-gpu` package.

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::search::{Candidate, Origin, beside, in_folder};

/// Prints the package's folder. It is not imported: that would take a second and could print anything.
const ASK: &str = "import importlib.util as u; s = u.find_spec('onnxruntime'); \
                   print(next(iter(s.submodule_search_locations)) if s else '')";

/// How long a Python may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The library of the first Python that has one: the active environment's, then those on the path.
pub(super) fn find() -> Option<Candidate> {
    pythons().into_iter().find_map(|python| {
        let package = PathBuf::from(ask(&python)?);
        let path = in_folder(package.join("capi"));
        path.is_file().then(|| Candidate {
            origin: Origin::Python,
            preload: beside(&path),
            path,
        })
    })
}

fn pythons() -> Vec<OsString> {
    let active = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(std::env::var_os)
        .filter(|prefix| !prefix.is_empty())
        .map(|prefix| PathBuf::from(prefix).join("bin/python").into_os_string());
    active.chain(["python3", "python"].map(OsString::from)).collect()
}

fn ask(python: &OsString) -> Option<String> {
    // -I: nothing of the current folder may pass for the package.
    let mut child = Command::new(python)
        .args(["-I", "-c", ASK])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(5)),
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut answer = String::new();
    // A path fits into the pipe, so the process never waits for us to read.
    child
        .stdout
        .take()?
        .take(16 * 1024)
        .read_to_string(&mut answer)
        .ok()?;
    let answer = answer.trim();
    (status.success() && !answer.is_empty()).then(|| answer.to_owned())
}
