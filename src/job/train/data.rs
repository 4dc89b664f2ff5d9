//! The rows of a finished dataset, as training and measuring need them.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::TrainJobError;
use crate::audio::preparation::Preparation;
use crate::corpus::Split;
use crate::dataset::layout::MANIFEST;
use crate::dataset::mark::{Counts, FORMAT, Mark};
use crate::dataset::row::Row;
use crate::dataset::verify::VerifyError;
use crate::job::model::ModelDir;
use crate::plan::ORIGINAL;
use crate::run::ledger::Lines;

/// What a dataset is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Speech: made by `augment audio`.
    Audio,
    /// Sentences: made by `augment text`.
    Text,
}

/// A row's origin, for the list of what a model was trained on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// `audio` or `text`.
    pub dataset: String,
    /// The row's id.
    pub id: String,
    /// What it was made from.
    pub source_id: String,
    /// What it may not be separated from by a split.
    pub group: String,
}

/// A row of a dataset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its origin.
    pub source: Source,
    /// Its split.
    pub split: Split,
    /// Its label.
    pub label: String,
    /// Whether it is an original.
    pub original: bool,
    /// The mel image; empty if it has none.
    pub image: PathBuf,
    /// SHA-256 of the image.
    pub image_hash: String,
    /// The sentence or transcript; empty if there is none.
    pub text: String,
}

/// A finished dataset.
#[derive(Debug)]
pub struct Dataset {
    /// Where it is.
    pub path: PathBuf,
    /// What it is of.
    pub kind: Kind,
    /// How its images were made; datasets of sentences have none, and old ones do not tell.
    pub preparation: Option<Preparation>,
    /// All rows, sorted by id.
    pub rows: Vec<Example>,
}

/// Missing files that are named.
const NAMED: usize = 3;

impl Dataset {
    /// What a dataset is of, without reading its rows.
    ///
    /// # Errors
    /// [`TrainJobError`]: it is not finished, or a shard.
    pub fn kind(path: &Path) -> Result<Kind, TrainJobError> {
        kind(path, &mark(path)?)
    }

    /// Reads the rows of a dataset.
    ///
    /// # Errors
    /// [`TrainJobError`]: it is not finished, a shard, or its rows can't be read.
    pub fn read(path: &Path) -> Result<Self, TrainJobError> {
        let mark = mark(path)?;
        let kind = kind(path, &mark)?;
        let preparation = mark
            .info
            .preparation()
            .map_err(|reason| TrainJobError::dataset(path, format!("run.json: {reason}")))?;
        let Some(mut lines) = Lines::open(&path.join(MANIFEST))? else {
            return Err(TrainJobError::dataset(path, format!("{MANIFEST} is missing")));
        };
        let (mut rows, mut counts) = (Vec::new(), Counts::default());
        while let Some((_, row)) = lines.read::<Row>()? {
            counts.add(&row);
            rows.push(example(path, kind, row)?);
        }
        // A list that was cut short would go unseen otherwise.
        if counts.items != mark.counts.items {
            let reason = format!(
                "the rows of {MANIFEST} are not those that run.json counts\n\
                 hint: `augment verify` shows what is wrong with the dataset"
            );
            return Err(TrainJobError::dataset(path, reason));
        }
        Ok(Dataset {
            path: path.to_owned(),
            kind,
            preparation,
            rows,
        })
    }

    /// How its images were made.
    ///
    /// # Errors
    /// [`TrainJobError::Dataset`] if it does not tell.
    pub fn preparation(&self) -> Result<&Preparation, TrainJobError> {
        self.preparation.as_ref().ok_or_else(|| {
            let reason = "its run.json does not say how its images were made\n\
                          hint: it was made by an older version; run `augment audio` with its recipe again, which makes no item anew";
            TrainJobError::dataset(&self.path, reason)
        })
    }

