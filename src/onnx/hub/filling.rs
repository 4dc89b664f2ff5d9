//! A content on its way into `ETAG.incomplete`.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use reqwest::StatusCode;

use super::client::Client;
use super::digest::Hash;
use super::error::HubError;
use super::patience::Setback;
use super::verdict::{Fault, Target, fault};
use crate::run::atomic::FileError;

/// What is shown of a file's progress: bytes that come twice count once.
pub struct Shown<'a> {
    client: &'a Client<'a>,
    most: u64,
}

impl<'a> Shown<'a> {
    /// Nothing is shown yet.
    pub fn new(client: &'a Client<'a>) -> Self {
        Shown { client, most: 0 }
    }

    /// So much of the file is there.
    pub fn at(&mut self, position: u64) {
        self.client.progress().advance(position.saturating_sub(self.most));
        self.most = self.most.max(position);
    }
}

/// A content that is being loaded.
pub struct Filling<'a> {
    client: &'a Client<'a>,
    target: Target<'a>,
    size: u64,
    path: PathBuf,
    file: File,
    /// All that is in the file came in this run.
    own: bool,
    got: u64,
    shown: Shown<'a>,
}

impl<'a> Filling<'a> {
    /// Opens what an earlier run left, or begins anew.
    ///
    /// # Errors
    /// [`HubError::File`].
    pub fn open(
        client: &'a Client<'a>,
        target: Target<'a>,
        size: u64,
        path: PathBuf,
        shown: Shown<'a>,
    ) -> Result<Self, HubError> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|e| FileError::new(parent, "cannot make the folder", e))?;
        }
        let mut options = File::options();
        let file = options.create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(|e| FileError::new(&path, "cannot write", e))?;
        Ok(Filling {
            client,
            target,
            size,
            path,
            file,
            own: false,
            got: 0,
            shown,
        })
    }

    /// The bytes that came over the network.
    pub fn got(&self) -> u64 {
        self.got
    }

    /// Until it is whole and its hash agrees.
    ///
    /// # Errors
    /// [`HubError`].
    pub fn fill(&mut self, hashes: &[Hash]) -> Result<(), HubError> {
        let mut patience = self.client.patience();
        loop {
            let mut have = self.file.seek(SeekFrom::End(0)).map_err(|e| self.fail(e))?;
            if have > self.size {
                self.empty().map_err(|e| self.fail(e))?;
                have = 0;
            }
            self.own |= have == 0;
            self.shown.at(have);
            if have == self.size {
                match self.wrong(hashes)? {
                    None => return Ok(()),
                    Some((found, expected)) if self.own => {
                        return Err(self.delete(format!("a content with the hash {found}"), expected));
                    }
                    Some(_) => {
                        let text = format!(
                            "{}: what was there of it is damaged; loading all of it",
                            self.target.path
                        );
                        self.client.progress().note(&text);
                        self.empty().map_err(|e| self.fail(e))?;
                        continue;
                    }
                }
            }
            room(&self.path, self.size - have)?;
            let before = self.got;
            match self.piece(have) {
                Ok(()) => {}
                Err(Fault::Final(error)) => return Err(error),
                Err(Fault::Setback(setback)) => {
                    let gained = self.got - before;
                    patience.again(self.target.path, Setback { gained, ..setback })?;
                }
            }
        }
    }

    /// Asks for what is missing and appends it.
    ///
    /// The request names no version of the content (`If-Range`): the commit stands in the address, the content's hash
    /// in the file's name, and content servers have ETags of their own.
    fn piece(&mut self, have: u64) -> Result<(), Fault> {
        let mut answer = self.client.content(self.target, have)?;
        let mut position = have;
        match answer.status {
            StatusCode::RANGE_NOT_SATISFIABLE => {
                self.empty().map_err(|e| Fault::Final(self.fail(e)))?;
                return Err(Fault::setback(
                    "the server has no such rest of it, so all of it is loaded",
                ));
            }
            StatusCode::PARTIAL_CONTENT => {
                let range = answer.header("content-range").unwrap_or_default();
                if !continues(range, have, self.size) {
                    self.empty().map_err(|e| Fault::Final(self.fail(e)))?;
                    return Err(Fault::setback("the server sent another part than was asked for"));
                }
            }
            _ => {
                // Checked before what is there goes: a proxy's page must not cost it.
                let length = answer
                    .header("content-length")
                    .and_then(|length| length.parse::<u64>().ok());
                if let Some(length) = length.filter(|&length| length != self.size) {
                    return Err(Fault::Final(HubError::Answer {
                        what: self.target.path.to_owned(),
                        why: format!("found {length} bytes, expected {}", self.size),
                    }));
                }
                if have > 0 {
                    self.empty().map_err(|e| Fault::Final(self.fail(e)))?;
                    position = 0;
                }
            }
        }
        while let Some(chunk) = answer.chunk().map_err(|broken| fault(broken, &answer.host))? {
            let len = chunk.len() as u64;
            if position + len > self.size {
                let found = format!("more than {} bytes", self.size);
                return Err(Fault::Final(self.delete(found, format!("{} bytes", self.size))));
            }
            self.file
                .write_all(&chunk)
                .map_err(|e| Fault::Final(self.fail(e)))?;
            position += len;
            self.got += len;
            self.shown.at(position);
        }
        if position < self.size {
            let why = format!("the connection ended after {position} of {} bytes", self.size);
            return Err(Fault::setback(why));
        }
        Ok(())
    }

    /// On the disk before it is named: a power cut must not leave a whole name with half a content.
    ///
    /// # Errors
    /// [`HubError::File`].
    pub fn finish(self, blob: &Path) -> Result<(), HubError> {
        let synced = self.file.sync_all();
        synced.map_err(|e| self.fail(e))?;
        fs::rename(&self.path, blob).map_err(|e| self.fail(e))
    }

    fn empty(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.own = true;
        Ok(())
    }

    /// The first hash that does not agree, with what it should be.
    fn wrong(&self, hashes: &[Hash]) -> Result<Option<(String, String)>, HubError> {
        for hash in hashes {
            let found = hash.of_file(&self.path, self.client.interrupt())?;
            if found != hash.text() {
                return Ok(Some((found, hash.text().to_owned())));
            }
        }
        Ok(None)
    }

    /// What came is of no use.
    fn delete(&self, found: String, expected: String) -> HubError {
        let _ = fs::remove_file(&self.path);
        HubError::Content {
            path: self.target.path.to_owned(),
            found,
            expected,
        }
    }

    fn fail(&self, error: io::Error) -> HubError {
        FileError::new(&self.path, "cannot write", error).into()
    }
}

