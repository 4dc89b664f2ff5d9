//! One sentence of a dataset made again and compared.

use std::path::Path;

use serde_json::Value;

use super::{Opened, unknown};
use crate::dataset::mark::Mark;
use crate::dataset::row::Row;
use crate::job::text::{Candidate, LoadOptions, Loaded, TextJob, again};
use crate::job::{JobError, registry};
use crate::plan::ORIGINAL;
use crate::recipe::{TextOverrides, TextRecipe};
use crate::run::interrupt::Interrupt;

/// What a replay of a sentence found.
#[derive(Debug, Clone)]
pub struct TextReplay {
    /// The row as it stands in the dataset.
    pub row: Row,
    /// The row as it is made now; none if no attempt passes any more.
    pub now: Option<Row>,
    /// What differs; empty if nothing.
    pub differences: Vec<String>,
}

/// The job that made a dataset. `recipe` is found by itself where it can be.
///
/// # Errors
/// [`JobError`]: no recipe, or a corpus that is gone.
pub fn text_job(mark: &Mark, dataset: &Path, recipe: Option<&Path>) -> Result<TextJob, JobError> {
    let setting = |key: &str| mark.info.settings.get(key);
    let overrides = TextOverrides {
        seed: Some(mark.info.seed),
        threshold: setting("threshold").and_then(Value::as_f64),
        attempts: setting("attempts")
            .and_then(Value::as_u64)
            .and_then(|attempts| u32::try_from(attempts).ok()),
    };
    let recipe = match recipe {
        Some(path) => TextRecipe::read(path, overrides)?,
        None => {
            let candidates = registry::candidates(&mark.info, dataset);
            // A recipe of the same name that asks for something else is another recipe.
            let same = candidates.iter().find_map(|path| {
                let recipe = TextRecipe::read(path, overrides).ok()?;
                (recipe.hash().ok()? == mark.info.recipe_hash).then_some(recipe)
            });
            same.ok_or_else(|| unknown(&mark.info, dataset, !candidates.is_empty()))?
        }
    };
    TextJob::load(recipe, LoadOptions::default())
}

/// Makes a sentence again.
///
/// # Errors
/// [`JobError`]: the corpus has its source no more, or a model fails.
pub fn text(
    job: &TextJob,
    opened: Opened,
    models: &mut Loaded,
    interrupt: &Interrupt,
) -> Result<TextReplay, JobError> {
    let row = opened.row;
    let source = job
        .utterances
        .iter()
        .position(|utterance| utterance.id == row.source_id)
        .and_then(|index| u32::try_from(index).ok())
        .ok_or_else(|| {
            JobError::Replay(format!("the corpus has no sentence {:?} any more", row.source_id))
        })?;
    let candidate = Candidate {
        source,
        copy: row.copy,
    };
    let now = if row.transform == ORIGINAL {
        let item = job.plan.items.iter().find(|item| item.source == source);
        item.map(|item| job.original(item))
    } else {
        again(job, candidate, &row, models, interrupt)?
    };
    let differences = match &now {
        Some(now) => differences(&row, now),
        None => vec!["it is not made any more".to_owned()],
    };
    Ok(TextReplay {
        row,
        now,
        differences,
    })
}

fn differences(then: &Row, now: &Row) -> Vec<String> {
    let value = |row: &Row| serde_json::to_value(row).unwrap_or_default();
    let (then, now) = (value(then), value(now));
    let keys = [
        "text",
        "transform",
        "label",
        "split",
        "parameters",
        "hops",
        "attempts",
        "scores",
        "seed",
        "fingerprint",
    ];
    keys.into_iter()
        .filter_map(|key| {
            let (then, now) = (
                then.get(key).unwrap_or(&Value::Null),
                now.get(key).unwrap_or(&Value::Null),
            );
            (then != now).then(|| format!("{key}: {then} then, {now} now"))
        })
        .collect()
}
