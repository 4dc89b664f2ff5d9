//! What a hop has translated, kept on disk for the next run.
//!
//! A folder of segments, each a file of JSON lines whose name is a hash of its content: it is written whole or not at
//! all, never changed, and its name tells whether it is still what was written. Of the lines only the places are kept
//! in memory (some 50 bytes each). Several processes may share the folder: a lock is held while something is written
//! or cleaned up, and what another one has merged is found again by looking once more.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::run::atomic::{self, FileError, is_part};
use crate::run::bounded;
use crate::run::lock::Lock;

/// Names a text and all that decides its translation.
pub type Key = [u8; 16];

/// The largest segment that is read, in bytes.
const SEGMENT_LIMIT: u64 = 64 << 20;
/// Segments are merged up to this many bytes.
const MERGED: usize = 8 << 20;
/// Smaller ones are merged.
const SMALL: u64 = 1 << 20;
/// So many small segments may lie about.
const MANY: usize = 64;

const ENDING: &str = ".jsonl";
const LOCK: &str = "lock";

/// A line of a segment.
#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    best: Vec<String>,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    segment: u32,
    offset: u32,
    length: u32,
}

/// The translations of one hop.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    durable: bool,
    /// Names of segments that were read.
    segments: Vec<String>,
    places: HashMap<Key, Place>,
    notes: Vec<String>,
}

impl Cache {
    /// Reads what is there; the folder is made with the first write. `durable` waits for the disk at each write, for
    /// translations that cost money.
    ///
    /// # Errors
    /// The folder can't be read. A damaged segment is no error but a note.
    pub fn open(folder: &Path, durable: bool) -> Result<Self, FileError> {
        let mut cache = Cache {
            folder: folder.to_owned(),
            durable,
            segments: Vec::new(),
            places: HashMap::new(),
            notes: Vec::new(),
        };
        cache.look()?;
        cache.tidy()?;
        Ok(cache)
    }

