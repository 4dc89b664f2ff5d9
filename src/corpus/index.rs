//! The index: each input decoded and measured once, so that the plan knows all it needs without sound.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cache::{Cache, Stamp};
use crate::audio::backdrop::without_dead_air;
use crate::audio::bank::BankKind;
use crate::audio::bench::Bench;
use crate::audio::decode::{Channels, Recording, decode, decode_bytes};
use crate::audio::prepare::PrepareSettings;
use crate::audio::{level, response};
use crate::run::execute::{Ended, ThreadError, execute, guarded};
use crate::run::interrupt::Interrupt;
use crate::run::progress::Progress;

/// Files up to this size are read in one go, larger ones as they are decoded.
const WHOLE: u64 = 32 << 20;

/// In place of the hash of a file that could not be read.
const UNREAD: [u8; 32] = [0; 32];

/// What an audio file turned out to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Hash of the file's bytes.
    pub file: [u8; 32],
    /// What was measured, or what is wrong with the file, in words.
    pub audio: Result<Measured, String>,
}

/// Measured of a usable file, after preparation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Hash of the decoded samples and their rate.
    pub content: [u8; 32],
    /// Sample rate of the file, in Hz.
    pub rate: u32,
    /// Channels of the file.
    pub channels: u16,
    /// Length in samples at the dataset's rate.
    pub frames: u64,
    /// Largest magnitude; 1.0 is full scale.
    pub peak: f32,
    /// Level of the active speech in dB re full scale.
    pub active_dbfs: f32,
}

/// What a file is measured for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A source of the corpus.
    Source,
    /// A file of a bank.
    Bank(BankKind),
}

/// Why indexing ended without an index.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A signal came.
    #[error("interrupted while indexing")]
    Interrupted,
    /// No threads.
    #[error(transparent)]
    Threads(#[from] ThreadError),
}

/// How files are indexed.
pub struct Indexer<'a> {
    /// How sources are prepared.
    pub prepare: &'a PrepareSettings,
    /// Facts from earlier runs.
    pub cache: &'a mut Cache,
    /// Hash files although their size and times are as they were.
    pub check: bool,
    /// Number of threads.
    pub jobs: usize,
    /// Stops it.
    pub interrupt: &'a Interrupt,
    /// Is told of each file.
    pub progress: &'a dyn Progress,
}

impl Indexer<'_> {
    /// Facts of all files, in their order. The cache gets the new ones, also of an interrupted run.
    ///
    /// # Errors
    /// [`IndexError`].
    pub fn measure(&mut self, paths: &[PathBuf], role: Role) -> Result<Vec<Facts>, IndexError> {
        let mut facts: Vec<Option<Facts>> = vec![None; paths.len()];
        let mut open = Vec::new();
        for (index, path) in paths.iter().enumerate() {
            match self.cache.get(path, role, self.check) {
                Some(known) => facts[index] = Some(known),
                None => open.push(index),
            }
        }
        if open.is_empty() {
            return Ok(facts.into_iter().flatten().collect());
        }
        self.progress.stage("indexing", open.len() as u64);
        let (prepare, progress) = (self.prepare, self.progress);
        let ended = execute(
            open.len(),
            self.jobs,
            self.interrupt,
            Bench::new,
            |bench, unit, send| {
                let path = &paths[open[unit]];
                // The stamp is taken first: a file that changes while it is read is read again next time.
                send((unit, Stamp::of(path), facts_of(path, role, prepare, bench)));
            },
            |unit, message| {
                (
                    unit,
                    None,
                    Facts {
                        file: UNREAD,
                        audio: Err(message),
                    },
                )
            },
            |(unit, stamp, found): (usize, Option<Stamp>, Facts)| {
                // A file that could not be read has no hash; why may pass without the file changing.
                if let Some(stamp) = stamp.filter(|_| found.file != UNREAD) {
                    self.cache.put(&paths[open[unit]], role, stamp, found.clone());
                }
                facts[open[unit]] = Some(found);
                progress.advance(1);
                true
            },
        );
        self.progress.finish();
        match ended? {
            Ended::All => Ok(facts.into_iter().flatten().collect()),
            Ended::Early => Err(IndexError::Interrupted),
        }
    }
}

