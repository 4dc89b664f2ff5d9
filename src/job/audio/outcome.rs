//! What a run comes to: the forecast of a dry run, and the outcome of a real one.

use std::path::PathBuf;

use serde::Serialize;

use crate::dataset::mark::Mark;
use crate::plan::ClassReport;

/// What would be made.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Planned items, of this shard and up to the limit.
    pub items: usize,
    /// Of them, finished already.
    pub finished: usize,
    /// Minutes of audio of all planned items.
    pub audio_minutes: f64,
    /// Bytes of their WAV files, exactly.
    pub audio_bytes: u64,
    /// Images that belong to them.
    pub images: usize,
    /// Arrays that belong to them.
    pub arrays: usize,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The dataset.
    pub out: PathBuf,
    /// What was planned, one a class.
    pub classes: Vec<ClassReport>,
    /// Transform names, in recipe order.
    pub transforms: Vec<String>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// How much there is to make.
    pub forecast: Forecast,
    /// Rows refused before any item was made, by reason.
    pub refusals: Vec<(String, usize)>,
    /// Items made by this run.
    pub made: usize,
    /// The dataset was complete before, and nothing was written but perhaps its mark.
    pub already: bool,
    /// The mark of a complete dataset told nothing, or something else, about its preparation, and was written anew.
    pub described: bool,
    /// The closing files of a complete dataset were written anew, though no item was made: texts, speakers or groups changed.
    pub rewritten: bool,
    /// Items that failed; each was told of when it did.
    pub failed: usize,
    /// The completion mark; none for a dry or limited run.
    pub mark: Option<Mark>,
}

impl Outcome {
    /// Whether everything that was asked for is there.
    #[must_use]
    pub fn fulfilled(&self) -> bool {
        self.failed == 0 && self.mark.as_ref().is_none_or(Mark::fulfilled)
    }
}
