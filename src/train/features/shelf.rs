//! The packs of one encoder, as one run reads and writes them.
//!
//! Reading takes no lock: a pack appears whole, is never changed, and tells by itself whether it is what was written.
//! Whatever writes or removes holds the lock of the whole cache, for a moment each time.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::path::PathBuf;
use std::time::SystemTime;

use super::Key;
use super::encoder::EncoderId;
use super::pack::{FULL_BYTES, Fault, Pack};
use super::room::{self, DIGITS, ENDING};
use crate::run::atomic::{self, FileError};
use crate::run::lock::Lock;

/// Packs below this size are merged,
const SMALL: u64 = 4 << 20;
/// when there are more of them than this.
const MANY: usize = 16;

/// The packs of one encoder.
#[derive(Debug)]
pub(super) struct Shelf {
    root: PathBuf,
    folder: PathBuf,
    model: Key,
    limit: u64,
    /// Packs that were read, with their bytes.
    sound: BTreeMap<PathBuf, u64>,
    /// Those of them that hold something this run needs.
    used: BTreeSet<PathBuf>,
    damaged: Vec<PathBuf>,
    thinned: bool,
}

impl Shelf {
    /// The packs of an encoder in the cache at `root`, which may take `limit` bytes.
    pub(super) fn new(root: PathBuf, id: EncoderId, limit: u64) -> Self {
        Shelf {
            folder: root.join(short(&id.0)),
            root,
            model: id.0,
            limit,
            sound: BTreeMap::new(),
            used: BTreeSet::new(),
            damaged: Vec::new(),
            thinned: false,
        }
    }

    /// Shows the features of all packs that were not shown yet; `visit` says whether this run needs one. `size` is
    /// their length if it is known.
    ///
    /// # Errors
    /// The folder can't be read. A pack that can't be is left out.
    pub(super) fn look(
        &mut self,
        size: Option<usize>,
        mut visit: impl FnMut(&Key, &[u8]) -> bool,
    ) -> Result<(), FileError> {
        for path in room::entries(&self.folder)? {
            if !room::is_pack(&path) || self.sound.contains_key(&path) {
                continue;
            }
            match Pack::read(&path, &self.model, size) {
                Ok(pack) => {
                    let mut used = false;
                    for (key, row) in pack.iter() {
                        used |= visit(key, row);
                    }
                    if used {
                        self.used.insert(path.clone());
                    }
                    self.sound.insert(path, pack.bytes());
                }
                Err(Fault::Damaged) => self.damaged.push(path),
                Err(Fault::Gone | Fault::Unread) => {}
            }
        }
        Ok(())
    }

    /// After a look: removes what is damaged, marks what is used as used now, merges small packs where there are many,
    /// and holds the limit, which may have been larger before.
    ///
    /// # Errors
    /// [`FileError`]; the cache can't be written.
    pub(super) fn settle(&mut self, size: usize, wanted: impl Fn(&Key) -> bool) -> Result<(), FileError> {
        let _lock = self.lock()?;
        for path in std::mem::take(&mut self.damaged) {
            // Another run may have written it anew.
            if matches!(Pack::read(&path, &self.model, Some(size)), Err(Fault::Damaged)) {
                // What stays is read in vain again.
                let _ = room::remove(&path);
            }
        }
        for path in &self.used {
            // One that another run removed meanwhile has been read already.
            let _ = File::options()
                .write(true)
                .open(path)
                .and_then(|file| file.set_modified(SystemTime::now()));
        }
        self.merge(size)?;
        if !self.make_room(0)? {
            self.thin(wanted)?;
        }
        Ok(())
    }

