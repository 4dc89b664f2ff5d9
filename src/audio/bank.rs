//! Banks: folders of noises or room responses, as the transforms see them.

use std::sync::Arc;

/// What the files of a bank are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BankKind {
    /// Background recordings.
    Noise,
    /// Room impulse responses.
    Response,
}

/// What is known of one file of a bank before it is read again.
#[derive(Debug, Clone, PartialEq)]
pub struct BankEntry {
    /// Path within the bank, with `/` between folders.
    pub name: String,
    /// Hash of the decoded audio.
    pub hash: [u8; 32],
}

/// A bank of recordings at the sample rate of the dataset.
pub trait Bank: Send + Sync {
    /// Its usable files, sorted by name.
    fn entries(&self) -> &[BankEntry];

    /// The samples of one entry, mono at the dataset's rate.
    ///
    /// # Errors
    /// What is wrong with the file, in words.
    fn load(&self, index: usize) -> Result<Arc<[f32]>, String>;
}

/// A bank whose recordings are in memory, mono at the dataset's rate: for programs that have them at hand.
pub struct MemoryBank {
    entries: Vec<BankEntry>,
    recordings: Vec<Arc<[f32]>>,
}

impl MemoryBank {
    /// From names and samples.
    pub fn new(recordings: impl IntoIterator<Item = (String, Arc<[f32]>)>) -> Self {
        let mut recordings: Vec<_> = recordings.into_iter().collect();
        recordings.sort_by(|a, b| a.0.cmp(&b.0));
        let entry = |(name, samples): &(String, Arc<[f32]>)| {
            let mut hasher = blake3::Hasher::new();
            for sample in samples.iter() {
                hasher.update(&sample.to_le_bytes());
            }
            BankEntry {
                name: name.clone(),
                hash: *hasher.finalize().as_bytes(),
            }
        };
        MemoryBank {
            entries: recordings.iter().map(entry).collect(),
            recordings: recordings.into_iter().map(|(_, samples)| samples).collect(),
        }
    }
}

impl Bank for MemoryBank {
    fn entries(&self) -> &[BankEntry] {
        &self.entries
    }

    fn load(&self, index: usize) -> Result<Arc<[f32]>, String> {
        let recording = self.recordings.get(index).cloned();
        recording.ok_or_else(|| format!("there is no recording {index}"))
    }
}
