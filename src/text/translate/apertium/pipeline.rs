//! The running processes of a mode: those before the tagger, the tagger, and those after it.
//!
//! Writing, tagging and reading have a thread each, so that full pipes on one side never wait for the other side. The
//! processes are groups of their own, which are ended with the pipeline; should this program be killed, their input
//! ends and they with it.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::modes::Mode;
use super::stream::{escaped, plain};
use super::tagger::Tagger;
use crate::run::interrupt::Interrupt;
use crate::text::translate::Answer;

/// How long Ctrl-C may go unheard.
const LOOK: Duration = Duration::from_millis(100);

/// Why not all texts came through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The user wants to stop.
    Interrupted,
    /// Nothing came for too long.
    Silent,
    /// The processes ended, or said what was not asked.
    Ended,
}

/// Processes that wait for texts.
#[derive(Debug)]
pub struct Pipeline {
    /// Held for as long as they are needed.
    _groups: Vec<Group>,
    input: Sender<Vec<u8>>,
    output: Receiver<Vec<u8>>,
    buffer: Vec<u8>,
    /// The number of the next record.
    next: u64,
}

impl Pipeline {
    /// Starts the processes.
    ///
    /// # Errors
    /// The shell or a thread can't be started.
    pub fn start(mode: &Mode) -> io::Result<Self> {
        let (first, mut stdin, stdout) = Group::start(&mode.line.before, &mode.path)?;
        let mut groups = vec![first];
        let stdout = match &mode.line.tagger {
            None => stdout,
            Some((tagger, after)) => {
                let (second, input, output) = Group::start(after, &mode.path)?;
                let tagger = Tagger::new(tagger, &mode.path, groups[0].number());
                groups.push(second);
                // The thread owns both ends between which it stands; it ends when one of them does.
                thread::Builder::new()
                    .name("apertium-tag".to_owned())
                    .spawn(move || tag_all(stdout, tagger, input))?;
                output
            }
        };
        let (input, texts) = channel::<Vec<u8>>();
        let (answers, output) = sync_channel::<Vec<u8>>(4);
        thread::Builder::new()
            .name("apertium-in".to_owned())
            .spawn(move || texts.iter().all(|bytes| stdin.write_all(&bytes).is_ok()))?;
        thread::Builder::new()
            .name("apertium-out".to_owned())
            .spawn(move || pass_on(stdout, &answers))?;
        Ok(Pipeline {
            _groups: groups,
            input,
            output,
            buffer: Vec::new(),
            next: 0,
        })
    }

    /// Translates texts; answers are added to `done` in order.
    ///
    /// # Errors
    /// [`Stop`]: the pipeline can't be used any more; the answers so far are there.
    pub fn translate(
        &mut self,
        texts: &[&str],
        timeout: Duration,
        interrupt: &Interrupt,
        done: &mut Vec<Answer>,
    ) -> Result<(), Stop> {
        let first = self.next;
        let mut bytes = Vec::new();
        for text in texts {
            self.record(&escaped(text), &mut bytes);
        }
        // Comes back even if the last text does not.
        let last = self.next;
        self.record(&escaped(""), &mut bytes);
        self.input.send(bytes).map_err(|_| Stop::Ended)?;
        let mut expected = first;
        while expected <= last {
            let (number, answer) = self.receive(timeout, interrupt)?;
            if number < expected || number > last {
                return Err(Stop::Ended);
            }
            // Those between were swallowed.
            for _ in expected..number {
                done.push(Err("Apertium gave nothing back".to_owned()));
            }
            if let Some(text) = texts.get((number - first) as usize) {
                let found = plain(text, &answer);
                done.push(match found.is_empty() {
                    true => Err("Apertium gave nothing back".to_owned()),
                    false => Ok(vec![found]),
                });
            }
            expected = number + 1;
        }
        Ok(())
    }

    /// Adds a record: words and blanks, its number in a blank, NUL.
    fn record(&mut self, escaped: &str, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(format!("{escaped}[#{}]\0", self.next).as_bytes());
        self.next += 1;
    }

    /// The next record that comes back, and its number.
    fn receive(&mut self, timeout: Duration, interrupt: &Interrupt) -> Result<(u64, String), Stop> {
        let begun = Instant::now();
        loop {
            while let Some(end) = self.buffer.iter().position(|&byte| byte == 0) {
                let record: Vec<u8> = self.buffer.drain(..=end).collect();
                let record = String::from_utf8_lossy(&record[..end]).into_owned();
                // Some parts of a mode end more than what was asked: those records have no number.
                if let Some((text, number)) = numbered(&record) {
                    return Ok((number, text.to_owned()));
                }
            }
            if interrupt.stopped() {
                return Err(Stop::Interrupted);
            }
            match self.output.recv_timeout(LOOK) {
                Ok(bytes) => self.buffer.extend(bytes),
                Err(RecvTimeoutError::Timeout) if begun.elapsed() >= timeout => return Err(Stop::Silent),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Stop::Ended),
            }
        }
    }
}

/// Processes joined by pipes, and the shell that started them: gone with their children when dropped.
#[derive(Debug)]
struct Group(Child);

