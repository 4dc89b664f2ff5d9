//! Which groups are held out.

use std::collections::BTreeMap;

use super::{Groups, PlanError, Source};
use crate::draw::rank;

/// How one held-out split is chosen. Without any of these it stays empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hold {
    /// Exactly this many originals of each class.
    pub per_class: Option<usize>,
    /// This share of the originals of each class, rounded.
    pub share: Option<f64>,
    /// The groups of these names.
    pub groups: Vec<String>,
    /// The groups of fold `.1` of `.0`.
    pub fold: Option<(usize, usize)>,
}

impl Hold {
    /// Whether anything is asked for.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.per_class.is_some() || self.share.is_some() || !self.groups.is_empty() || self.fold.is_some()
    }

    /// What each class must give; `None` for all that is held out.
    fn wanted(&self, usable: &[usize]) -> Option<Vec<usize>> {
        match (self.per_class, self.share) {
            (Some(n), _) => Some(vec![n; usable.len()]),
            (None, Some(share)) => Some(
                usable
                    .iter()
                    .map(|&n| (n as f64 * share).round() as usize)
                    .collect(),
            ),
            (None, None) => None,
        }
    }
}

/// What is chosen from: sources that are usable and in no split yet.
pub(super) struct Pool<'a> {
    pub seed: u64,
    pub classes: &'a [String],
    pub sources: &'a [Source],
    pub groups: &'a Groups,
    /// Per source: may go into this split.
    pub free: &'a [bool],
    /// Per source: was free before any split was held out. Folds are dealt from these, so that one fold is the same
    /// whether it is for validation or, after another was held out, for test.
    pub open: &'a [bool],
}

/// What was chosen.
pub(super) struct Held {
    /// Sources that are in the split.
    pub chosen: Vec<usize>,
    /// Groups that are held out as a whole.
    pub groups: Vec<usize>,
}

impl Pool<'_> {
    /// Chooses the groups of one split and its originals.
    pub fn hold(&self, split: &'static str, hold: &Hold) -> Result<Held, PlanError> {
        let mut usable = vec![0; self.classes.len()];
        for (source, _) in self.sources.iter().zip(self.free).filter(|(_, free)| **free) {
            usable[source.class] += 1;
        }
        let wanted = hold.wanted(&usable);
        let groups = if !hold.groups.is_empty() {
            self.named(split, &hold.groups)?
        } else if let Some((folds, fold)) = hold.fold {
            self.fold(folds, fold)
        } else {
            self.until_filled(split, wanted.as_deref().unwrap_or_default())
        };
        let mut by_class: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &group in &groups {
            for &source in self.groups.members[group]
                .iter()
                .filter(|&&source| self.free[source])
            {
                by_class
                    .entry(self.sources[source].class)
                    .or_default()
                    .push(source);
            }
        }
        let mut chosen = Vec::new();
        for (class, name) in self.classes.iter().enumerate() {
            let mut found = by_class.remove(&class).unwrap_or_default();
            found.sort_by_cached_key(|&source| {
                let id = &self.sources[source].id;
                (rank(self.seed, id, &format!("{split} member")), id.clone())
            });
            if let Some(&wanted) = wanted.as_ref().and_then(|wanted| wanted.get(class)) {
                if found.len() < wanted {
                    return Err(PlanError::Short {
                        split,
                        class: name.clone(),
                        wanted,
                        found: found.len(),
                    });
                }
                found.truncate(wanted);
            }
            chosen.extend(found);
        }
        Ok(Held { chosen, groups })
    }

    /// Groups with at least one of the sources `among`, by keyed order of their first name.
    fn ordered(&self, purpose: &str, among: &[bool]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.groups.members.len())
            .filter(|&group| self.groups.members[group].iter().any(|&source| among[source]))
            .collect();
        order.sort_by_cached_key(|&group| {
            let name = self.groups.name(group);
            (rank(self.seed, name, purpose), name.to_owned())
        });
        order
    }

    fn until_filled(&self, split: &str, wanted: &[usize]) -> Vec<usize> {
        let mut have = vec![0; wanted.len()];
        let mut held = Vec::new();
        for group in self.ordered(&format!("{split} group"), self.free) {
            let free = || {
                self.groups.members[group]
                    .iter()
                    .filter(|&&source| self.free[source])
            };
            let helps = free().any(|&source| {
                let class = self.sources[source].class;
                have.get(class) < wanted.get(class)
            });
            if helps {
                for &source in free() {
                    if let Some(count) = have.get_mut(self.sources[source].class) {
                        *count += 1;
                    }
                }
                held.push(group);
            }
        }
        held
    }

    fn named(&self, split: &'static str, names: &[String]) -> Result<Vec<usize>, PlanError> {
        let mut held = Vec::new();
        for name in names {
            let group = self
                .groups
                .names
                .iter()
                .position(|names| names.binary_search(name).is_ok());
            let Some(group) = group else {
                let mut found: Vec<String> = self.groups.names.iter().flatten().cloned().collect();
                found.sort_unstable();
                let key = if split == "test" {
                    "test_groups"
                } else {
                    "validation_groups"
                };
                return Err(PlanError::UnknownGroup {
                    key,
                    name: name.clone(),
                    found,
                });
            };
            if !held.contains(&group) {
                held.push(group);
            }
        }
        Ok(held)
    }

    /// Deals groups to folds: in keyed order, each to the fold with the fewest sources so far.
    fn fold(&self, folds: usize, fold: usize) -> Vec<usize> {
        let mut sizes = vec![0usize; folds];
        let mut held = Vec::new();
        for group in self.ordered("fold group", self.open) {
            let smallest = (0..folds).min_by_key(|&k| (sizes[k], k)).unwrap_or(0);
            sizes[smallest] += self.groups.members[group].len();
            if smallest == fold {
                held.push(group);
            }
        }
        held
    }
}
