//! Merging shards: the result equals what one run would have made, byte for byte.

mod parts;
mod text;

use std::fs;
use std::path::{Path, PathBuf};

use crate::dataset::layout::REFUSED;
use crate::dataset::mark::{Mark, RunInfo};
use crate::dataset::refused::Refused;
use crate::dataset::row::Row;
use crate::dataset::sink::Sink;
use crate::dataset::store::{Store, StoreError};
use crate::run::atomic::{self, FileError};
use crate::run::interrupt::Interrupt;
use crate::run::ledger::{LineError, Lines};
use crate::run::progress::Progress;

use parts::Part;

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
    let parts = shards
        .iter()
        .map(|path| parts::open(path))
        .collect::<Result<Vec<_>, _>>()?;
    parts::check(&parts, allow_mixed)?;
    let Some(info) = parts::info(&parts) else {
        return Err(MergeError::Incomplete("no shards were given".to_owned()));
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
    progress.stage("merging", count(shards)?);
    let mark = match info.kind.as_str() {
        "text" => text::merge(parts, out, info, interrupt, progress)?,
        _ => items(parts, out, info, interrupt, progress)?,
    };
    store.end()?;
    Ok(mark)
}

/// Puts the items of all shards together, in the order of their ids.
fn items(
    mut parts: Vec<Part>,
    out: &Path,
    info: RunInfo,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Mark, MergeError> {
    let mut sink = Sink::new(out)?;
    let mut next = Vec::with_capacity(parts.len());
    for part in &mut parts {
        next.push(part.rows.read::<Row>()?.map(|(_, row)| row));
    }
    let least = |next: &[Option<Row>]| {
        let rows = next.iter().enumerate();
        let rows = rows.filter_map(|(part, row)| Some((&row.as_ref()?.id, part)));
        rows.min().map(|(_, part)| part)
    };
    while let Some(least) = least(&next) {
        if interrupt.stopped() {
            return Err(MergeError::Interrupted);
        }
        let part = &mut parts[least];
        if let Some(row) = next[least].take() {
            for (file, sha256) in row.files() {
                place(&part.path.join(file), &out.join(file), sha256)?;
            }
            sink.add(&row)?;
            progress.advance(1);
        }
        next[least] = part.rows.read::<Row>()?.map(|(_, row)| row);
    }
    progress.finish();
    let refused = refused(&parts)?;
    atomic::sync(out)?;
    Ok(sink.finish(refused, info)?)
}

/// What all shards refused.
fn refused(parts: &[Part]) -> Result<Vec<Refused>, MergeError> {
    let mut all = Vec::new();
    for part in parts {
        if let Some(mut lines) = Lines::open(&part.path.join(REFUSED))? {
            while let Some((_, row)) = lines.read::<Refused>()? {
                all.push(row);
            }
        }
    }
    Ok(all)
}

/// Copies a file, unless an interrupted merge left it there already. Its bytes are compared, not its size alone: after
/// a power cut a file may have its name and size, but not its bytes.
fn place(from: &Path, to: &Path, sha256: &str) -> Result<(), FileError> {
    let size = |path: &Path| fs::metadata(path).map(|stat| stat.len());
    let there = match (size(from), size(to)) {
        (Ok(a), Ok(b)) if a == b => {
            fs::read(to).is_ok_and(|bytes| crate::dataset::row::sha256(&bytes) == sha256)
        }
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