impl Group {
    fn start(script: &str, path: &str) -> io::Result<(Self, ChildStdin, ChildStdout)> {
        let mut child = Command::new("bash")
            // The words behind the script: how words are generated (-n: without marks at unknown ones), and no option
            // for taggers.
            .args(["-c", script, "apertium", "-n", ""])
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let ends = child.stdin.take().zip(child.stdout.take());
        let group = Group(child);
        let (stdin, stdout) = ends.ok_or(io::ErrorKind::BrokenPipe)?;
        Ok((group, stdin, stdout))
    }

    fn number(&self) -> i32 {
        i32::try_from(self.0.id()).unwrap_or_default()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = Pid::from_raw(self.number()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}

/// Tags all records on their way from one group to the other.
fn tag_all(records: ChildStdout, mut tagger: Tagger, mut to: ChildStdin) -> io::Result<()> {
    let mut records = BufReader::new(records);
    loop {
        let mut record = Vec::new();
        records.read_until(0, &mut record)?;
        if record.pop() != Some(0) {
            return Ok(());
        }
        let mut tagged = tagger.tag(&record)?;
        tagged.push(0);
        to.write_all(&tagged)?;
        to.flush()?;
    }
}

/// Text and number of a record.
fn numbered(record: &str) -> Option<(&str, u64)> {
    let (text, number) = record.strip_suffix(']')?.rsplit_once("[#")?;
    Some((text, number.parse().ok()?))
}

fn pass_on(mut stdout: impl Read, answers: &SyncSender<Vec<u8>>) {
    let mut chunk = vec![0; 64 << 10];
    loop {
        match stdout.read(&mut chunk) {
            Ok(0) => return,
            Ok(count) => {
                if answers.send(chunk[..count].to_vec()).is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::modes::Line;
    use super::*;
    use crate::text::translate::Pair;

    /// A mode whose script is not Apertium's.
    fn mode(script: &str) -> Mode {
        Mode {
            pair: Pair::new("en", "xx"),
            name: "en-xx".to_owned(),
            line: Line {
                before: script.to_owned(),
                tagger: None,
            },
            path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
            hash: [0; 32],
        }
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn texts_come_back_in_order_and_pipes_never_block() {
        let mut pipeline = Pipeline::start(&mode("sed -z -u s/one/ONE/")).unwrap();
        let large = "word ".repeat(200_000);
        let (mut done, interrupt) = (Vec::new(), Interrupt::default());
        for _ in 0..2 {
            done.clear();
            let texts = ["one [two]", &large, "x"];
            pipeline.translate(&texts, LONG, &interrupt, &mut done).unwrap();
            assert_eq!(done.len(), 3);
            assert_eq!(done[0], Ok(vec!["ONE [two]".to_owned()]));
            assert_eq!(done[1].as_ref().unwrap()[0].len(), large.len() - 1);
        }
    }

    #[test]
    fn processes_that_end_are_told_and_what_came_stands() {
        let mut pipeline = Pipeline::start(&mode("head -z -n 2")).unwrap();
        let (mut done, interrupt) = (Vec::new(), Interrupt::default());
        let texts = ["one", "two", "three"];
        assert_eq!(
            pipeline.translate(&texts, LONG, &interrupt, &mut done),
            Err(Stop::Ended)
        );
        assert_eq!(done.len(), 2);
    }

    #[test]
    fn a_text_that_is_swallowed_is_told_and_the_others_stand() {
        let mut pipeline = Pipeline::start(&mode("grep -z -v --line-buffered two")).unwrap();
        let (mut done, interrupt) = (Vec::new(), Interrupt::default());
        let texts = ["one", "two", "three"];
        pipeline.translate(&texts, LONG, &interrupt, &mut done).unwrap();
        assert_eq!(done[0], Ok(vec!["one".to_owned()]));
        assert!(done[1].is_err());
        assert_eq!(done[2], Ok(vec!["three".to_owned()]));
    }

    #[test]
    fn silence_and_signals_end_it() {
        let mut done = Vec::new();
        let mut pipeline = Pipeline::start(&mode("sleep 1000")).unwrap();
        let silent = pipeline.translate(&["one"], Duration::ZERO, &Interrupt::default(), &mut done);
        assert_eq!(silent, Err(Stop::Silent));
        let interrupt = Interrupt::default();
        interrupt.stop(2);
        let mut pipeline = Pipeline::start(&mode("sleep 1000")).unwrap();
        let stopped = pipeline.translate(&["one"], LONG, &interrupt, &mut done);
        assert_eq!(stopped, Err(Stop::Interrupted));
        assert!(done.is_empty());
    }

    #[test]
    fn what_is_dropped_is_gone_with_its_children() {
        let pipeline = Pipeline::start(&mode("sleep 1000 | sleep 1000")).unwrap();
        let group = Pid::from_raw(pipeline._groups[0].number()).unwrap();
        assert!(rustix::process::test_kill_process_group(group).is_ok());
        drop(pipeline);
        // Its children are init's now, which may take a moment to bury them.
        while rustix::process::test_kill_process_group(group).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
    }
}
