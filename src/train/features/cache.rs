//! Where features are kept between runs, and how much of them.
//!
//! A folder for each encoder, in it packs: files of up to some thousand features that are written whole, never changed,
//! and end with a hash of themselves. What is damaged, cut or not ours is never read as features; it is computed again.

use std::path::{Path, PathBuf};

use super::FeatureError;
use super::pack::{self, FRAME, KEY};
use super::shelf::Shelf;
use super::text::EncoderId;
use crate::run::folders;

/// A cache on disk, shared by all encoders and runs of a user; or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureCache {
    folder: Option<PathBuf>,
    limit: u64,
}

impl FeatureCache {
    /// The user's: `features` in [`folders::cache`]. It takes at most `limit` bytes; with 0, nothing is kept.
    #[must_use]
    pub fn of_user(limit: u64) -> Self {
        FeatureCache {
            folder: folders::cache().map(|folder| folder.join("features")),
            limit,
        }
    }

    /// One in a folder of its own, which is made when something is kept.
    #[must_use]
    pub fn at(folder: &Path, limit: u64) -> Self {
        FeatureCache {
            folder: Some(folder.to_owned()),
            limit,
        }
    }

    /// Nothing is kept.
    #[must_use]
    pub fn none() -> Self {
        FeatureCache {
            folder: None,
            limit: 0,
        }
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
    pub(super) fn check(&self, inputs: usize, size: usize) -> Result<(), FeatureError> {
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
            inputs,
            each,
            need,
            limit: self.limit,
        })
    }
}