/// Whether `bytes FIRST-LAST/TOTAL` is the rest that was asked for.
fn continues(range: &str, have: u64, size: u64) -> bool {
    let Some((first, total)) = range
        .strip_prefix("bytes ")
        .and_then(|range| range.split_once('/'))
    else {
        return false;
    };
    let first = first.split('-').next().and_then(|first| first.parse().ok());
    first == Some(have) && (total == "*" || total.parse() == Ok(size))
}

/// Refuses what can't fit. A file system that tells no size is given a try.
fn room(path: &Path, needed: u64) -> Result<(), HubError> {
    let folder = path.parent().unwrap_or(path);
    let Ok(disk) = rustix::fs::statvfs(folder) else {
        return Ok(());
    };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if disk.f_blocks > 0 && free < needed {
        return Err(HubError::NoRoom {
            folder: folder.display().to_string(),
            free,
            needed,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::continues;

    #[test]
    fn only_the_rest_that_was_asked_for_is_taken() {
        assert!(continues("bytes 5-9/10", 5, 10));
        assert!(continues("bytes 5-9/*", 5, 10));
        for other in [
            "",
            "bytes 0-9/10",
            "bytes 5-9/11",
            "5-9/10",
            "bytes 5-9",
            "bytes x-9/10",
        ] {
            assert!(!continues(other, 5, 10), "{other}");
        }
    }
}
