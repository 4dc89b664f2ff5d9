//! `augment verify`: are the files what their rows say, do the numbers agree, does anything leak?

mod leaks;
mod sentences;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::corpus::Split;
use crate::dataset::layout::{self, MANIFEST, METADATA, short_hash};
use crate::dataset::mark::{Counts, FORMAT, Mark};
use crate::dataset::row::{MetadataRow, Row, sha256};
use crate::plan::ORIGINAL;
use crate::run::atomic::FileError;
use crate::run::ledger::{LineError, Lines};

use leaks::Seen;
use sentences::Sentences;

/// Why a directory could not be checked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It has no completion mark.
    #[error("{path} holds no finished dataset (no run.json)", path = .0.display())]
    Unfinished(PathBuf),
    /// It was written by a later version.
    #[error("{path} has format {format} of a newer augment; this one knows format {FORMAT}", path = path.display())]
    Newer {
        /// The directory.
        path: PathBuf,
        /// Its format.
        format: u32,
    },
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line.
    #[error(transparent)]
    Line(#[from] LineError),
}

/// What was found out about all directories together.
#[derive(Debug, Clone, Default)]
pub struct Verdict {
    /// Rows that were looked at.
    pub rows: usize,
    /// Files that were hashed.
    pub files: usize,
    /// What is wrong; empty for a sound dataset.
    pub faults: Vec<String>,
    /// How many faults there are, when not all are kept.
    pub fault_count: usize,
    /// What is not wrong, but should be known.
    pub warnings: Vec<String>,
    /// Training items of each class of each directory: originals and made.
    pub balance: BTreeMap<(String, String), (usize, usize)>,
}

/// Faults that are kept in full.
const SHOWN: usize = 100;
/// Difference of made shares from which "was augmented" tells the class.
const TELLING: f64 = 0.30;

impl Verdict {
    /// Whether everything agrees.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.fault_count == 0
    }

    fn fault(&mut self, text: String) {
        self.fault_count += 1;
        if self.faults.len() < SHOWN {
            self.faults.push(text);
        }
    }
}

/// Checks directories, each by itself and all for leakage between them.
///
/// # Errors
/// [`VerifyError`], when one can't be checked at all.
pub fn verify(datasets: &[PathBuf]) -> Result<Verdict, VerifyError> {
    let mut verdict = Verdict::default();
    let mut seen = Seen::default();
    for dataset in datasets {
        one(dataset, &mut verdict, &mut seen)?;
    }
    seen.judge(&mut verdict);
    Ok(verdict)
}

/// What leaks within datasets and between them, as faults: sources, groups and contents in more than one split, and held-out
/// rows that were made. Only the rows are read, no other file.
///
/// # Errors
/// [`VerifyError`], when one can't be read at all.
pub fn leaks(datasets: &[PathBuf]) -> Result<Verdict, VerifyError> {
    let mut verdict = Verdict::default();
    let mut seen = Seen::default();
    for dataset in datasets {
        let name = dataset.display().to_string();
        if let Some(mut rows) = Lines::open(&dataset.join(MANIFEST))? {
            while let Some((_, row)) = rows.read::<Row>()? {
                originals_alone(&name, &row, &mut verdict);
                seen.add(&name, &row);
            }
        }
    }
    seen.judge(&mut verdict);
    Ok(verdict)
}

/// Held-out rows have to be originals.
fn originals_alone(name: &str, row: &Row, verdict: &mut Verdict) {
    if row.split != Split::Train && row.transform != ORIGINAL {
        verdict.fault(format!(
            "{name}: {} is held out but was made by {}",
            row.id, row.transform
        ));
    }
}

fn one(dataset: &Path, verdict: &mut Verdict, seen: &mut Seen) -> Result<(), VerifyError> {
    let name = dataset.display().to_string();
    let mark = Mark::read(dataset)?.ok_or_else(|| VerifyError::Unfinished(dataset.to_owned()))?;
    if mark.info.format > FORMAT {
        return Err(VerifyError::Newer {
            path: dataset.to_owned(),
            format: mark.info.format,
        });
    }
    if let Err(error) = mark.info.preparation() {
        verdict.fault(format!("{name}: {}: {error}", layout::MARK));
    }
    let Some(mut rows) = Lines::open(&dataset.join(MANIFEST))? else {
        verdict.fault(format!("{name}: {MANIFEST} is missing"));
        return Ok(());
    };
    let mut counts = Counts::default();
    // Hashes instead of paths and rows: a dataset may have millions.
    let mut expected: HashSet<u64> = HashSet::new();
    let mut flat: HashMap<(Split, u64), u64> = HashMap::new();
    let mut sentences = (mark.info.kind == "text").then(|| Sentences::new(dataset, &mark));
    let mut last = String::new();
    while let Some(row) = next::<Row>(&mut rows, verdict)? {
        verdict.rows += 1;
        if row.id <= last {
            verdict.fault(format!("{name}: {MANIFEST}: {} is not in order", row.id));
        }
        originals_alone(&name, &row, verdict);
        for (path, hash) in row.files() {
            verdict.files += 1;
            if let Err(reason) = file(dataset, path, hash) {
                verdict.fault(format!("{name}: {path}: {reason}"));
            }
            expected.insert(short_hash(path));
        }
        if let Some(sentences) = &mut sentences {
            sentences.see(&name, &row, verdict);
        }
        counts.add(&row);
        if row.split == Split::Train {
            let (originals, made) = verdict
                .balance
                .entry((name.clone(), row.label.clone()))
                .or_default();
            *if row.transform == ORIGINAL {
                originals
            } else {
                made
            } += 1;
        }
        if let Some(metadata) = MetadataRow::of(&row) {
            flat.insert((row.split, short_hash(&row.id)), flat_hash(&metadata));
        }
        seen.add(&name, &row);
        last = row.id;
    }
    if counts.items != mark.counts.items {
        verdict.fault(format!(
            "{name}: the rows are not those that {} counts",
            layout::MARK
        ));
    }
    if mark.counts.failed > 0 {
        verdict.fault(format!(
            "{name}: {} items failed when it was made",
            mark.counts.failed
        ));
    }
    for (label, short) in mark.short() {
        let text = format!("{name}: class {label:?} is short by {short}");
        if mark.info.accept_short {
            verdict.warnings.push(text)
        } else {
            verdict.fault(text)
        }
    }
    if let Some(sentences) = sentences {
        sentences.end(&name, verdict);
    }
    for (file, &size) in &mark.sizes {
        let found = fs::metadata(dataset.join(file)).map(|stat| stat.len());
        if found.as_ref().ok() != Some(&size) {
            verdict.fault(format!(
                "{name}: {file}: has {} bytes, expected {size} as {} tells",
                found.map_or("no".to_owned(), |size| size.to_string()),
                layout::MARK
            ));
        }
    }
    metadata(dataset, &name, flat, verdict)?;
    strays(dataset, &name, &expected, verdict);
    telling(&name, verdict);
    Ok(())
}