    /// What the user should know: segments that were damaged.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// How many texts have translations.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether a text has translations.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.places.contains_key(key)
    }

    /// The translations of a text, best first.
    pub fn get(&mut self, key: &Key) -> Option<Vec<String>> {
        let place = *self.places.get(key)?;
        if let Some(best) = self.read(key, place) {
            return Some(best);
        }
        // Another process may have merged segments meanwhile; what can't be found again is asked for again.
        self.segments.clear();
        self.places.clear();
        self.look().ok()?;
        let place = *self.places.get(key)?;
        self.read(key, place)
    }

    /// Adds translations, all or none.
    ///
    /// # Errors
    /// They can't be written.
    pub fn put<'a>(&mut self, entries: impl Iterator<Item = (Key, &'a [String])>) -> Result<(), FileError> {
        let mut bytes = Vec::new();
        for (key, best) in entries {
            let line = Line {
                key: hex(&key),
                best: best.to_vec(),
            };
            let line = serde_json::to_string(&line)
                .map_err(|error| FileError::new(&self.folder, "cannot write", error.into()))?;
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
        }
        if bytes.is_empty() {
            return Ok(());
        }
        let _lock = Lock::wait(&self.folder.join(LOCK))?;
        let name = self.write(&bytes)?;
        self.index(name, &bytes);
        Ok(())
    }

    /// Writes a segment; the lock has to be held.
    fn write(&self, bytes: &[u8]) -> Result<String, FileError> {
        let name = format!("{}{ENDING}", digest(bytes));
        let path = self.folder.join(&name);
        if !path.exists() {
            atomic::write(&path, bytes, self.durable)?;
        }
        Ok(name)
    }

    fn read(&self, key: &Key, place: Place) -> Option<Vec<String>> {
        let name = self.segments.get(place.segment as usize)?;
        let file = File::open(self.folder.join(name)).ok()?;
        let mut bytes = vec![0; place.length as usize];
        file.read_exact_at(&mut bytes, u64::from(place.offset)).ok()?;
        let line: Line = serde_json::from_slice(&bytes).ok()?;
        (line.key == hex(key) && !line.best.is_empty()).then_some(line.best)
    }

    /// Reads the segments that are there and not known yet.
    fn look(&mut self) -> Result<(), FileError> {
        let known: BTreeSet<String> = self.segments.iter().cloned().collect();
        for name in names(&self.folder)? {
            if known.contains(&name) {
                continue;
            }
            if let Some(bytes) = self.sound(&name) {
                self.index(name, &bytes);
            }
        }
        Ok(())
    }

    /// The bytes of a segment that are what was once written; a damaged one is noted.
    fn sound(&mut self, name: &str) -> Option<Vec<u8>> {
        let path = self.folder.join(name);
        let why = match bounded::read(&path, SEGMENT_LIMIT) {
            Ok(bytes) if name.strip_suffix(ENDING) == Some(&digest(&bytes)) => return Some(bytes),
            Ok(_) => "is damaged".to_owned(),
            // Merged and removed by another process.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => format!("can't be read: {error}"),
        };
        let note = format!(
            "{}: this part of the translations kept on disk {why}; its texts are translated again\n\
             hint: remove the file",
            path.display()
        );
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        None
    }

    /// Notes where the lines of a segment stand. What is there already stays.
    fn index(&mut self, name: String, bytes: &[u8]) {
        let Ok(segment) = u32::try_from(self.segments.len()) else {
            return;
        };
        self.segments.push(name);
        let mut offset = 0;
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            let start = offset;
            offset += line.len();
            let place = u32::try_from(start).ok().zip(u32::try_from(line.len()).ok());
            let key = serde_json::from_slice::<Line>(line)
                .ok()
                .and_then(|line| unhex(&line.key));
            if let Some((key, (offset, length))) = key.zip(place) {
                self.places.entry(key).or_insert(Place {
                    segment,
                    offset,
                    length,
                });
            }
        }
    }

    /// Removes what killed processes left half-written, and merges small segments where there are many. Another
    /// process that is writing has precedence.
    fn tidy(&mut self) -> Result<(), FileError> {
        let parts = parts(&self.folder);
        let small: Vec<String> = self
            .segments
            .iter()
            .filter(|name| fs::metadata(self.folder.join(name)).is_ok_and(|metadata| metadata.len() < SMALL))
            .cloned()
            .collect();
        if parts.is_empty() && small.len() <= MANY {
            return Ok(());
        }
        let Ok(_lock) = Lock::acquire(&self.folder.join(LOCK)) else {
            return Ok(());
        };
        for part in parts {
            let _ = fs::remove_file(part);
        }
        if small.len() <= MANY {
            return Ok(());
        }
        let mut merged: Vec<String> = Vec::new();
        let mut seen = BTreeSet::new();
        let mut bytes = Vec::new();
        for name in &small {
            for line in self
                .sound(name)
                .unwrap_or_default()
                .split_inclusive(|&byte| byte == b'\n')
            {
                let key = serde_json::from_slice::<Line>(line).ok().map(|line| line.key);
                if key.is_some_and(|key| seen.insert(key)) {
                    bytes.extend_from_slice(line);
                }
            }
            if bytes.len() >= MERGED {
                merged.push(self.write(&bytes)?);
                bytes.clear();
            }
        }
        if !bytes.is_empty() {
            merged.push(self.write(&bytes)?);
        }
        // The new ones stand; only now may the old ones go.
        atomic::sync(&self.folder)?;
        for name in small.iter().filter(|name| !merged.contains(name)) {
            let _ = fs::remove_file(self.folder.join(name));
        }
        self.segments.clear();
        self.places.clear();
        self.look()
    }
}

/// The segments of a folder, sorted; none if there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, FileError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(|error| FileError::new(folder, "cannot read the folder", error))?,
    };
    let mut names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            name.strip_suffix(ENDING)
                .is_some_and(|stem| unhex(stem).is_some())
        })
        .collect();
    names.sort_unstable();
    Ok(names)
}

