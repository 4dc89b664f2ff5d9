//! One item of an audio dataset made again and compared.

use std::path::Path;

use super::{Opened, unknown};
use crate::corpus::Split;
use crate::dataset::mark::Mark;
use crate::dataset::row::Row;
use crate::job::JobError;
use crate::job::audio::{AudioJob, LoadOptions, Rendered, Renderer};
use crate::job::registry;
use crate::plan::PlanItem;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// What a replay of audio found.
#[derive(Debug, Clone)]
pub struct Replay {
    /// The row as it stands in the dataset.
    pub row: Row,
    /// The item as it is made now.
    pub now: Rendered,
    /// What differs; empty if nothing.
    pub differences: Vec<String>,
}

/// Makes an item again. `recipe` is found by itself where it can be.
///
/// # Errors
/// [`JobError`]: no recipe, or an input that is gone.
pub fn audio(
    dataset: &Path,
    opened: Opened,
    recipe: Option<&Path>,
    options: LoadOptions,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Replay, JobError> {
    let fail = |message: String| JobError::Replay(message);
    let Opened { mark, row } = opened;
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
        .map_err(|error| fail(format!("{}: {error}", row.id)))?;
    let differences = differences(dataset, &row, &now);
    Ok(Replay {
        row,
        now,
        differences,
    })
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
    Err(unknown(&mark.info, dataset, !candidates.is_empty()))
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
