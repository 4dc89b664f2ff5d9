//! The ledger: one line for each finished item, appended in groups after the files themselves are durable.
//!
//! A kill at any moment leaves at worst a torn last line, which is cut off when the ledger is opened again; the
//! items of lost lines are made again and give the same bytes.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FallocateFlags, fallocate};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::atomic::{self, FileError};

/// Lines waiting for the disk are written after this time, or when they are this many bytes.
const GROUP_TIME: Duration = Duration::from_millis(500);
const GROUP_BYTES: usize = 256 << 10;
/// Room that is kept free behind the ledger for the lines that wait: where items fill the disk to its last byte,
/// the lines of those that were finished can still be written.
const RESERVE: u64 = 2 * GROUP_BYTES as u64;

/// An append-only file of JSON lines.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// The directory whose files the lines tell of.
    covers: PathBuf,
    file: File,
    length: u64,
    waiting: Vec<u8>,
    count: usize,
    last: Instant,
}

impl Ledger {
    /// Opens or starts the ledger at `path`, over files in `covers`; a torn last line is cut off.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(path: &Path, covers: &Path) -> Result<Self, FileError> {
        let fail = |e| FileError::new(path, "cannot open the ledger", e);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(fail)?;
        }
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)
            .map_err(fail)?;
        let length = whole_lines(&mut file).map_err(fail)?;
        file.set_len(length).map_err(fail)?;
        let ledger = Ledger {
            path: path.to_owned(),
            covers: covers.to_owned(),
            file,
            length,
            waiting: Vec::new(),
            count: 0,
            last: Instant::now(),
        };
        ledger.reserve()?;
        Ok(ledger)
    }

    /// How many lines are not durable yet.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.count
    }

    /// Adds a line, which becomes durable with its group. Gives the line's offset in the file.
    ///
    /// # Errors
    /// [`FileError`], when the group could not be written.
    pub fn append<T: Serialize>(&mut self, line: &T) -> Result<u64, FileError> {
        let offset = self.length + self.waiting.len() as u64;
        serde_json::to_writer(&mut self.waiting, line)
            .map_err(|e| FileError::new(&self.path, "cannot write a line", e.into()))?;
        self.waiting.push(b'\n');
        self.count += 1;
        if self.waiting.len() >= GROUP_BYTES || self.last.elapsed() >= GROUP_TIME {
            self.flush()?;
        }
        Ok(offset)
    }

    /// Makes the files durable, then the lines that tell of them.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn flush(&mut self) -> Result<(), FileError> {
        if !self.waiting.is_empty() {
            atomic::sync(&self.covers)?;
            let fail = |e| FileError::new(&self.path, "cannot write", e);
            // Written at its place: what an attempt that failed left there is overwritten by the next one.
            self.file
                .seek(SeekFrom::Start(self.length))
                .and_then(|_| self.file.write_all(&self.waiting))
                .and_then(|()| self.file.sync_data())
                .map_err(fail)?;
            self.length += self.waiting.len() as u64;
            self.waiting.clear();
            self.count = 0;
            self.reserve()?;
        }
        self.last = Instant::now();
        Ok(())
    }

    /// Keeps room behind the last line.
    fn reserve(&self) -> Result<(), FileError> {
        match fallocate(&self.file, FallocateFlags::KEEP_SIZE, self.length, RESERVE) {
            Err(error) => match FileError::new(&self.path, "cannot keep room for the ledger", error.into()) {
                full if full.no_space() => Err(full),
                // Not every file system can do it; then a full disk costs the last group of items.
                _ => Ok(()),
            },
            Ok(()) => Ok(()),
        }
    }
}

/// The length of the file up to its last line break.
fn whole_lines(file: &mut File) -> std::io::Result<u64> {
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut block = [0u8; 4096];
    while end > 0 {
        let size = end.min(block.len() as u64);
        file.seek(SeekFrom::Start(end - size))?;
        let part = &mut block[..size as usize];
        file.read_exact(part)?;
        if let Some(at) = part.iter().rposition(|&byte| byte == b'\n') {
            return Ok(end - size + at as u64 + 1);
        }
        end -= size;
    }
    Ok(0)
}