    /// Writes features, but for those that another run has written meanwhile. `false`: they would exceed the limit
    /// even without all packs that this run does not need.
    ///
    /// # Errors
    /// [`FileError`].
    pub(super) fn save(&mut self, new: &Pack, wanted: impl Fn(&Key) -> bool) -> Result<bool, FileError> {
        let _lock = self.lock()?;
        let own: HashSet<Key> = new.iter().map(|(key, _)| *key).collect();
        let mut theirs = HashSet::new();
        self.look(Some(new.size()), |key, _| {
            own.contains(key) && {
                theirs.insert(*key);
                true
            }
        })?;
        let mut rest = Pack::new(new.size());
        rest.take(new, |key| !theirs.contains(key));
        if rest.is_empty() {
            return Ok(true);
        }
        if !self.make_room(rest.bytes())? {
            self.thin(wanted)?;
            if !self.make_room(rest.bytes())? {
                return Ok(false);
            }
        }
        let path = self.write(&rest)?;
        self.used.insert(path);
        Ok(true)
    }

    fn lock(&self) -> Result<Lock, FileError> {
        Lock::wait(&self.root.join("lock"))
    }

    fn make_room(&self, bytes: u64) -> Result<bool, FileError> {
        room::make(&self.root, self.limit, bytes, &self.used)
    }

    /// Puts small packs together.
    fn merge(&mut self, size: usize) -> Result<(), FileError> {
        let small = self.sound.iter().filter(|&(_, &bytes)| bytes < SMALL);
        let small: Vec<PathBuf> = small.map(|(path, _)| path.clone()).collect();
        if small.len() <= MANY {
            return Ok(());
        }
        let mut merged = Pack::new(size);
        let mut parts = Vec::new();
        for path in small {
            let Ok(pack) = Pack::read(&path, &self.model, Some(size)) else {
                continue;
            };
            merged.take(&pack, |_| true);
            parts.push(path);
            if merged.bytes() >= FULL_BYTES as u64 {
                self.replace(&parts, &merged)?;
                merged = Pack::new(size);
                parts.clear();
            }
        }
        if parts.len() > 1 {
            self.replace(&parts, &merged)?;
        }
        Ok(())
    }

    /// Takes out of the packs in use what this run does not need, once.
    fn thin(&mut self, wanted: impl Fn(&Key) -> bool) -> Result<(), FileError> {
        if std::mem::replace(&mut self.thinned, true) {
            return Ok(());
        }
        for path in self.used.clone() {
            let Ok(pack) = Pack::read(&path, &self.model, None) else {
                continue;
            };
            let mut rest = Pack::new(pack.size());
            rest.take(&pack, &wanted);
            if rest.len() < pack.len() {
                self.replace(&[path], &rest)?;
            }
        }
        Ok(())
    }

    /// Writes a pack in place of others, then removes those. It counts as used when the last of them was. For that
    /// moment the cache may be above its limit by one pack; a kill between the two loses nothing.
    fn replace(&mut self, old: &[PathBuf], new: &Pack) -> Result<(), FileError> {
        let times = old
            .iter()
            .filter_map(|path| fs::metadata(path).ok()?.modified().ok());
        let last = times.max();
        let path = self.write(new)?;
        if let Some(last) = last {
            let _ = File::options()
                .write(true)
                .open(&path)
                .and_then(|file| file.set_modified(last));
        }
        for old in old.iter().filter(|&old| *old != path) {
            room::remove(old)?;
            self.sound.remove(old);
            if self.used.remove(old) {
                self.used.insert(path.clone());
            }
        }
        Ok(())
    }

    /// Writes a pack under the name of its content. A power cut may lose it, or leave what its hash tells apart.
    fn write(&mut self, pack: &Pack) -> Result<PathBuf, FileError> {
        let bytes = pack.encode(&self.model);
        let name = short(blake3::hash(&bytes).as_bytes());
        let path = self.folder.join(name + ENDING);
        atomic::write(&path, &bytes, false)?;
        self.sound.insert(path.clone(), bytes.len() as u64);
        Ok(path)
    }
}

fn short(hash: &Key) -> String {
    let mut hex = blake3::Hash::from_bytes(*hash).to_hex().to_string();
    hex.truncate(DIGITS);
    hex
}
