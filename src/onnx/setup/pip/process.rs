//! A process that may print anything and take hours: its last words are kept, and a signal ends it.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::run::interrupt::Interrupt;

/// How much of what it prints is kept, in bytes.
const KEPT: usize = 16 * 1024;

/// How long it may take to end once it was told to.
const GRACE: Duration = Duration::from_secs(3);

/// Why there is no exit status.
pub(super) enum Ended {
    /// It was stopped because a signal came.
    Interrupted,
    /// It could not be started or waited for.
    NotStarted(std::io::Error),
}

/// Runs a command to its end, or stops it; gives how it ended and the last of what it printed. `look` is called
/// every now and then.
pub(super) fn run(
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
        // A group of its own: Ctrl-C comes to us alone, and then everything that it started is stopped.
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
    // The last words are on their way; something that it left behind may hold the pipe open for longer.
    let patience = Instant::now() + Duration::from_secs(1);
    while !reader.is_finished() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(5));
    }
    let bytes = said.lock().unwrap_or_else(PoisonError::into_inner);
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Ends it and all that it started: politely first, so that it can clear up.
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

        let said = Mutex::new(Vec::new());
        keep_last(vec![b'x'; 3 * KEPT].as_slice(), &said);
        assert!(said.into_inner().unwrap().len() <= KEPT);
    }
}