/// Reads JSON lines one by one with their offsets, or one at an offset.
#[derive(Debug)]
pub struct Lines {
    path: PathBuf,
    reader: BufReader<File>,
    offset: u64,
    line: Vec<u8>,
    number: u64,
}

/// A line that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The line.
    #[error("{path}:{line}: {reason}", path = path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// 1-based number of the line; 0 when it was read by its offset.
        line: u64,
        /// What is wrong with it.
        reason: String,
    },
}

impl Lines {
    /// Opens a file of JSON lines; `None` if there is none.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn open(path: &Path) -> Result<Option<Self>, FileError> {
        let fail = |error| FileError::new(path, "cannot read", error);
        match fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fail(error)),
            // A pipe would be waited on for ever.
            Ok(found) if !found.is_file() => {
                return Err(fail(std::io::Error::other("is not a regular file")));
            }
            Ok(_) => {}
        }
        let file = File::open(path).map_err(fail)?;
        Ok(Some(Lines {
            path: path.to_owned(),
            reader: BufReader::new(file),
            offset: 0,
            line: Vec::new(),
            number: 0,
        }))
    }

    /// The next line with its offset; `None` at the end or at a torn last line.
    ///
    /// # Errors
    /// [`LineError`]: an unreadable file, or a line that is not what it should be.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Option<(u64, T)>, LineError> {
        self.line.clear();
        let start = self.offset;
        let read = self
            .reader
            .read_until(b'\n', &mut self.line)
            .map_err(|e| FileError::new(&self.path, "cannot read", e))?;
        if self.line.last() != Some(&b'\n') {
            return Ok(None);
        }
        self.offset += read as u64;
        self.number += 1;
        self.parse(self.number).map(|value| Some((start, value)))
    }

    /// The line at an offset.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn at<T: DeserializeOwned>(&mut self, offset: u64) -> Result<T, LineError> {
        self.line.clear();
        let fail = |e| FileError::new(&self.path, "cannot read", e);
        // A relative seek keeps the buffer when the next line is near.
        self.reader
            .seek_relative(offset as i64 - self.offset as i64)
            .map_err(fail)?;
        let read = self.reader.read_until(b'\n', &mut self.line).map_err(fail)?;
        self.offset = offset + read as u64;
        self.parse(0)
    }

    fn parse<T: DeserializeOwned>(&self, line: u64) -> Result<T, LineError> {
        serde_json::from_slice(&self.line).map_err(|error| LineError::Line {
            path: self.path.clone(),
            line,
            reason: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_that_was_written_in_part_is_written_again_at_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.jsonl");
        let mut ledger = Ledger::open(&path, dir.path()).unwrap();
        ledger.append(&"one").unwrap();
        // What a write leaves that met a full disk: some bytes behind the last line, and a moved position.
        ledger.file.write_all(b"\"on").unwrap();
        ledger.append(&"two").unwrap();
        assert_eq!(ledger.waiting(), 2);
        ledger.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "\"one\"\n\"two\"\n");
    }

    #[test]
    fn a_torn_last_line_is_cut_and_work_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.jsonl");
        let mut ledger = Ledger::open(&path, dir.path()).unwrap();
        ledger.append(&"one").unwrap();
        ledger.append(&"two").unwrap();
        ledger.flush().unwrap();
        drop(ledger);
        let mut bytes = fs::read(&path).unwrap();
        for torn in [&b"\"thr"[..], b"", &[b'x'; 9000]] {
            bytes.truncate(12);
            bytes.extend_from_slice(torn);
            fs::write(&path, &bytes).unwrap();
            let mut ledger = Ledger::open(&path, dir.path()).unwrap();
            assert_eq!(ledger.append(&"three").unwrap(), 12);
            ledger.flush().unwrap();
            let mut lines = Lines::open(&path).unwrap().unwrap();
            let mut all = Vec::new();
            while let Some((offset, line)) = lines.read::<String>().unwrap() {
                all.push((offset, line));
            }
            assert_eq!(
                all,
                [
                    (0, "one".to_owned()),
                    (6, "two".to_owned()),
                    (12, "three".to_owned())
                ]
            );
            assert_eq!(lines.at::<String>(6).unwrap(), "two");
            assert_eq!(lines.at::<String>(0).unwrap(), "one");
        }
    }
}
