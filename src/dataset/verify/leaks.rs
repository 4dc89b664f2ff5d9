//! Leakage: what stands in more than one split, within a dataset or between several.

use std::collections::{BTreeMap, HashMap};

use super::Verdict;
use crate::corpus::Split;
use crate::dataset::row::Row;

/// Who was seen in which split, over all directories.
#[derive(Default)]
pub(super) struct Seen {
    sources: BTreeMap<String, BTreeMap<Split, String>>,
    groups: BTreeMap<String, BTreeMap<Split, String>>,
    contents: HashMap<String, BTreeMap<Split, String>>,
}

impl Seen {
    /// Takes a row in.
    pub(super) fn add(&mut self, dataset: &str, row: &Row) {
        let place = || format!("{dataset}: {}", row.id);
        self.sources
            .entry(row.source_id.clone())
            .or_default()
            .entry(row.split)
            .or_insert_with(place);
        self.groups
            .entry(row.group.clone())
            .or_default()
            .entry(row.split)
            .or_insert_with(place);
        if !row.sha256.is_empty() {
            self.contents
                .entry(row.sha256.clone())
                .or_default()
                .entry(row.split)
                .or_insert_with(place);
        }
    }

    /// Tells what leaks.
    pub(super) fn judge(self, verdict: &mut Verdict) {
        let contents: BTreeMap<_, _> = self.contents.into_iter().collect();
        for (what, seen) in [
            ("the source", self.sources),
            ("the group", self.groups),
            ("the same content, SHA-256", contents),
        ] {
            for (name, splits) in seen.into_iter().filter(|(_, splits)| splits.len() > 1) {
                let places: Vec<String> = splits
                    .iter()
                    .map(|(split, place)| format!("{} ({place})", split.name()))
                    .collect();
                verdict.fault(format!("leak: {what} {name} is in {}", places.join(" and in ")));
            }
        }
    }
}
