//! What a run comes to.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use super::rows::KEPT;
use crate::dataset::mark::Mark;
use crate::dataset::row::Row;
use crate::text::candidate::Route;
use crate::text::translate::Cost;

/// What came of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClassOutcome {
    /// The class.
    pub label: String,
    /// Training sentences that were asked for.
    pub wanted: usize,
    /// Originals among them.
    pub originals: usize,
    /// Sentences that new ones may be made of.
    pub sources: usize,
    /// New sentences.
    pub made: usize,
    /// Originals kept in place of candidates that failed.
    pub kept: usize,
    /// Candidates that were made and say what another sentence says already.
    pub repeated: usize,
    /// Candidates that were refused.
    pub refused: usize,
}

impl ClassOutcome {
    /// How many are missing.
    #[must_use]
    pub fn short(&self) -> usize {
        self.wanted.saturating_sub(self.originals + self.made + self.kept)
    }
}

/// What the routes gave, over all candidates that this run decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Routes {
    /// Attempts, by route.
    pub tried: BTreeMap<String, usize>,
    /// Attempts that had nothing left to try: no word, no fill that the guards let come, no translation; by route.
    pub empty: BTreeMap<String, usize>,
    /// Sentences made, by route.
    pub made: BTreeMap<String, usize>,
    /// Attempts that failed, by reason.
    pub failed: BTreeMap<String, usize>,
    /// Sentences made, by the attempt that gave them.
    pub attempts: BTreeMap<u32, usize>,
    /// Sentences made, by their similarity in steps of 0.01.
    pub similarity: BTreeMap<String, usize>,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The dataset.
    pub out: PathBuf,
    /// One a class.
    pub classes: Vec<ClassOutcome>,
    /// What the user should know.
    pub notes: Vec<String>,
    /// Rows refused before any sentence was made, with their reasons.
    pub refusals: Vec<String>,
    /// What the routes gave.
    pub routes: Routes,
    /// Candidates that may have to be decided, all in all.
    pub candidates: usize,
    /// What the translations of a service may cost; none where none is asked.
    pub cost: Option<Cost>,
    /// Candidates that this run decided.
    pub decided: usize,
    /// Candidates that earlier runs had decided.
    pub known: usize,
    /// Rows to look at, of a run with a limit.
    pub preview: Vec<Row>,
    /// The dataset was complete before, and nothing was written.
    pub already: bool,
    /// The completion mark; none for a dry run.
    pub mark: Option<Mark>,
}

impl Outcome {
    /// Tells what an earlier run made, as its mark has it.
    pub fn complete(&mut self, mark: Mark) {
        for class in &mut self.classes {
            let items = mark.counts.items.get("train");
            let of = |transform: &str| {
                let label = items.and_then(|items| items.get(&class.label));
                label.and_then(|label| label.get(transform)).copied().unwrap_or(0)
            };
            class.made = of(Route::Fill.name()) + of(Route::Translation.name());
            class.kept = of(KEPT);
        }
        self.mark = Some(mark);
        self.already = true;
    }

    /// Whether everything that was asked for is there.
    #[must_use]
    pub fn fulfilled(&self) -> bool {
        match &self.mark {
            Some(mark) => mark.fulfilled(),
            None => true,
        }
    }
}
