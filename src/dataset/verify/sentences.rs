//! What has to hold of a dataset of sentences beyond what holds of all: texts are those of their rows, tables say what
//! the manifest says, and no sentence that was made says what another one says.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Verdict;
use crate::corpus::Split;
use crate::dataset::choice::{Key, key};
use crate::dataset::mark::Mark;
use crate::dataset::row::{Row, sha256};
use crate::dataset::table;

/// A sentence that was seen.
struct Said {
    split: Split,
    made: bool,
    id: String,
}

/// Looks at the rows of one dataset.
pub(super) struct Sentences {
    dataset: PathBuf,
    tables: BTreeMap<Split, Table>,
    said: HashMap<Key, Said>,
    /// A shard has all that was made; what repeats another sentence goes when shards are merged.
    is_shard: bool,
    /// The least similarity that the run asked for.
    threshold: Option<f64>,
}

/// A table that is compared with the rows as they come, in the order of both.
struct Table {
    file: Option<BufReader<File>>,
    agrees: bool,
    /// Bytes that were read.
    read: u64,
}

impl Sentences {
    /// Has seen nothing yet.
    pub(super) fn new(dataset: &Path, mark: &Mark) -> Self {
        Sentences {
            dataset: dataset.to_owned(),
            tables: BTreeMap::new(),
            said: HashMap::new(),
            is_shard: mark.info.shard.is_some(),
            threshold: mark.info.settings.get("threshold").and_then(Value::as_f64),
        }
    }

    /// Looks at a row.
    pub(super) fn see(&mut self, name: &str, row: &Row, verdict: &mut Verdict) {
        if sha256(row.text.as_bytes()) != row.sha256 {
            verdict.fault(format!("{name}: {}: its text is not that of its SHA-256", row.id));
        }
        self.compare(name, row, verdict);
        let made = row.scores.is_some();
        if let (Some(scores), Some(threshold)) = (row.scores, self.threshold)
            // Scores are written with four decimals.
            && scores.similarity < threshold - 1e-4
        {
            verdict.fault(format!(
                "{name}: {} has a similarity of {}, below the threshold of {threshold}",
                row.id, scores.similarity
            ));
        }
        if !made && row.attempts.is_some() {
            // An original that is kept in place of a failure repeats itself, and says so.
            return;
        }
        let this = Said {
            split: row.split,
            made,
            id: row.id.clone(),
        };
        let Some(other) = self.said.insert(key(&row.text), this) else {
            return;
        };
        if other.split != row.split {
            verdict.fault(format!(
                "{name}: leak: {} in {} says what {} says in {}",
                row.id,
                row.split.name(),
                other.id,
                other.split.name()
            ));
        } else if (made || other.made) && !self.is_shard {
            verdict.fault(format!("{name}: {} says what {} says", row.id, other.id));
        }
    }

    /// Compares a row with the next line of its split's table.
    fn compare(&mut self, name: &str, row: &Row, verdict: &mut Verdict) {
        let dataset = &self.dataset;
        let table = self.tables.entry(row.split).or_insert_with(|| {
            let file = File::open(dataset.join(table::name(row.split))).ok();
            let mut table = Table {
                file: file.map(BufReader::new),
                agrees: true,
                read: 0,
            };
            if !table.begins(&table::line(&table::COLUMNS)) {
                table.file = None;
            }
            table
        });
        // The first difference tells enough; after it nothing lines up.
        if table.agrees && !table.begins(&table::line(&table::cells(row))) {
            table.agrees = false;
            let file = table::name(row.split);
            verdict.fault(format!(
                "{name}: {file}: is not as in manifest.jsonl, from {} on",
                row.id
            ));
        }
    }

    /// Looks at what no row has named.
    pub(super) fn end(self, name: &str, verdict: &mut Verdict) {
        for split in Split::ALL {
            let file = table::name(split);
            match self.tables.get(&split) {
                None if self.dataset.join(&file).exists() => {
                    verdict.fault(format!("{name}: {file}: no row belongs to it"));
                }
                Some(table) if table.has_more() => {
                    verdict.fault(format!(
                        "{name}: {file}: has more lines than manifest.jsonl has rows"
                    ));
                }
                _ => {}
            }
        }
    }
}

impl Table {
    /// Whether these bytes come next.
    fn begins(&mut self, expected: &[u8]) -> bool {
        let mut found = vec![0; expected.len()];
        self.read += expected.len() as u64;
        match &mut self.file {
            Some(file) => file.read_exact(&mut found).is_ok() && found == expected,
            None => false,
        }
    }

    /// Whether there is more behind what agreed.
    fn has_more(&self) -> bool {
        let Some(file) = &self.file else { return false };
        let length = file.get_ref().metadata().map_or(0, |stat| stat.len());
        self.agrees && length > self.read
    }
}
