//! `augment replay`: one item of a dataset made again and compared.

use std::path::Path;

use super::JobError;
use super::audio::{AudioJob, LoadOptions, Rendered, Renderer};
use super::registry;
use crate::corpus::Split;
use crate::dataset::layout::MANIFEST;
use crate::dataset::mark::{FORMAT, Mark};
use crate::dataset::row::Row;
use crate::plan::PlanItem;
use crate::run::interrupt::Interrupt;
use crate::run::ledger::Lines;
use crate::run::numerics;
use crate::run::progress::Progress;

/// What a replay found.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The row as it stands in the dataset.
    pub row: Row,
    /// The item as it is made now.
    pub now: Rendered,
    /// What differs; empty if nothing.
    pub differences: Vec<String>,
}

/// Makes the item `id` of a dataset again. `recipe` is found by itself where it can be.
///
/// # Errors
/// [`JobError`]: no such item, no recipe, another class of machines, or an input that is gone.
pub fn replay(
    dataset: &Path,
    id: &str,
    recipe: Option<&Path>,
    options: LoadOptions,
    allow_mixed: bool,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Replay, JobError> {
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
    if mark.info.kind != "audio" {
        return Err(fail(format!(
            "{} holds a {} dataset; only audio can be replayed",
            dataset.display(),
            mark.info.kind
        )));
    }
    if mark.info.numerics != numerics::class() && !allow_mixed {
        return Err(fail(format!(
            "the dataset was made on {}, this machine is {}: the bytes may differ\nhint: --allow-mixed compares all the same",
            mark.info.numerics,
            numerics::class(),
        )));
    }
    let row = find(dataset, id)?.ok_or_else(|| fail(format!("{} has no item {id:?}", dataset.display())))?;
    let options = LoadOptions {
        seed: Some(mark.info.seed),
        ..options
    };
    let job = load(&mark, dataset, recipe, options, interrupt, progress)?;
    let source = job
        .utterances
        .iter()
        .position(|utterance| utterance.id == row.source_id)
        .ok_or_else(|| {
            fail(format!(
                "the corpus has no utterance {:?} any more",
                row.source_id
            ))
        })?;
    let item = planned(&job, &row, source)?;
    if let Err(reason) = &job.index[source].audio {
        return Err(fail(format!("{}: {reason}", row.source_id)));
    }
    let mut renderer = Renderer::new();
    let prepared = renderer
        .source(&job, source)
        .map_err(|reason| fail(format!("{}: {reason}", row.source_id)))?;
    let now = renderer
        .item(&job, &item, &prepared)
        .map_err(|error| fail(format!("{id}: {error}")))?;
    let differences = differences(dataset, &row, &now);
    Ok(Replay {
        row,
        now,
        differences,
    })
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

fn load(
    mark: &Mark,
    dataset: &Path,
    recipe: Option<&Path>,
    options: LoadOptions,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<AudioJob, JobError> {
    if let Some(recipe) = recipe {
        return AudioJob::load(recipe, options, interrupt, progress);
    }
    let candidates = registry::candidates(&mark.info, dataset);
    for path in &candidates {
        // A recipe of the same name that asks for something else is another recipe.
        let same = crate::recipe::AudioRecipe::read(path, options.seed).and_then(|recipe| recipe.hash());
        if same.is_ok_and(|hash| hash == mark.info.recipe_hash) {
            return AudioJob::load(path, options, interrupt, progress);
        }
    }
    Err(JobError::Replay(format!(
        "the recipe {} that made {} is not known here{}\nhint: name it with --recipe FILE",
        mark.info.recipe,
        dataset.display(),
        if candidates.is_empty() {
            ""
        } else {
            ", or has changed"
        },
    )))
}

/// The row's item as the recipe has it now.
fn planned(job: &AudioJob, row: &Row, source: usize) -> Result<PlanItem, JobError> {
    if row.transform == crate::plan::ORIGINAL {
        return Ok(PlanItem::original(source, row.split));
    }
    let maker = job
        .recipe
        .transforms
        .iter()
        .position(|named| named.name == row.transform)
        .ok_or_else(|| {
            JobError::Replay(format!(
                "the recipe has no transform called {:?} any more",
                row.transform
            ))
        })?;
    let item = PlanItem::made(source, maker, row.copy);
    debug_assert_eq!(item.split, Split::Train);
    Ok(item)
}

fn differences(dataset: &Path, row: &Row, now: &Rendered) -> Vec<String> {
    let mut found = Vec::new();
    if row.parameters != now.row.parameters {
        let text =
            |values: &serde_json::Map<String, serde_json::Value>| serde_json::Value::Object(values.clone());
        found.push(format!(
            "parameters: {} then, {} now",
            text(&row.parameters),
            text(&now.row.parameters)
        ));
    }
    let files = [
        (&row.file, &row.sha256, &now.row.file, &now.files.audio),
        (
            &row.mel_path,
            &row.mel_sha256,
            &now.row.mel_path,
            &now.files.image,
        ),
        (
            &row.array_path,
            &row.array_sha256,
            &now.row.array_path,
            &now.files.array,
        ),
    ];
    for (path, sha256, path_now, bytes) in files {
        match bytes {
            None if path.is_empty() => {}
            None => found.push(format!("{path}: would not be written now")),
            Some(_) if path.is_empty() => found.push(format!("{path_now}: was not written then")),
            Some(bytes) => {
                if crate::dataset::row::sha256(bytes) != *sha256 {
                    found.push(format!("{path}: other bytes than its row tells"));
                }
                match std::fs::read(dataset.join(path)) {
                    Ok(there) if there == *bytes => {}
                    Ok(_) => found.push(format!("{path}: other bytes than the file holds")),
                    Err(error) => found.push(format!("{path}: can't be read: {error}")),
                }
            }
        }
    }
    if found.is_empty() && row.fingerprint != now.row.fingerprint {
        found.push("the fingerprint: settings or inputs changed without changing these bytes".to_owned());
    }
    found
}
