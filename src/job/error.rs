//! Why a job ended without its result.

use crate::corpus::bank::BankError;
use crate::corpus::index::IndexError;
use crate::dataset::store::StoreError;
use crate::plan::PlanError;
use crate::recipe::RecipeError;
use crate::run::atomic::FileError;
use crate::run::execute::ThreadError;
use crate::run::ledger::LineError;
use crate::text::models::RoundError;

/// Everything that ends a job early.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// What the recipe asks for can't be planned.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The dataset's directory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of a file.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The threads.
    #[error(transparent)]
    Threads(#[from] ThreadError),
    /// A signal came; what was finished is kept.
    #[error("interrupted: {done} of {total} items are finished; run the same command again to go on")]
    Interrupted {
        /// Finished items, of this and earlier runs.
        done: usize,
        /// Planned items.
        total: usize,
    },
    /// No room is left; what was finished is kept.
    #[error(
        "stopped: no space is left ({reason}); {done} of {total} items are finished\nhint: make room and run the same command again"
    )]
    NoSpace {
        /// Where it happened.
        reason: String,
        /// Finished items.
        done: usize,
        /// Planned items.
        total: usize,
    },
    /// A service gives no more for now; what was finished is kept.
    #[error(
        "stopped: {reason}; {done} of {total} items are finished\nhint: run the same command again later to go on"
    )]
    Stopped {
        /// Why.
        reason: String,
        /// Finished items.
        done: usize,
        /// Planned items.
        total: usize,
    },
    /// Sentences can't be made or tested.
    #[error(transparent)]
    Rounds(#[from] RoundError),
    /// The directory holds the items of another plan.
    #[error(
        "the plan has changed since {out} was made: {kept} items are kept, {again} made again, {added} added, {removed} removed\n\
         hint: run again with --update to do that, or with another --out"
    )]
    Changed {
        /// The directory.
        out: String,
        /// Items that stay as they are.
        kept: usize,
        /// Items whose inputs or settings changed.
        again: usize,
        /// New items.
        added: usize,
        /// Items that are no longer planned.
        removed: usize,
    },
    /// The dataset would lie among its own inputs.
    #[error(
        "{out} lies in {folder}, which is searched for audio: the next run would take the dataset for recordings\n\
         hint: choose a directory beside it with --out"
    )]
    Inside {
        /// The directory.
        out: String,
        /// The folder of the corpus or of a bank.
        folder: String,
    },
    /// A row that can't be replayed, or a recipe that can't be found.
    #[error("{0}")]
    Replay(String),
}

impl From<IndexError> for JobError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Interrupted => JobError::Interrupted { done: 0, total: 0 },
            IndexError::Threads(error) => JobError::Threads(error),
        }
    }
}

impl JobError {
    /// Puts a bank's error at the recipe's line.
    #[must_use]
    pub fn of_bank(error: BankError, at: impl FnOnce(String) -> RecipeError) -> Self {
        match error {
            BankError::Index(error) => error.into(),
            other => JobError::Recipe(at(other.to_string())),
        }
    }

    /// Whether room on the disk is what is missing.
    #[must_use]
    pub fn no_space(&self) -> bool {
        match self {
            JobError::NoSpace { .. } => true,
            JobError::File(error) => error.no_space(),
            JobError::Store(error) => error.no_space(),
            JobError::Rounds(RoundError::File(error)) => error.no_space(),
            _ => false,
        }
    }

    /// With what is finished, where room on the disk is what is missing.
    #[must_use]
    pub fn with_progress(self, done: usize, total: usize) -> Self {
        match self {
            JobError::NoSpace { .. } => self,
            full if full.no_space() => JobError::NoSpace {
                reason: full.to_string(),
                done,
                total,
            },
            other => other,
        }
    }
}