    /// Whether all rows of these splits have their images, as files.
    ///
    /// # Errors
    /// [`TrainJobError::Dataset`] that names some that are missing.
    pub fn check_images(&self, splits: &[Split]) -> Result<(), TrainJobError> {
        let mut missing = Vec::new();
        let mut count = 0;
        for row in self.rows.iter().filter(|row| splits.contains(&row.split)) {
            if row.image.as_os_str().is_empty() {
                let reason = format!(
                    "{} has no mel image, and the network reads images\n\
                     hint: set images = true in [output] of its recipe, and run `augment audio` with --update",
                    row.source.id
                );
                return Err(TrainJobError::dataset(&self.path, reason));
            }
            if !row.image.is_file() {
                count += 1;
                if missing.len() < NAMED {
                    missing.push(row.image.display().to_string());
                }
            }
        }
        if count == 0 {
            return Ok(());
        }
        let reason = format!(
            "{count} images that {MANIFEST} names are not there: {}\nhint: `augment audio` with its recipe makes them again",
            missing.join(", ")
        );
        Err(TrainJobError::dataset(&self.path, reason))
    }

    /// Whether all rows of these splits have texts.
    ///
    /// # Errors
    /// [`TrainJobError::Dataset`] that counts those that have none.
    pub fn check_texts(&self, splits: &[Split]) -> Result<(), TrainJobError> {
        let without: Vec<&str> = self
            .rows
            .iter()
            .filter(|row| splits.contains(&row.split) && row.text.trim().is_empty())
            .map(|row| row.source.id.as_str())
            .collect();
        let Some(first) = without.first() else {
            return Ok(());
        };
        let reason = format!(
            "{} rows have no transcript, such as {first}, and the network reads texts\n\
             hint: name the transcripts in [corpus] columns = {{ text = \"...\" }} of its recipe",
            without.len()
        );
        Err(TrainJobError::dataset(&self.path, reason))
    }

    /// All labels of a split, sorted.
    #[must_use]
    pub fn labels(&self, split: Split) -> BTreeSet<&str> {
        let rows = self.rows.iter().filter(|row| row.split == split);
        rows.map(|row| row.label.as_str()).collect()
    }
}

fn mark(path: &Path) -> Result<Mark, TrainJobError> {
    match Mark::read(path) {
        Ok(Some(mark)) => Ok(mark),
        Ok(None) => Err(VerifyError::Unfinished(path.to_owned()).into()),
        // The mark of a model has another form.
        Err(_) if ModelDir::open(path).is_ok() => {
            let reason = "found a trained model, expected a dataset of `augment audio` or `augment text`";
            Err(TrainJobError::dataset(path, reason))
        }
        Err(error) => Err(error.into()),
    }
}

fn kind(path: &Path, mark: &Mark) -> Result<Kind, TrainJobError> {
    if mark.info.format > FORMAT {
        let (path, format) = (path.to_owned(), mark.info.format);
        return Err(VerifyError::Newer { path, format }.into());
    }
    if let Some(shard) = mark.info.shard {
        let reason = format!(
            "it is shard {} of {}\nhint: `augment merge` puts all of them together",
            shard.index, shard.count
        );
        return Err(TrainJobError::dataset(path, reason));
    }
    match mark.info.kind.as_str() {
        "audio" => Ok(Kind::Audio),
        "text" => Ok(Kind::Text),
        other => {
            let reason = format!("found a dataset of kind {other:?}, expected audio or text");
            Err(TrainJobError::dataset(path, reason))
        }
    }
}

fn example(path: &Path, kind: Kind, row: Row) -> Result<Example, TrainJobError> {
    let below = Path::new(&row.mel_path)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !below {
        let reason = format!("{}: {:?} is not a path below the dataset", row.id, row.mel_path);
        return Err(TrainJobError::dataset(path, reason));
    }
    Ok(Example {
        source: Source {
            dataset: match kind {
                Kind::Audio => "audio".to_owned(),
                Kind::Text => "text".to_owned(),
            },
            id: row.id,
            source_id: row.source_id,
            group: row.group,
        },
        split: row.split,
        label: row.label,
        original: row.transform == ORIGINAL,
        image: match row.mel_path.as_str() {
            "" => PathBuf::new(),
            mel => path.join(mel),
        },
        image_hash: row.mel_sha256,
        text: row.text,
    })
}
