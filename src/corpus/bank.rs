//! Banks on disk: folders of noises or responses, indexed once, loaded when drawn, kept by bytes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::index::{IndexError, Indexer, Role, bank_samples, bank_seconds, content_hash, read};
use super::scan::audio_files;
use crate::audio::bank::{Bank, BankEntry, BankKind};
use crate::audio::bench::Bench;
use crate::audio::decode::Channels;
use crate::audio::prepare::PrepareSettings;

/// Decoded recordings of one bank that are kept in memory at most.
const KEPT_BYTES: usize = 48 << 20;

/// Why a bank can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// No such folder.
    #[error("the folder {path} can't be read: {reason}", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Nothing in it that can be used.
    #[error("the folder {path} holds no usable audio file ({found} found{first})", path = path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
        /// Audio files in it.
        found: usize,
        /// The first one's fault.
        first: String,
    },
    /// Indexing ended.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// A bank of files.
pub struct FileBank {
    kind: BankKind,
    prepare: PrepareSettings,
    entries: Vec<BankEntry>,
    paths: Vec<PathBuf>,
    kept: Mutex<Kept>,
}

/// A file of a bank that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankFault {
    /// Path within the bank.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

#[derive(Default)]
struct Kept {
    recordings: HashMap<usize, (u64, Arc<[f32]>)>,
    bytes: usize,
    clock: u64,
}

impl FileBank {
    /// Opens and indexes the bank in `folder`; broken files are left out and named.
    ///
    /// # Errors
    /// [`BankError`].
    pub fn open(
        folder: &Path,
        kind: BankKind,
        indexer: &mut Indexer<'_>,
    ) -> Result<(Self, Vec<BankFault>), BankError> {
        let fail = |reason: String| BankError::Folder {
            path: folder.to_owned(),
            reason,
        };
        let scan = audio_files(folder).map_err(|error| fail(error.to_string()))?;
        let paths: Vec<PathBuf> = scan.files.iter().map(|file| file.path.clone()).collect();
        let facts = indexer.measure(&paths, Role::Bank(kind))?;
        let mut bank = FileBank {
            kind,
            prepare: indexer.prepare.clone(),
            entries: Vec::new(),
            paths: Vec::new(),
            kept: Mutex::default(),
        };
        let mut faults = Vec::new();
        for (file, facts) in scan.files.into_iter().zip(facts) {
            match facts.audio {
                Ok(measured) => {
                    bank.entries.push(BankEntry {
                        name: file.relative,
                        hash: measured.content,
                    });
                    bank.paths.push(file.path);
                }
                Err(reason) => faults.push(BankFault {
                    name: file.relative,
                    reason,
                }),
            }
        }
        if bank.entries.is_empty() {
            let first = faults
                .first()
                .map(|f| format!("; {}: {}", f.name, f.reason))
                .unwrap_or_default();
            return Err(BankError::Empty {
                path: folder.to_owned(),
                found: paths.len(),
                first,
            });
        }
        Ok((bank, faults))
    }
}

impl Bank for FileBank {
    fn entries(&self) -> &[BankEntry] {
        &self.entries
    }

    fn load(&self, index: usize) -> Result<Arc<[f32]>, String> {
        if let Some(samples) = self.kept.lock().ok().and_then(|mut kept| kept.get(index)) {
            return Ok(samples);
        }
        let (Some(path), Some(entry)) = (self.paths.get(index), self.entries.get(index)) else {
            return Err("no such recording".to_owned());
        };
        // Decoded outside the lock: two threads may do it twice, but none waits for the other.
        let (_, recording) = read(path, Channels::Mix, bank_seconds(self.kind))
            .map_err(|reason| format!("{}: {reason}", entry.name))?;
        let samples: Arc<[f32]> = recording
            .and_then(|recording| {
                // What is made of it is fingerprinted by the audio that was indexed.
                if content_hash(&recording) != entry.hash {
                    return Err("changed since it was indexed; run again".to_owned());
                }
                bank_samples(&recording, self.kind, &self.prepare, &mut Bench::new())
            })
            .map_err(|reason| format!("{}: {reason}", entry.name))?
            .into();
        if let Ok(mut kept) = self.kept.lock() {
            kept.put(index, &samples);
        }
        Ok(samples)
    }
}

impl Kept {
    fn get(&mut self, index: usize) -> Option<Arc<[f32]>> {
        self.clock += 1;
        let (used, samples) = self.recordings.get_mut(&index)?;
        *used = self.clock;
        Some(Arc::clone(samples))
    }

    /// Keeps a recording and lets go of those that were not used for longest.
    fn put(&mut self, index: usize, samples: &Arc<[f32]>) {
        self.clock += 1;
        if self
            .recordings
            .insert(index, (self.clock, Arc::clone(samples)))
            .is_none()
        {
            self.bytes += size_of_val::<[f32]>(samples);
        }
        while self.bytes > KEPT_BYTES && self.recordings.len() > 1 {
            let oldest = self
                .recordings
                .iter()
                .min_by_key(|(index, (used, _))| (*used, **index))
                .map(|(&i, _)| i);
            if let Some((_, gone)) = oldest.and_then(|index| self.recordings.remove(&index)) {
                self.bytes -= size_of_val::<[f32]>(&gone);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::prepare::TooLong;
    use crate::audio::wave;
    use crate::corpus::cache::Cache;
    use crate::run::interrupt::Interrupt;
    use crate::run::progress::Silent;

    #[test]
    fn a_recording_that_changed_since_it_was_indexed_is_not_used() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hum.wav");
        let hum = |step: i32| (0..16_000).map(|i| (i * step % 2000) as i16).collect::<Vec<_>>();
        std::fs::write(&path, wave::encode(&hum(7), 16_000)).unwrap();
        let prepare = PrepareSettings {
            sample_rate: 16_000,
            trim_db: None,
            min_seconds: 0.0,
            max_seconds: 60.0,
            too_long: TooLong::Refuse,
            channels: Channels::Mix,
        };
        let mut indexer = Indexer {
            prepare: &prepare,
            cache: &mut Cache::default(),
            check: false,
            jobs: 1,
            interrupt: &Interrupt::default(),
            progress: &Silent,
        };
        let open =
            |indexer: &mut Indexer<'_>| FileBank::open(dir.path(), BankKind::Noise, indexer).unwrap().0;
        assert_eq!(open(&mut indexer).load(0).unwrap().len(), 16_000);
        let bank = open(&mut indexer);
        std::fs::write(&path, wave::encode(&hum(9), 16_000)).unwrap();
        assert_eq!(
            bank.load(0).unwrap_err(),
            "hum.wav: changed since it was indexed; run again"
        );
    }
}
