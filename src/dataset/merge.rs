//! Merging shards: the result equals what one run would have made, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::{self, MANIFEST, REFUSED};
use super::mark::{Mark, RunInfo};
use super::refused::Refused;
use super::row::Row;
use super::sink::Sink;
use super::store::{Store, StoreError};
use crate::run::atomic::{self, FileError};
use crate::run::interrupt::Interrupt;
use crate::run::ledger::{LineError, Lines};
use crate::run::progress::Progress;

/// Why shards can't be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A directory is not a finished shard.
    #[error("{path} is not a finished shard: {reason}", path = path.display())]
    NotAShard {
        /// The directory.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Two shards are of different runs.
    #[error("{a} and {b} are of different runs: {what} is {of_a:?} and {of_b:?}", a = a.display(), b = b.display())]
    Different {
        /// One.
        a: PathBuf,
        /// The other.
        b: PathBuf,
        /// What differs.
        what: &'static str,
        /// In the first.
        of_a: String,
        /// In the second.
        of_b: String,
    },
    /// Not all shards, or one twice.
    #[error("{0}")]
    Incomplete(String),
    /// A signal came.
    #[error("interrupted; run the same command again to go on")]
    Interrupted,
    /// The directory that is merged into.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line.
    #[error(transparent)]
    Line(#[from] LineError),
}

impl MergeError {
    /// Whether there is no room left on the disk; what was copied so far is kept.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            MergeError::File(error) => error.no_space(),
            MergeError::Store(error) => error.no_space(),
            _ => false,
        }
    }
}

struct Part {
    path: PathBuf,
    info: RunInfo,
    rows: Lines,
    next: Option<Row>,
}

/// Merges all shards of one run into `out`.
///
/// # Errors
/// [`MergeError`]; an interrupted merge goes on where it was.
pub fn merge(
    shards: &[PathBuf],
    out: &Path,
    allow_mixed: bool,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Mark, MergeError> {
    let mut parts = shards
        .iter()
        .map(|path| open(path))
        .collect::<Result<Vec<_>, _>>()?;
    check(&parts, allow_mixed)?;
    let Some(first) = parts.first() else {
        return Err(MergeError::Incomplete("no shards were given".to_owned()));
    };
    let info = RunInfo {
        shard: None,
        ..first.info.clone()
    };
    let mut store = Store::open(out, &info, allow_mixed)?;
    // What is there, finished or not, has to be of the same run: a merge changes no dataset into another.
    if let Some(found) = store.plan_hash().filter(|hash| *hash != info.plan_hash) {
        return Err(StoreError::Other {
            path: out.to_owned(),
            what: "the plan",
            found: found.to_owned(),
            ours: info.plan_hash.clone(),
        }
        .into());
    }
    store.begin(&info)?;
    let mut sink = Sink::new(out)?;
    progress.stage("merging", count(shards)?);
    while let Some(least) = (0..parts.len())
        .filter(|&part| parts[part].next.is_some())
        .min_by(|&a, &b| {
            parts[a]
                .next
                .as_ref()
                .map(|r| &r.id)
                .cmp(&parts[b].next.as_ref().map(|r| &r.id))
        })
    {
        if interrupt.stopped() {
            return Err(MergeError::Interrupted);
        }
        let part = &mut parts[least];
        if let Some(row) = part.next.take() {
            for (file, sha256) in row.files() {
                place(&part.path.join(file), &out.join(file), sha256)?;
            }
            sink.add(&row)?;
            progress.advance(1);
        }
        part.next = part.rows.read::<Row>()?.map(|(_, row)| row);
    }
    progress.finish();
    let mut refused = Vec::new();
    for part in &parts {
        if let Some(mut lines) = Lines::open(&part.path.join(REFUSED))? {
            while let Some((_, row)) = lines.read::<Refused>()? {
                refused.push(row);
            }
        }
    }
    atomic::sync(out)?;
    let mark = sink.finish(refused, info)?;
    store.end()?;
    Ok(mark)
}

/// Copies a file, unless an interrupted merge left it there already. Its bytes are compared, not its size alone: after
/// a power cut a file may have its name and size, but not its bytes.
fn place(from: &Path, to: &Path, sha256: &str) -> Result<(), FileError> {
    let size = |path: &Path| fs::metadata(path).map(|stat| stat.len());
    let there = match (size(from), size(to)) {
        (Ok(a), Ok(b)) if a == b => fs::read(to).is_ok_and(|bytes| super::row::sha256(&bytes) == sha256),
        _ => false,
    };
    if there { Ok(()) } else { atomic::copy(from, to) }
}

fn count(shards: &[PathBuf]) -> Result<u64, MergeError> {
    let mut rows = 0;
    for path in shards {
        if let Some(mark) = Mark::read(path)? {
            rows += mark
                .counts
                .items
                .values()
                .flat_map(|s| s.values())
                .flat_map(|l| l.values())
                .sum::<usize>();
        }
    }
    Ok(rows as u64)
}

fn open(path: &Path) -> Result<Part, MergeError> {
    let not = |reason: String| MergeError::NotAShard {
        path: path.to_owned(),
        reason,
    };
    let mark = Mark::read(path)?.ok_or_else(|| not(format!("it has no {}", layout::MARK)))?;
    if mark.info.shard.is_none() {
        return Err(not("it is a whole dataset".to_owned()));
    }
    if mark.info.kind != "audio" {
        return Err(not(format!("it holds a {} dataset", mark.info.kind)));
    }
    let mut rows = Lines::open(&path.join(MANIFEST))?.ok_or_else(|| not(format!("it has no {MANIFEST}")))?;
    let next = rows.read::<Row>()?.map(|(_, row)| row);
    Ok(Part {
        path: path.to_owned(),
        info: mark.info,
        rows,
        next,
    })
}

fn check(parts: &[Part], allow_mixed: bool) -> Result<(), MergeError> {
    let Some(first) = parts.first() else { return Ok(()) };
    let facts = |info: &RunInfo| {
        [
            ("the recipe", info.recipe_hash.clone()),
            ("the corpus", info.index_hash.clone()),
            ("the plan", info.plan_hash.clone()),
            ("the seed", info.seed.to_string()),
            ("the version of augment", info.version.clone()),
            (
                "the number of shards",
                info.shard.map_or(0, |shard| shard.count).to_string(),
            ),
            (
                "the numerics class",
                if allow_mixed {
                    String::new()
                } else {
                    info.numerics.clone()
                },
            ),
        ]
    };
    for part in parts {
        for ((what, of_a), (_, of_b)) in facts(&first.info).into_iter().zip(facts(&part.info)) {
            if of_a != of_b {
                let (a, b) = (first.path.clone(), part.path.clone());
                return Err(MergeError::Different {
                    a,
                    b,
                    what,
                    of_a,
                    of_b,
                });
            }
        }
    }
    let mut given: Vec<u32> = parts
        .iter()
        .filter_map(|part| part.info.shard)
        .map(|shard| shard.index)
        .collect();
    given.sort_unstable();
    let count = first.info.shard.map_or(0, |shard| shard.count);
    if let Some(twice) = given.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(MergeError::Incomplete(format!(
            "shard {} of {count} was given twice",
            twice[0]
        )));
    }
    let missing: Vec<String> = (0..count)
        .filter(|index| given.binary_search(index).is_err())
        .map(|i| i.to_string())
        .collect();
    if !missing.is_empty() {
        let list = missing.join(", ");
        return Err(MergeError::Incomplete(format!(
            "of {count} shards these are missing: {list}"
        )));
    }
    Ok(())
}
