//! `augment replay`: one item of a dataset made again and compared.

mod audio;
mod text;

use std::path::Path;

pub use audio::{Replay, audio};
pub use text::{TextReplay, text, text_job};

use super::JobError;
use crate::dataset::layout::MANIFEST;
use crate::dataset::mark::{FORMAT, Mark, RunInfo};
use crate::dataset::row::Row;
use crate::run::ledger::Lines;

/// An item of a finished dataset.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What made the dataset.
    pub mark: Mark,
    /// The item's row.
    pub row: Row,
}

/// Finds the item `id` of a dataset.
///
/// # Errors
/// [`JobError`]: no such item, or an unfinished dataset.
pub fn open(dataset: &Path, id: &str) -> Result<Opened, JobError> {
    let fail = |message: String| JobError::Replay(message);
    let mark = Mark::read(dataset)?.ok_or_else(|| {
        fail(format!(
            "{} holds no finished dataset (no run.json)",
            dataset.display()
        ))
    })?;
    if mark.info.format > FORMAT {
        return Err(fail(format!(
            "{} has format {} of a newer augment; this one knows format {FORMAT}",
            dataset.display(),
            mark.info.format
        )));
    }
    let row = find(dataset, id)?.ok_or_else(|| fail(format!("{} has no item {id:?}", dataset.display())))?;
    Ok(Opened { mark, row })
}

fn find(dataset: &Path, id: &str) -> Result<Option<Row>, JobError> {
    let Some(mut lines) = Lines::open(&dataset.join(MANIFEST))? else {
        return Ok(None);
    };
    while let Some((_, row)) = lines.read::<Row>()? {
        if row.id == id {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The error for a recipe that is not known; `changed` if there are files of its name.
fn unknown(info: &RunInfo, dataset: &Path, changed: bool) -> JobError {
    JobError::Replay(format!(
        "the recipe {} that made {} is not known here{}\nhint: name it with --recipe FILE",
        info.recipe,
        dataset.display(),
        if changed { ", or has changed" } else { "" },
    ))
}

impl Opened {
    /// Whether this class of machines makes the bytes of the dataset.
    ///
    /// # Errors
    /// [`JobError::Replay`], if not.
    pub fn made_on(&self, class: &str) -> Result<(), JobError> {
        let there = &self.mark.info.numerics;
        if there == class {
            return Ok(());
        }
        Err(JobError::Replay(format!(
            "the dataset was made on {there}, this is {class}: the bytes may differ\nhint: --allow-mixed compares all the same"
        )))
    }
}
