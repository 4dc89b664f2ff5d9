//! One item of the plan, small enough for millions of them, and the ids that derive from it.

use crate::corpus::{Split, labels::slug};
use crate::draw::rank;

/// The transform name of an unchanged source.
pub const ORIGINAL: &str = "original";

/// One output: everything else about it follows from these and the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanItem {
    /// Index of the source.
    pub source: u32,
    /// 0 for the original, otherwise the maker's index plus one.
    pub maker: u16,
    /// Which draw of the maker.
    pub copy: u64,
    /// Where it goes.
    pub split: Split,
}

impl PlanItem {
    /// The source itself, as an item of a split.
    #[must_use]
    pub fn original(source: usize, split: Split) -> Self {
        PlanItem {
            source: source as u32,
            maker: 0,
            copy: 0,
            split,
        }
    }

    /// The `copy`-th draw of a maker: always in train.
    #[must_use]
    pub fn made(source: usize, maker: usize, copy: u64) -> Self {
        PlanItem {
            source: source as u32,
            maker: maker as u16 + 1,
            copy,
            split: Split::Train,
        }
    }

    /// The maker, `None` for an original.
    #[must_use]
    pub fn maker(&self) -> Option<usize> {
        (self.maker as usize).checked_sub(1)
    }
}

/// The stable id of an item: slug of the source (at most 60 characters), transform, copy, and eight hex digits of
/// a hash of all three.
#[must_use]
pub fn item_id(source: &str, transform: &str, copy: u64) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [source, transform] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.update(&copy.to_le_bytes());
    let hash = hasher.finalize();
    let digits: String = hash
        .as_bytes()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}-{transform}-{copy}-{digits}", slug(source, 60))
}

/// The item's own seed, as it stands in its row.
#[must_use]
pub fn item_seed(seed: u64, id: &str) -> String {
    format!("{:016x}", rank(seed, id, "item"))
}
