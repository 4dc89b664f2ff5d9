//! The shards of a merge: finished, of one run, each of them once.

use std::path::{Path, PathBuf};

use super::MergeError;
use crate::audio::preparation::Preparation;
use crate::dataset::layout::{self, MANIFEST};
use crate::dataset::mark::{Mark, RunInfo};
use crate::run::ledger::Lines;

/// A shard, its manifest open at its first row.
pub(super) struct Part {
    pub path: PathBuf,
    pub info: RunInfo,
    pub rows: Lines,
}

/// Opens a finished shard.
pub(super) fn open(path: &Path) -> Result<Part, MergeError> {
    let not = |reason: String| MergeError::NotAShard {
        path: path.to_owned(),
        reason,
    };
    let mark = Mark::read(path)?.ok_or_else(|| not(format!("it has no {}", layout::MARK)))?;
    if mark.info.shard.is_none() {
        return Err(not("it is a whole dataset".to_owned()));
    }
    let rows = Lines::open(&path.join(MANIFEST))?.ok_or_else(|| not(format!("it has no {MANIFEST}")))?;
    Ok(Part {
        path: path.to_owned(),
        info: mark.info,
        rows,
    })
}

/// Whether shards are all those of one run.
pub(super) fn check(parts: &[Part], allow_mixed: bool) -> Result<(), MergeError> {
    let Some(first) = parts.first() else { return Ok(()) };
    let facts = |info: &RunInfo| {
        [
            ("the kind of dataset", info.kind.clone()),
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
    prepared_alike(parts)?;
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

/// Whether the shards that tell their preparation tell the same; those that older versions made tell nothing.
fn prepared_alike(parts: &[Part]) -> Result<(), MergeError> {
    let mut told = parts
        .iter()
        .filter_map(|part| Some((part, part.info.settings.get(Preparation::KEY)?)));
    let Some((a, of_a)) = told.next() else {
        return Ok(());
    };
    match told.find(|(_, of_b)| *of_b != of_a) {
        None => Ok(()),
        Some((b, of_b)) => Err(MergeError::Different {
            a: a.path.clone(),
            b: b.path.clone(),
            what: "the preparation",
            of_a: of_a.to_string(),
            of_b: of_b.to_string(),
        }),
    }
}

/// What the merged dataset tells of its run: what its shards tell, with the settings of the first that has any.
pub(super) fn info(parts: &[Part]) -> Option<RunInfo> {
    let first = parts.first()?;
    let telling = parts
        .iter()
        .find(|part| !part.info.settings.is_empty())
        .unwrap_or(first);
    Some(RunInfo {
        shard: None,
        settings: telling.info.settings.clone(),
        ..first.info.clone()
    })
}