/// Reads, decodes and measures one file.
fn facts_of(path: &Path, role: Role, prepare: &PrepareSettings, bench: &mut Bench) -> Facts {
    // Banks may be longer than an utterance may; they are cut, so that memory stays bounded.
    let (channels, seconds) = match role {
        Role::Source => (prepare.channels, prepare.max_seconds),
        Role::Bank(kind) => (Channels::Mix, bank_seconds(kind)),
    };
    let (file, recording) = match read(path, channels, seconds) {
        Ok(read) => read,
        Err(reason) => {
            return Facts {
                file: UNREAD,
                audio: Err(reason),
            };
        }
    };
    let audio = recording.and_then(|recording| {
        let content = content_hash(&recording);
        let samples = match role {
            Role::Source => prepare.prepare(&recording, bench)?,
            Role::Bank(kind) => bank_samples(&recording, kind, prepare, bench)?,
        };
        let peak = level::peak(&samples);
        let active_dbfs =
            level::active_level_dbfs(&samples, prepare.sample_rate).unwrap_or(f64::NEG_INFINITY) as f32;
        Ok(Measured {
            content,
            rate: recording.rate,
            channels: recording.channels,
            frames: samples.len() as u64,
            peak,
            active_dbfs: active_dbfs.max(-200.0),
        })
    });
    Facts { file, audio }
}

/// The longest part of a bank's file that is used.
#[must_use]
pub fn bank_seconds(kind: BankKind) -> f64 {
    match kind {
        BankKind::Noise => 600.0,
        BankKind::Response => 30.0,
    }
}

/// A bank's recording as transforms get it.
///
/// # Errors
/// In words, why it can't be used.
pub fn bank_samples(
    recording: &Recording,
    kind: BankKind,
    prepare: &PrepareSettings,
    bench: &mut Bench,
) -> Result<Vec<f32>, String> {
    let samples = prepare.resample(recording, bench)?;
    match kind {
        BankKind::Noise => {
            let live = without_dead_air(&samples, prepare.sample_rate);
            if level::plain_power(&live) <= 1e-12 {
                Err("is silent".to_owned())
            } else {
                Ok(live)
            }
        }
        BankKind::Response => response::prepare(&samples, prepare.sample_rate).map(|_| samples),
    }
}

/// A file's hash, and its audio or what is wrong with it.
///
/// # Errors
/// In words, when the file can't be read at all.
pub fn read(
    path: &Path,
    channels: Channels,
    seconds: f64,
) -> Result<([u8; 32], Result<Recording, String>), String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or("");
    // Asked before it is opened: opening a pipe waits for ever.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err("is not a regular file".to_owned());
    }
    let mut file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?;
    // What decoders make of hostile bytes is theirs; a panic of theirs is the file's fault, not the run's.
    if length.len() <= WHOLE {
        let mut bytes = Vec::with_capacity(length.len() as usize);
        // The limit holds while reading: the file may be growing.
        file.take(WHOLE).read_to_end(&mut bytes).map_err(unreadable)?;
        let hash = *blake3::hash(&bytes).as_bytes();
        let audio =
            guarded(|| decode_bytes(&bytes, extension, channels, seconds).map_err(|error| error.to_string()));
        return Ok((hash, audio.and_then(|audio| audio)));
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(&mut file).map_err(unreadable)?;
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let audio = guarded(|| decode(file, extension, channels, seconds).map_err(|error| error.to_string()));
    Ok((*hasher.finalize().as_bytes(), audio.and_then(|audio| audio)))
}

/// Hash of decoded samples: equal for equal audio, whatever file it came in.
pub(super) fn content_hash(recording: &Recording) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&recording.rate.to_le_bytes());
    let mut block = Vec::with_capacity(4 * 4096);
    for chunk in recording.samples.chunks(4096) {
        block.clear();
        // Positive and negative zero are the same sound.
        block.extend(chunk.iter().flat_map(|sample| (sample + 0.0).to_le_bytes()));
        hasher.update(&block);
    }
    *hasher.finalize().as_bytes()
}
