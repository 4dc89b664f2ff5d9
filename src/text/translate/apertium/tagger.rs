//! `apertium-tagger`, started anew as soon as it remembers what it should not.
//!
//! Where the tagger meets a word whose readings its model has never seen together, it narrows its "open class" (the
//! readings of unknown words) for good, and later texts come out otherwise (3.8.3: 2 of 1,000 comments from English to
//! Esperanto and 48 of 1,000 to Spanish when their order was reversed; after "THE" the word "dead" becomes an adverb).
//! With `-d` it says so on its standard error, before it hands on the text: then the next text gets a tagger of its
//! own. What it does to a text thus depends on that text alone.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

/// The largest record, in bytes, that goes to a tagger that stays: what it and its complaints come to fits into pipes,
/// so that writing all before reading any never blocks.
const SMALL: usize = 8 << 10;

/// The tagger of a mode.
pub struct Tagger {
    /// Program and arguments, without options for how long it stays.
    words: Vec<String>,
    path: String,
    /// The group of processes that it is ended with.
    group: i32,
    running: Option<Running>,
}

struct Running {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    complaints: ChildStderr,
}

impl Tagger {
    /// A tagger; it starts with the first record.
    pub fn new(words: &[String], path: &str, group: i32) -> Self {
        Tagger {
            words: words.to_vec(),
            path: path.to_owned(),
            group,
            running: None,
        }
    }

    /// Tags a record, which is without NUL.
    ///
    /// # Errors
    /// The tagger can't be started, or ended.
    pub fn tag(&mut self, record: &[u8]) -> io::Result<Vec<u8>> {
        if record.len() > SMALL {
            return self.once(record);
        }
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        running.input.write_all(&[record, b"\0"].concat())?;
        running.input.flush()?;
        let mut tagged = Vec::new();
        running.output.read_until(0, &mut tagged)?;
        if tagged.pop() != Some(0) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match running.complaints.read(&mut [0; 64]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.running = Some(running),
            // It has seen what it remembers, or can't say.
            _ => running.end(),
        }
        Ok(tagged)
    }

    /// Tags a large record with a tagger that sees nothing else.
    fn once(&self, record: &[u8]) -> io::Result<Vec<u8>> {
        let mut child = self
            .command()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(mut input), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let mut tagged = Vec::new();
        let read = std::thread::scope(|scope| {
            scope.spawn(move || input.write_all(record));
            output.read_to_end(&mut tagged)
        });
        child.wait()?;
        read.map(|_| tagged)
    }

    fn start(&self) -> io::Result<Running> {
        let mut child = self
            .command()
            .args(["-z", "-d"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take(), child.stderr.take()) {
            (Some(input), Some(output), Some(complaints)) => {
                let flags = fcntl_getfl(&complaints)?;
                fcntl_setfl(&complaints, flags | OFlags::NONBLOCK)?;
                Ok(Running {
                    child,
                    input,
                    output: BufReader::new(output),
                    complaints,
                })
            }
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    fn command(&self) -> Command {
        let mut words = self.words.iter();
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command
            .args(words)
            .env_clear()
            .env("PATH", &self.path)
            .env("LC_ALL", "C.UTF-8")
            .process_group(self.group);
        command
    }
}

impl Running {
    fn end(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Tagger {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            running.end();
        }
    }
}