/// The next row; one that can't be understood is a fault, and the one after it is taken.
fn next<T: DeserializeOwned>(lines: &mut Lines, verdict: &mut Verdict) -> Result<Option<T>, VerifyError> {
    loop {
        match lines.read::<T>() {
            Ok(found) => return Ok(found.map(|(_, row)| row)),
            Err(LineError::File(error)) => return Err(error.into()),
            Err(broken) => verdict.fault(broken.to_string()),
        }
    }
}

fn flat_hash(row: &MetadataRow) -> u64 {
    short_hash(&serde_json::json!(row).to_string())
}

/// A file against its row: hash, and that it is what its extension says.
fn file(dataset: &Path, path: &str, expected: &str) -> Result<(), String> {
    if path
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Err("is not a path below the dataset".to_owned());
    }
    let bytes = fs::read(dataset.join(path)).map_err(|error| format!("can't be read: {error}"))?;
    if sha256(&bytes) != expected {
        return Err("its bytes are not those of its row".to_owned());
    }
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let sound = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("wav") => hound::WavReader::new(bytes.as_slice()).is_ok(),
        Some("png") => begins(b"\x89PNG\r\n\x1a\n"),
        Some("npy") => begins(b"\x93NUMPY"),
        _ => true,
    };
    if sound {
        Ok(())
    } else {
        Err("is not what its name says".to_owned())
    }
}

/// The flat rows must say what the full ones say.
fn metadata(
    dataset: &Path,
    name: &str,
    mut expected: HashMap<(Split, u64), u64>,
    verdict: &mut Verdict,
) -> Result<(), VerifyError> {
    for split in Split::ALL {
        let path = dataset.join(split.name()).join(METADATA);
        let Some(mut lines) = Lines::open(&path)? else {
            continue;
        };
        while let Some(row) = next::<MetadataRow>(&mut lines, verdict)? {
            if expected.remove(&(split, short_hash(&row.id))) != Some(flat_hash(&row)) {
                verdict.fault(format!(
                    "{name}: {}/{METADATA}: {} is not as in {MANIFEST}",
                    split.name(),
                    row.id
                ));
            }
        }
    }
    if !expected.is_empty() {
        verdict.fault(format!(
            "{name}: {} rows are missing in {METADATA}",
            expected.len()
        ));
    }
    Ok(())
}

/// Files in the split folders that no row names.
fn strays(dataset: &Path, name: &str, expected: &HashSet<u64>, verdict: &mut Verdict) {
    for split in Split::ALL {
        let mut folders = vec![split.name().to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(dataset.join(&folder)) else {
                continue;
            };
            for entry in entries.flatten() {
                let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if !expected.contains(&short_hash(&path))
                    && path != format!("{}/{METADATA}", split.name())
                {
                    verdict.fault(format!("{name}: {path}: no row names this file"));
                }
            }
        }
    }
}

fn telling(name: &str, verdict: &mut Verdict) {
    let shares: Vec<(f64, &str)> = verdict
        .balance
        .iter()
        .filter(|((dataset, _), _)| dataset == name)
        .map(|((_, label), &(originals, made))| {
            (made as f64 / (originals + made).max(1) as f64, label.as_str())
        })
        .collect();
    let least = shares.iter().min_by(|a, b| a.0.total_cmp(&b.0));
    let most = shares.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    if let (Some(least), Some(most)) = (least, most)
        && most.0 - least.0 > TELLING
    {
        let warning = format!(
            "{name}: {:.0} % of {:?} is made, but {:.0} % of {:?}: whether an item was augmented tells its class",
            most.0 * 100.0,
            most.1,
            least.0 * 100.0,
            least.1,
        );
        verdict.warnings.push(warning);
    }
}
