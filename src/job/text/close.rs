//! Writing the dataset that a run has chosen, or the shard that it has decided.

use std::path::Path;

use super::load::TextJob;
use super::select::Candidate;
use crate::dataset::choice::Key;
use crate::dataset::layout::{self, MANIFEST};
use crate::dataset::mark::{Mark, RunInfo};
use crate::dataset::refused::Refused;
use crate::dataset::row::Row;
use crate::dataset::sink::{Sink, remove};
use crate::dataset::store::{Entry, Place};
use crate::job::JobError;
use crate::plan::{ORIGINAL, item_id};
use crate::run::atomic;
use crate::run::ledger::{LineError, Lines};

/// What a class came to.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Rows of the dataset that are not originals.
    pub rows: Vec<New>,
    /// Sentences that say what others say.
    pub repeated: Vec<(u64, Place)>,
    /// Candidates that were refused.
    pub refused: Vec<Refused>,
}

/// A row of the dataset that is no original.
#[derive(Debug, Clone, Copy)]
pub struct New {
    /// Its rank among the candidates of its class.
    pub rank: u64,
    /// What it was made of.
    pub candidate: Candidate,
    /// Where the sentence stands; none for an original that is kept in place of a candidate that failed.
    pub place: Option<Place>,
}

enum Source {
    Original(usize),
    New(New),
}

/// Writes the closing files, rows in the order of their ids; a shard also gets the keys of all originals.
///
/// # Errors
/// [`JobError`].
pub fn close(
    job: &TextJob,
    out: &Path,
    chosen: Chosen,
    around: &[u8; 32],
    originals: &[Key],
    info: RunInfo,
) -> Result<Mark, JobError> {
    let mut rows = Rows::open(out)?;
    let mut sources = Vec::new();
    for (index, item) in job.plan.items.iter().enumerate() {
        let id = item_id(&job.utterances[item.source as usize].id, ORIGINAL, 0);
        if job.shard.is_none_or(|shard| shard.holds(&id)) {
            sources.push((id, Source::Original(index)));
        }
    }
    for new in chosen.rows {
        sources.push((rows.make(job, around, new)?.id, Source::New(new)));
    }
    sources.sort_by(|a, b| a.0.cmp(&b.0));
    let mut sink = Sink::new(out)?.with_tables();
    for (_, source) in sources {
        let row = match source {
            Source::Original(index) => job.original(&job.plan.items[index]),
            Source::New(new) => rows.make(job, around, new)?,
        };
        sink.add(&row)?;
    }
    let mut refused = job.refused();
    refused.extend(chosen.refused);
    for (rank, place) in chosen.repeated {
        refused.push(Refused::repeated(rows.at(place)?, rank));
    }
    let path = out.join(layout::ORIGINALS);
    match job.shard {
        Some(_) => {
            let mut text = String::with_capacity(originals.len() * 33);
            for key in originals {
                text.extend(key.iter().map(|byte| format!("{byte:02x}")));
                text.push('\n');
            }
            atomic::write(&path, text.as_bytes(), true)?;
        }
        None => remove(&path)?,
    }
    Ok(sink.finish(refused, info)?)
}

/// The first rows that a limited run has chosen, to look at.
///
/// # Errors
/// [`JobError`].
pub fn preview(
    job: &TextJob,
    out: &Path,
    chosen: &Chosen,
    around: &[u8; 32],
    most: usize,
) -> Result<Vec<Row>, JobError> {
    let mut rows = Rows::open(out)?;
    let first = chosen.rows.iter().take(most);
    first.map(|&new| rows.make(job, around, new)).collect()
}

/// Rows where runs left them.
struct Rows {
    manifest: Option<Lines>,
    ledger: Option<Lines>,
}

impl Rows {
    fn open(out: &Path) -> Result<Self, JobError> {
        Ok(Rows {
            manifest: Lines::open(&out.join(MANIFEST))?,
            ledger: Lines::open(&layout::ledger(out))?,
        })
    }

    fn make(&mut self, job: &TextJob, around: &[u8; 32], new: New) -> Result<Row, JobError> {
        let mut row = match new.place {
            Some(place) => self.at(place)?,
            None => job.kept(new.candidate, job.fingerprint(new.candidate, around)),
        };
        row.rank = Some(new.rank);
        // What the corpus tells beside the sentence decides nothing about it, and may have changed.
        let source = new.candidate.source as usize;
        row.speaker.clone_from(&job.utterances[source].speaker);
        row.group.clone_from(&job.plan.groups[source]);
        Ok(row)
    }

    fn at(&mut self, place: Place) -> Result<Row, JobError> {
        let found = match (place, &mut self.manifest, &mut self.ledger) {
            (Place::Manifest(offset), Some(lines), _) => Some(lines.at::<Row>(offset)?),
            (Place::Ledger(offset), _, Some(lines)) => match lines.at::<Entry>(offset)? {
                Entry::Made(row) => Some(*row),
                Entry::Refused(_) | Entry::Again(_) => None,
            },
            _ => None,
        };
        found.ok_or_else(|| {
            LineError::Line {
                path: MANIFEST.into(),
                line: 0,
                reason: "a row that stood here is gone; was the directory changed while augment ran?"
                    .to_owned(),
            }
            .into()
        })
    }
}
