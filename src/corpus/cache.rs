//! Facts of earlier runs, kept in the user's cache folder: a file of the same size and times is not decoded again.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::index::{Facts, Role};
use crate::audio::bank::BankKind;
use crate::run::atomic::{AtomicFile, FileError};
use crate::run::ledger::Lines;
use crate::run::lock::Lock;

/// Raised when facts are measured otherwise than before.
const VERSION: u32 = 1;
/// A file changed within this time before it was read could change again without its times telling.
const SETTLED: Duration = Duration::from_secs(1);

/// What `stat` tells of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    size: u64,
    modified_ns: i128,
    changed_ns: i128,
}

impl Stamp {
    /// The stamp of a file; `None` if there is none.
    #[must_use]
    pub fn of(path: &Path) -> Option<Stamp> {
        let stat = fs::metadata(path).ok()?;
        let ns = |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        Some(Stamp {
            size: stat.size(),
            modified_ns: ns(stat.mtime(), stat.mtime_nsec()),
            changed_ns: ns(stat.ctime(), stat.ctime_nsec()),
        })
    }

    /// Whether the file last changed long enough ago for its times to tell of the next change.
    fn settled(&self) -> bool {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let last = self.modified_ns.max(self.changed_ns);
        last < (now.saturating_sub(SETTLED)).as_nanos() as i128
    }
}

#[derive(Serialize, Deserialize)]
struct Line {
    path: PathBuf,
    role: u8,
    stamp: Stamp,
    facts: Facts,
}

/// Facts by path.
#[derive(Debug, Default)]
pub struct Cache {
    file: Option<PathBuf>,
    known: HashMap<(PathBuf, u8), (Stamp, Facts)>,
    changed: bool,
}

fn code(role: Role) -> u8 {
    match role {
        Role::Source => 0,
        Role::Bank(BankKind::Noise) => 1,
        Role::Bank(BankKind::Response) => 2,
    }
}

impl Cache {
    /// The cache for one way of preparing, named by `key`. Without a cache folder, or with a damaged file, it is
    /// empty: facts are measured again.
    #[must_use]
    pub fn open(folder: Option<&Path>, key: &str) -> Self {
        let name = blake3::hash(format!("{VERSION} {key}").as_bytes()).to_hex();
        let file = folder.map(|folder| folder.join("index").join(format!("{}.jsonl", &name[..32])));
        let mut cache = Cache {
            file,
            ..Cache::default()
        };
        cache.read();
        cache
    }

    /// Takes over what is in the file, but for what is known already.
    fn read(&mut self) {
        if let Some(Ok(Some(mut lines))) = self.file.as_deref().map(Lines::open) {
            while let Ok(Some((_, line))) = lines.read::<Line>() {
                self.known
                    .entry((line.path, line.role))
                    .or_insert((line.stamp, line.facts));
            }
        }
    }

    /// The facts of a file that has not changed; `check` asks its bytes, not only its times.
    #[must_use]
    pub fn get(&self, path: &Path, role: Role, check: bool) -> Option<Facts> {
        let (stamp, facts) = self.known.get(&(path.to_owned(), code(role)))?;
        let same = Stamp::of(path)? == *stamp && (!check || same_bytes(path, &facts.file));
        same.then(|| facts.clone())
    }

    /// Notes the facts of a file.
    pub fn put(&mut self, path: &Path, role: Role, stamp: Stamp, facts: Facts) {
        if stamp.settled() {
            self.known.insert((path.to_owned(), code(role)), (stamp, facts));
            self.changed = true;
        }
    }

    /// Writes what is new to the cache folder.
    ///
    /// # Errors
    /// [`FileError`]; a run can go on without.
    pub fn save(&mut self) -> Result<(), FileError> {
        let Some(path) = self.file.clone().filter(|_| self.changed) else {
            return Ok(());
        };
        // Runs over other corpora write the same file: one after the other, each keeping what the others found.
        let _lock = Lock::wait(&path.with_extension("lock"))?;
        self.read();
        let mut known: Vec<_> = self.known.iter().collect();
        known.sort_unstable_by_key(|(key, _)| *key);
        let mut file = AtomicFile::create(&path)?;
        for ((path, role), (stamp, facts)) in known {
            let line = Line {
                path: path.clone(),
                role: *role,
                stamp: *stamp,
                facts: facts.clone(),
            };
            // A path that is no Unicode can't be written as JSON; it is measured again.
            if let Ok(mut text) = serde_json::to_vec(&line) {
                text.push(b'\n');
                file.write(&text)?;
            }
        }
        file.commit(false)?;
        self.changed = false;
        Ok(())
    }
}

fn same_bytes(path: &Path, hash: &[u8; 32]) -> bool {
    let mut hasher = blake3::Hasher::new();
    fs::File::open(path).is_ok_and(|file| hasher.update_reader(file).is_ok())
        && hasher.finalize().as_bytes() == hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_at_the_same_time_keep_what_each_other_found() {
        let dir = tempfile::tempdir().unwrap();
        let stamp = Stamp {
            size: 1,
            modified_ns: 0,
            changed_ns: 0,
        };
        let facts = |byte| Facts {
            file: [byte; 32],
            audio: Err("is silent".to_owned()),
        };
        let open = || Cache::open(Some(dir.path()), "key");
        let (mut a, mut b) = (open(), open());
        a.put(Path::new("/a.wav"), Role::Source, stamp, facts(1));
        b.put(Path::new("/b.wav"), Role::Source, stamp, facts(2));
        a.save().unwrap();
        b.save().unwrap();
        let both = open();
        assert_eq!(both.known.len(), 2);
        assert_eq!(both.known[&(PathBuf::from("/a.wav"), 0)].1, facts(1));
    }
}
