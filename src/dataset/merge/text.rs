//! Merging shards of sentences. Each shard decided all of its candidates; here the dataset is chosen from them, as a
//! whole run chooses.

use std::collections::BTreeMap;
use std::path::Path;

use super::parts::Part;
use super::{MergeError, refused};
use crate::corpus::Split;
use crate::corpus::scan::read_text_file;
use crate::dataset::choice::{Choice, Key, Said, key};
use crate::dataset::layout;
use crate::dataset::mark::{Mark, RunInfo};
use crate::dataset::refused::{Refused, Stage};
use crate::dataset::row::Row;
use crate::dataset::sink::Sink;
use crate::plan::ORIGINAL;
use crate::run::atomic::FileError;
use crate::run::interrupt::Interrupt;
use crate::run::ledger::LineError;
use crate::run::progress::Progress;

/// A row of a shard.
struct At {
    id: String,
    part: usize,
    offset: u64,
}

/// What became of a candidate.
enum Decided {
    /// A sentence.
    Made(At, Key),
    /// None; the original is kept in its place, if the recipe asks for it.
    Refused(Option<At>),
}

/// What shards have of a class.
#[derive(Default)]
struct Class {
    originals: usize,
    candidates: BTreeMap<u64, Decided>,
}

/// 33 bytes a sentence; this is enough for thirty million.
const MAX_KEYS: u64 = 1 << 30;

/// Chooses and writes the dataset.
pub(super) fn merge(
    mut parts: Vec<Part>,
    out: &Path,
    info: RunInfo,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Mark, MergeError> {
    let mut said = match parts.first() {
        Some(part) => originals(&part.path)?,
        None => Said::default(),
    };
    let (mut chosen, mut classes) = collect(&mut parts, interrupt, progress)?;
    let mut by_rank: BTreeMap<(String, u64), Refused> = BTreeMap::new();
    let mut refusals = Vec::new();
    for row in refused(&parts)? {
        match row.rank {
            Some(rank) if row.stage == Stage::Item => {
                let class = classes.entry(row.label.clone()).or_default();
                class.candidates.entry(rank).or_insert(Decided::Refused(None));
                by_rank.insert((row.label.clone(), rank), row);
            }
            _ => refusals.push(row),
        }
    }
    for (label, class) in classes {
        let wanted = info.wanted.get(&label).copied().unwrap_or(0);
        let mut choice = Choice::new(&mut said, wanted.saturating_sub(class.originals));
        for (rank, decided) in class.candidates {
            if choice.missing() == 0 {
                break;
            }
            match decided {
                Decided::Made(at, key) => {
                    if choice.offer(key) {
                        chosen.push(at);
                    } else {
                        let row = parts[at.part].rows.at::<Row>(at.offset)?;
                        refusals.push(Refused::repeated(row, rank));
                    }
                }
                Decided::Refused(kept) => {
                    refusals.extend(by_rank.remove(&(label.clone(), rank)));
                    if let Some(kept) = kept {
                        choice.keep();
                        chosen.push(kept);
                    }
                }
            }
        }
    }
    chosen.sort_by(|a, b| a.id.cmp(&b.id));
    let mut sink = Sink::new(out)?.with_tables();
    for at in chosen {
        sink.add(&parts[at.part].rows.at::<Row>(at.offset)?)?;
    }
    progress.finish();
    Ok(sink.finish(refusals, info)?)
}

/// Where the originals of the dataset stand, and what became of all candidates that have a row.
fn collect(
    parts: &mut [Part],
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<(Vec<At>, BTreeMap<String, Class>), MergeError> {
    let mut chosen = Vec::new();
    let mut classes: BTreeMap<String, Class> = BTreeMap::new();
    for (number, part) in parts.iter_mut().enumerate() {
        while let Some((offset, row)) = part.rows.read::<Row>()? {
            if interrupt.stopped() {
                return Err(MergeError::Interrupted);
            }
            progress.advance(1);
            let at = At {
                id: row.id,
                part: number,
                offset,
            };
            let class = classes.entry(row.label).or_default();
            match row.rank {
                Some(rank) if row.scores.is_some() => {
                    let decided = Decided::Made(at, key(&row.text));
                    class.candidates.insert(rank, decided);
                }
                Some(rank) => {
                    class.candidates.insert(rank, Decided::Refused(Some(at)));
                }
                None => {
                    class.originals += usize::from(row.split == Split::Train && row.transform == ORIGINAL);
                    chosen.push(at);
                }
            }
        }
    }
    Ok((chosen, classes))
}

/// The keys of all originals of the corpus, as every shard has them.
fn originals(shard: &Path) -> Result<Said, MergeError> {
    let path = shard.join(layout::ORIGINALS);
    let bytes =
        read_text_file(&path, MAX_KEYS).map_err(|error| FileError::new(&path, "cannot read", error))?;
    let mut keys = Vec::new();
    for (number, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        if line.is_empty() {
            continue;
        }
        let digits = std::str::from_utf8(line).ok().filter(|digits| digits.len() == 32);
        let value = digits.and_then(|digits| u128::from_str_radix(digits, 16).ok());
        keys.push(value.map(u128::to_be_bytes).ok_or_else(|| LineError::Line {
            path: path.clone(),
            line: number as u64 + 1,
            reason: "expected 32 hexadecimal digits".to_owned(),
        })?);
    }
    Ok(Said::new(keys.into_iter()))
}
