//! Where features are kept between runs, and how much of them.
//!
//! A folder for each encoder, in it packs: files of up to some thousand features or some megabytes that are written whole, never changed,
//! and end with a hash of themselves. What is damaged, cut or not ours is never read as features; it is computed again.

use std::path::{Path, PathBuf};

use super::FeatureError;
use super::encoder::{EncoderId, Kind};
use super::pack::{self, FRAME, KEY};
use super::shelf::Shelf;
use crate::run::folders;

/// Features that are held in memory, in bytes, unless told otherwise.
const MEMORY: u64 = 1 << 30;

/// A cache on disk, shared by all encoders and runs of a user; or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureCache {
    folder: Option<PathBuf>,
    limit: u64,
    memory: u64,
}

impl FeatureCache {
    /// The user's: `features` in [`folders::cache`]. It takes at most `limit` bytes; with 0, nothing is kept.
    #[must_use]
    pub fn of_user(limit: u64) -> Self {
        FeatureCache {
            folder: folders::cache().map(|folder| folder.join("features")),
            limit,
            memory: MEMORY,
        }
    }

    /// The same for maps of images: `maps` beside `features`, with a limit of its own, since a map takes as much as a thousand vectors.
    #[must_use]
    pub fn of_maps(limit: u64) -> Self {
        let user = Self::of_user(limit);
        FeatureCache {
            folder: user.folder.map(|folder| folder.with_file_name("maps")),
            ..user
        }
    }

    /// One in a folder of its own, which is made when something is kept.
    #[must_use]
    pub fn at(folder: &Path, limit: u64) -> Self {
        FeatureCache {
            folder: Some(folder.to_owned()),
            limit,
            memory: MEMORY,
        }
    }

    /// Nothing is kept.
    #[must_use]
    pub fn none() -> Self {
        FeatureCache {
            folder: None,
            limit: 0,
            memory: MEMORY,
        }
    }

    /// The same, with so many bytes of a run's features held in memory; unless told, 1 GiB. What is more lies in a file
    /// without a name in the cache's folder, or in the system's temporary folder if there is none, as long as it is used.
    #[must_use]
    pub fn within(self, memory: u64) -> Self {
        FeatureCache { memory, ..self }
    }

    /// Bytes of features that are held in memory.
    pub(super) fn memory(&self) -> u64 {
        self.memory
    }

    /// Where it is; `None` if nothing is kept.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref().filter(|_| self.limit > 0)
    }

    /// Whether features should be kept and there is no place for them.
    pub(super) fn is_homeless(&self) -> bool {
        self.folder.is_none() && self.limit > 0
    }

    /// The packs of an encoder.
    pub(super) fn shelf(&self, id: EncoderId) -> Option<Shelf> {
        let folder = self.folder()?;
        Some(Shelf::new(folder.to_owned(), id, self.limit))
    }

    /// Whether so many features of `size` numbers could all be kept.
    ///
    /// # Errors
    /// [`FeatureError::Limit`].
    pub(super) fn check(&self, kind: Kind, inputs: usize, size: usize) -> Result<(), FeatureError> {
        if self.folder().is_none() || inputs == 0 {
            return Ok(());
        }
        let each = (KEY + 2 * size) as u64;
        let packs = inputs.div_ceil(pack::features_of(size));
        let need = (inputs as u64)
            .saturating_mul(each)
            .saturating_add(packs as u64 * FRAME);
        if need <= self.limit {
            return Ok(());
        }
        Err(FeatureError::Limit {
            kind,
            inputs,
            each,
            need,
            limit: self.limit,
        })
    }
}
