//! `run.json`: the completion mark. It holds no time, no host, no path and no number of jobs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::layout::MARK;
use super::refused::{Refused, Stage};
use super::row::Row;
use crate::audio::preparation::{Preparation, PreparationError};
use crate::corpus::scan::read_text_file;
use crate::run::atomic::{self, FileError};
use crate::run::ledger::LineError;
use crate::run::shard::Shard;

/// The format of datasets that this program writes.
pub const FORMAT: u32 = 1;

/// The longest mark that is read, in bytes: many thousands of classes and transforms fit.
pub(super) const MAX_BYTES: u64 = 256 << 20;

/// What all rows of a run have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Format of the dataset.
    pub format: u32,
    /// `audio` or `text`.
    pub kind: String,
    /// Version of the program.
    pub version: String,
    /// Class of machines that make these bytes.
    pub numerics: String,
    /// The run's seed.
    pub seed: u64,
    /// File name of the recipe.
    pub recipe: String,
    /// Hash of what the recipe asks for.
    pub recipe_hash: String,
    /// Hash of all inputs.
    pub index_hash: String,
    /// Hash of all planned items.
    pub plan_hash: String,
    /// Names of the transforms, in recipe order.
    pub transforms: Vec<String>,
    /// Wanted training items of each class.
    pub wanted: BTreeMap<String, usize>,
    /// A class short of its number is no fault.
    pub accept_short: bool,
    /// For audio, `preparation`: how recordings became pictures. For sentences, what flags may change, and hashes of
    /// models. Empty in datasets of audio that older versions made.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// The shard, if the run was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
}

/// Counted over all rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Items by split, label and transform.
    pub items: BTreeMap<String, BTreeMap<String, BTreeMap<String, usize>>>,
    /// Rows of `refused.jsonl` without the failed ones.
    pub refused: usize,
    /// Items that failed.
    pub failed: usize,
}

/// The whole mark.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// What was run.
    #[serde(flatten)]
    pub info: RunInfo,
    /// What came of it.
    pub counts: Counts,
    /// The sizes of its tables and lists in bytes, for sentences, whose rows name no files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sizes: BTreeMap<String, u64>,
}

impl RunInfo {
    /// How a dataset of audio prepared its recordings; `None` for sentences, and for a dataset made before this was
    /// written down, which `augment audio` with its recipe adds.
    ///
    /// # Errors
    /// [`PreparationError`]: it was changed, and can't be used.
    pub fn preparation(&self) -> Result<Option<Preparation>, PreparationError> {
        match self.settings.get(Preparation::KEY) {
            Some(value) if self.kind == "audio" => Preparation::of(value).map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the same was run, whatever the settings tell of it.
    #[must_use]
    pub fn same_run(&self, other: &Self) -> bool {
        let settings = self.settings.clone();
        let other = RunInfo {
            settings,
            ..other.clone()
        };
        *self == other
    }
}

impl Counts {
    /// Counts a row.
    pub fn add(&mut self, row: &Row) {
        let split = self.items.entry(row.split.name().to_owned()).or_default();
        let label = split.entry(row.label.clone()).or_default();
        *label.entry(row.transform.clone()).or_default() += 1;
    }

    /// Counts a refusal.
    pub fn add_refused(&mut self, refused: &Refused) {
        match refused.stage {
            Stage::Failed => self.failed += 1,
            _ => self.refused += 1,
        }
    }

    /// All items of a class in a split.
    #[must_use]
    pub fn of(&self, split: &str, label: &str) -> usize {
        self.items
            .get(split)
            .and_then(|s| s.get(label))
            .map_or(0, |l| l.values().sum())
    }
}

impl Mark {
    /// Classes that did not reach their number, by how many; none for a shard, which can't tell.
    #[must_use]
    pub fn short(&self) -> BTreeMap<String, usize> {
        if self.info.shard.is_some() {
            return BTreeMap::new();
        }
        self.info
            .wanted
            .iter()
            .map(|(label, &wanted)| {
                (
                    label.clone(),
                    wanted.saturating_sub(self.counts.of("train", label)),
                )
            })
            .filter(|&(_, short)| short > 0)
            .collect()
    }

    /// Whether everything that was asked for is there, or its absence was accepted.
    #[must_use]
    pub fn fulfilled(&self) -> bool {
        self.counts.failed == 0 && (self.info.accept_short || self.short().is_empty())
    }

    /// Whether the tables and lists are there with their sizes; a look that opens none of them.
    #[must_use]
    pub fn stands(&self, dataset: &Path) -> bool {
        self.sizes.iter().all(|(name, &size)| {
            std::fs::metadata(dataset.join(name)).is_ok_and(|stat| stat.is_file() && stat.len() == size)
        })
    }

    /// The mark of a dataset; `None` if it has none.
    ///
    /// # Errors
    /// [`LineError`]: it can't be read, or is no mark of ours.
    pub fn read(dataset: &Path) -> Result<Option<Self>, LineError> {
        let path = dataset.join(MARK);
        let bytes = match read_text_file(&path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(FileError::new(path, "cannot read", error).into()),
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| LineError::Line {
                path,
                line: error.line() as u64,
                reason: error.to_string(),
            })
    }

    /// Writes the mark.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn write(&self, dataset: &Path) -> Result<(), FileError> {
        let path = dataset.join(MARK);
        let mut bytes = serde_json::to_vec_pretty(self)
            .map_err(|error| FileError::new(&path, "cannot write", error.into()))?;
        bytes.push(b'\n');
        atomic::write(&path, &bytes, true)
    }
}
