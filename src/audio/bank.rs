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