fn parts(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(is_part))
        .map(|entry| entry.path())
        .collect()
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

fn hex(key: &Key) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Key> {
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    let number = u128::from_str_radix(text, 16).ok()?;
    Some(number.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        u128::from(number).to_be_bytes()
    }

    fn put(cache: &mut Cache, numbers: impl Iterator<Item = u32>) {
        let entries: Vec<(Key, Vec<String>)> = numbers
            .map(|number| (key(number), vec![format!("t {number}\n\"ü\""), "next".to_owned()]))
            .collect();
        let entries = entries.iter().map(|(key, best)| (*key, best.as_slice()));
        cache.put(entries).unwrap();
    }

    fn segments(folder: &Path) -> Vec<String> {
        names(folder).unwrap()
    }

    #[test]
    fn what_was_put_is_there_for_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        let mut cache = Cache::open(&folder, true).unwrap();
        assert!(cache.is_empty() && !folder.exists());
        put(&mut cache, 0..3);
        put(&mut cache, 3..4);
        cache.put(std::iter::empty()).unwrap();
        assert_eq!(segments(&folder).len(), 2);
        for cache in [&mut cache, &mut Cache::open(&folder, false).unwrap()] {
            assert_eq!(cache.len(), 4);
            assert_eq!(cache.get(&key(2)).unwrap(), ["t 2\n\"ü\"", "next"]);
            assert!(cache.get(&key(9)).is_none() && !cache.has(&key(9)) && cache.has(&key(3)));
        }
    }

    #[test]
    fn a_damaged_segment_is_told_and_the_others_stand() {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = Cache::open(dir.path(), false).unwrap();
        put(&mut cache, 0..1);
        put(&mut cache, 1..2);
        let damaged = dir.path().join(&cache.segments[0]);
        let mut bytes = fs::read(&damaged).unwrap();
        bytes.truncate(bytes.len() - 3);
        fs::write(&damaged, bytes).unwrap();
        let mut again = Cache::open(dir.path(), false).unwrap();
        assert_eq!(again.len(), 1);
        assert!(again.notes()[0].contains("is damaged"), "{:?}", again.notes());
        assert!(again.get(&key(1)).is_some());
        // The one that knew the line before it was damaged asks again instead of giving half of it.
        assert!(cache.get(&key(0)).is_none() && !cache.has(&key(0)));
    }

    #[test]
    fn many_segments_become_one_and_others_find_their_lines_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut first = Cache::open(dir.path(), false).unwrap();
        for number in 0..=u32::try_from(MANY).unwrap() {
            put(&mut first, number..number + 1);
        }
        // Left by a kill in the middle of a write.
        fs::write(dir.path().join(".half.jsonl.augment-part"), b"{").unwrap();
        let mut second = Cache::open(dir.path(), false).unwrap();
        assert_eq!(segments(dir.path()).len(), 1);
        assert!(parts(dir.path()).is_empty());
        for number in 0..=u32::try_from(MANY).unwrap() {
            assert_eq!(first.get(&key(number)), second.get(&key(number)));
            assert!(first.has(&key(number)));
        }
    }

    #[test]
    fn two_that_write_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for worker in 0..4u32 {
                let folder = dir.path();
                scope.spawn(move || {
                    let mut cache = Cache::open(folder, false).unwrap();
                    for number in 0..20 {
                        // Two workers each write the same.
                        put(
                            &mut cache,
                            (worker / 2) * 100 + number..(worker / 2) * 100 + number + 1,
                        );
                    }
                });
            }
        });
        let mut cache = Cache::open(dir.path(), false).unwrap();
        assert_eq!((cache.len(), cache.notes().len()), (40, 0));
        assert!(
            (0..20)
                .chain(100..120)
                .all(|number| cache.get(&key(number)).is_some())
        );
    }
}
