//! Writing the files that close a dataset: manifest, metadata, refusals, mark, all in id order and atomically.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::layout::{self, MANIFEST, METADATA, REFUSED};
use super::leftovers::remove_leftovers;
use super::mark::{Counts, Mark, RunInfo};
use super::refused::Refused;
use super::row::{MetadataRow, Row};
use super::table;
use crate::corpus::Split;
use crate::run::atomic::{AtomicFile, FileError};

/// Takes rows in order of their ids.
pub struct Sink {
    dataset: PathBuf,
    manifest: AtomicFile,
    metadata: BTreeMap<Split, AtomicFile>,
    /// `train.csv`, `validation.csv`, ..., for datasets of sentences.
    tables: Option<BTreeMap<Split, AtomicFile>>,
    counts: Counts,
    /// Hashes of the paths of all items' files.
    files: HashSet<u64>,
}

impl Sink {
    /// Starts the closing files of a dataset.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn new(dataset: &Path) -> Result<Self, FileError> {
        Ok(Sink {
            dataset: dataset.to_owned(),
            manifest: AtomicFile::create(&dataset.join(MANIFEST))?,
            metadata: BTreeMap::new(),
            tables: None,
            counts: Counts::default(),
            files: HashSet::new(),
        })
    }

    /// With a CSV file for each split.
    #[must_use]
    pub fn with_tables(mut self) -> Self {
        self.tables = Some(BTreeMap::new());
        self
    }

    /// Adds a row.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn add(&mut self, row: &Row) -> Result<(), FileError> {
        self.counts.add(row);
        self.files
            .extend(row.files().map(|(path, _)| layout::short_hash(path)));
        self.manifest.write(&line(row, &self.dataset.join(MANIFEST))?)?;
        if let Some(tables) = &mut self.tables {
            let path = self.dataset.join(table::name(row.split));
            let file = match tables.entry(row.split) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => {
                    let mut file = AtomicFile::create(&path)?;
                    file.write(&table::line(&table::COLUMNS))?;
                    entry.insert(file)
                }
            };
            file.write(&table::line(&table::cells(row)))?;
        }
        if let Some(flat) = MetadataRow::of(row) {
            let path = self.dataset.join(row.split.name()).join(METADATA);
            let text = line(&flat, &path)?;
            let file = match self.metadata.entry(row.split) {
                std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::btree_map::Entry::Vacant(entry) => entry.insert(AtomicFile::create(&path)?),
            };
            file.write(&text)?;
        }
        Ok(())
    }

    /// Puts everything in place, removes files of items that no row names any more, and sets the mark last.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn finish(mut self, mut refused: Vec<Refused>, info: RunInfo) -> Result<Mark, FileError> {
        refused.sort_unstable();
        refused.dedup();
        let path = self.dataset.join(REFUSED);
        let mut file = AtomicFile::create(&path)?;
        for row in &refused {
            self.counts.add_refused(row);
            file.write(&line(row, &path)?)?;
        }
        file.commit(true)?;
        for split in Split::ALL {
            match self.metadata.remove(&split) {
                Some(file) => file.commit(true)?,
                // A split that has become empty must not keep its old rows.
                None => remove(&self.dataset.join(split.name()).join(METADATA))?,
            }
        }
        for split in Split::ALL {
            match self.tables.as_mut().map(|tables| tables.remove(&split)) {
                None => {}
                Some(Some(file)) => file.commit(true)?,
                Some(None) => remove(&self.dataset.join(table::name(split)))?,
            }
        }
        self.manifest.commit(true)?;
        let files = &self.files;
        remove_leftovers(&self.dataset, |path| files.contains(&layout::short_hash(path)))?;
        let mut sizes = BTreeMap::new();
        if self.tables.is_some() {
            let tables = Split::ALL.map(table::name);
            let lists = [MANIFEST, REFUSED, layout::ORIGINALS].map(str::to_owned);
            for name in tables.into_iter().chain(lists) {
                if let Ok(stat) = std::fs::metadata(self.dataset.join(&name)) {
                    sizes.insert(name, stat.len());
                }
            }
        }
        let mark = Mark {
            info,
            counts: self.counts,
            sizes,
        };
        mark.write(&self.dataset)?;
        Ok(mark)
    }
}

fn line<T: Serialize>(value: &T, path: &Path) -> Result<Vec<u8>, FileError> {
    let mut text = serde_json::to_vec(value).map_err(|e| FileError::new(path, "cannot write", e.into()))?;
    text.push(b'\n');
    Ok(text)
}

/// Removes a file that may not be there.
///
/// # Errors
/// [`FileError`].
pub fn remove(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(FileError::new(path, "cannot remove", error))
        }
        _ => Ok(()),
    }
}
