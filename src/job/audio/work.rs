//! The items of a run and how far they are.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::AudioJob;
use crate::dataset::layout::short_hash;
use crate::dataset::refused::Refused;
use crate::dataset::store::{Found, Place, Store};
use crate::job::JobError;
use crate::plan::PlanItem;

/// The items of this run and how far they are.
pub(super) struct Work {
    /// Indices of planned items.
    pub items: Vec<PlanItem>,
    /// Fingerprints, as 32 hex digits packed.
    pub fingerprints: Vec<u128>,
    /// Where finished rows stand.
    pub finished: Vec<Option<Place>>,
    /// Items that were refused while they were made.
    pub refused: Vec<Refused>,
    /// Items whose rows tell of files that this run is going to write over.
    pub replaced: BTreeSet<u32>,
    /// Whether some rows or files there belong to no item of this plan.
    pub stale: bool,
    pub kept: usize,
    pub again: usize,
    pub removed: usize,
}

impl Work {
    /// Finds out which items are finished, by id, fingerprint and the presence of their files.
    pub fn match_finished(
        &mut self,
        job: &AudioJob,
        store: &Store,
        limited: bool,
        out: &Path,
    ) -> Result<(), JobError> {
        let by_id: HashMap<u64, u32> = self
            .items
            .iter()
            .enumerate()
            .map(|(index, item)| (short_hash(&job.id(item)), index as u32))
            .collect();
        let planned: BTreeSet<u64> = match limited {
            // Items beyond the limit are planned too: finished ones stay.
            true => job
                .plan
                .items
                .iter()
                .map(|item| short_hash(&job.id(item)))
                .collect(),
            false => BTreeSet::new(),
        };
        let mut again = BTreeSet::new();
        let mut removed = BTreeSet::new();
        store.rows(|found| {
            let id = match &found {
                Found::Row(_, row) => &row.id,
                Found::Again(id) => id,
            };
            let key = short_hash(id);
            let Some(&index) = by_id.get(&key) else {
                if !planned.contains(&key) {
                    self.stale = true;
                    removed.insert(key);
                }
                return;
            };
            let place = &mut self.finished[index as usize];
            match found {
                Found::Row(at, row) => {
                    let same = packed(&row.fingerprint) == self.fingerprints[index as usize];
                    let whole = same && row.files().all(|(path, _)| out.join(path).is_file());
                    *place = whole.then_some(at);
                    self.stale |= !same;
                    if !same {
                        self.replaced.insert(index);
                    }
                }
                Found::Again(_) => {
                    *place = None;
                    self.replaced.remove(&index);
                }
            }
            match place {
                Some(_) => again.remove(&index),
                None => again.insert(index),
            };
        })?;
        self.kept = self.finished.iter().flatten().count();
        (self.again, self.removed) = (again.len(), removed.len());
        self.refused = store.refusals()?;
        let known = &self.fingerprints;
        self.refused.retain(|refused| {
            by_id
                .get(&short_hash(&refused.id))
                .is_some_and(|&index| known[index as usize] == packed(&refused.fingerprint))
        });
        Ok(())
    }

    /// Items that are neither finished nor refused, grouped by source.
    pub fn open(&self) -> Vec<Vec<u32>> {
        let refused: BTreeSet<u128> = self
            .refused
            .iter()
            .map(|refused| packed(&refused.fingerprint))
            .collect();
        let mut units: Vec<Vec<u32>> = Vec::new();
        let mut last = None;
        for (index, item) in self.items.iter().enumerate() {
            if self.finished[index].is_some() || refused.contains(&self.fingerprints[index]) {
                continue;
            }
            match units.last_mut().filter(|_| last == Some(item.source)) {
                Some(unit) => unit.push(index as u32),
                None => units.push(vec![index as u32]),
            }
            last = Some(item.source);
        }
        units
    }
}

pub(super) fn packed(fingerprint: &str) -> u128 {
    u128::from_str_radix(fingerprint, 16).unwrap_or(0)
}
