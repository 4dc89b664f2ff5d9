//! The work of a run: candidates decided in waves, each decision in the ledger before the next wave begins.

use std::collections::{HashMap, HashSet};

use super::load::TextJob;
use super::models::Loaded;
use super::outcome::Routes;
use super::rows::CANDIDATE;
use super::select::{Candidate, ClassNeed};
use crate::dataset::choice::{Key, key};
use crate::dataset::refused::Refused;
use crate::dataset::row::sha256;
use crate::dataset::store::{Entry, Found, Place, Store};
use crate::job::JobError;
use crate::plan::item_id;
use crate::run::interrupt::Interrupt;
use crate::run::ledger::Ledger;
use crate::text::candidate::{self, Route, route};
use crate::text::classifier::Classifier;
use crate::text::models::{BackTranslator, Filler, RoundError};
use crate::text::refusal::Reason;
use crate::text::rounds::{Memory, Models, RoundSettings, Task, decide};

/// Candidates that are decided together: enough to fill batches, few enough to lose little by an interruption.
const WAVE: usize = 256;

/// What became of a candidate, and where it stands.
#[derive(Debug, Clone)]
pub enum Decided {
    /// A sentence, which may still say what another says.
    Made(Place, Key),
    /// None.
    Refused(Box<Refused>),
}

/// What a run knows and works with.
pub struct Work<'a> {
    job: &'a TextJob,
    around: [u8; 32],
    /// By fingerprint.
    decided: HashMap<u128, Decided>,
    memory: Memory,
    settings: RoundSettings,
    models: &'a mut Loaded,
    ledger: Option<Ledger>,
    interrupt: &'a Interrupt,
    /// What this run's attempts gave.
    pub routes: Routes,
    /// How many candidates this run decided.
    pub fresh: usize,
}

impl<'a> Work<'a> {
    /// Work that has not begun.
    pub fn new(job: &'a TextJob, around: [u8; 32], models: &'a mut Loaded, interrupt: &'a Interrupt) -> Self {
        Work {
            job,
            around,
            decided: HashMap::new(),
            memory: Memory::new(job.gate()),
            settings: job.rounds(),
            models,
            ledger: None,
            interrupt,
            routes: Routes::default(),
            fresh: 0,
        }
    }

    /// Finds what earlier runs decided; gives how many new sentences there were in the directory.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn find(&mut self, store: &Store) -> Result<usize, JobError> {
        // Decisions of another plan are of no use here.
        let mut ours = HashSet::new();
        for need in &self.job.needs {
            for rank in 0..need.candidates {
                ours.insert(self.fingerprint(need.candidate(self.job.recipe.seed, rank)));
            }
        }
        let mut there = 0;
        let decided = &mut self.decided;
        store.rows(|found| {
            if let Found::Row(place, row) = found
                // An original that was kept has no scores.
                && row.scores.is_some()
                && sha256(row.text.as_bytes()) == row.sha256
            {
                there += 1;
                let fingerprint = number(&row.fingerprint);
                if ours.contains(&fingerprint) {
                    decided.insert(fingerprint, Decided::Made(place, key(&row.text)));
                }
            }
        })?;
        for refused in store.refusals()? {
            let fingerprint = number(&refused.fingerprint);
            if ours.contains(&fingerprint) {
                decided.insert(fingerprint, Decided::Refused(Box::new(refused)));
            }
        }
        Ok(there)
    }

    /// How many candidates are decided, and how many of them are sentences.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let made = |one: &&Decided| matches!(one, Decided::Made(..));
        (self.decided.len(), self.decided.values().filter(made).count())
    }

    /// From now on decisions go to this ledger.
    pub fn begin(&mut self, ledger: Ledger) {
        self.ledger = Some(ledger);
    }

    /// What is known of a candidate.
    #[must_use]
    pub fn known(&self, candidate: Candidate) -> Option<&Decided> {
        self.decided.get(&self.fingerprint(candidate))
    }

    /// Whether a candidate belongs to the shard of this run.
    #[must_use]
    pub fn holds(&self, candidate: Candidate) -> bool {
        self.job.shard.is_none_or(|shard| {
            let source = &self.job.utterances[candidate.source as usize].id;
            shard.holds(&item_id(source, CANDIDATE, candidate.copy))
        })
    }

    /// Decides the next candidates of a class from a rank on that nobody has decided yet: as many as are likely to
    /// give `missing` sentences. Ranks from `until` on are left alone.
    ///
    /// # Errors
    /// [`JobError`]; what was decided before stands.
    pub fn wave(
        &mut self,
        need: &ClassNeed,
        from: usize,
        until: usize,
        missing: usize,
    ) -> Result<(), JobError> {
        let job = self.job;
        let open: Vec<Candidate> = (from..until)
            .map(|rank| need.candidate(job.recipe.seed, rank))
            .filter(|&candidate| self.holds(candidate) && self.known(candidate).is_none())
            .take((missing + missing / 4 + 8).min(WAVE))
            .collect();
        let outcomes = outcomes(
            job,
            &open,
            &self.settings,
            &mut self.memory,
            self.models,
            self.interrupt,
        )?;
        for (candidate, outcome) in open.into_iter().zip(outcomes) {
            self.note(candidate, outcome)?;
        }
        self.flush()
    }

    /// Makes the decisions so far durable.
    ///
    /// # Errors
    /// [`JobError`].
    pub fn flush(&mut self) -> Result<(), JobError> {
        match &mut self.ledger {
            Some(ledger) => Ok(ledger.flush()?),
            None => Ok(()),
        }
    }

    fn note(&mut self, candidate: Candidate, outcome: candidate::Outcome) -> Result<(), JobError> {
        let fingerprint = self.job.fingerprint(candidate, &self.around);
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        self.fresh += 1;
        let id = number(&fingerprint);
        let routes = &mut self.routes;
        let source = &self.job.utterances[candidate.source as usize].id;
        let mut tried = |attempts: u32| {
            for attempt in 0..attempts {
                let RoundSettings {
                    seed,
                    p_backtranslate,
                    ..
                } = self.settings;
                let route = route(seed, source, candidate.copy, attempt, p_backtranslate);
                *routes.tried.entry(route.name().to_owned()).or_default() += 1;
            }
        };
        let candidate::Outcome { made, reasons } = outcome;
        for (reason, count) in &reasons {
            let route = match reason {
                Reason::NoWord | Reason::NoFill => Some(Route::Fill),
                Reason::NoTranslation => Some(Route::Translation),
                _ => None,
            };
            if let Some(route) = route {
                *routes.empty.entry(route.name().to_owned()).or_default() += *count as usize;
            }
            *routes.failed.entry(reason.name().to_owned()).or_default() += *count as usize;
        }
        let decided = match made {
            Some(made) => {
                tried(made.attempts);
                *routes.made.entry(made.route.name().to_owned()).or_default() += 1;
                *routes.attempts.entry(made.attempts).or_default() += 1;
                let step = (made.scores.similarity * 100.0).floor() / 100.0;
                *routes.similarity.entry(format!("{step:.2}")).or_default() += 1;
                let row = self.job.made(candidate, &made, fingerprint, &self.models.hashes);
                let key = key(&row.text);
                let place = ledger.append(&Entry::Made(Box::new(row)))?;
                Decided::Made(Place::Ledger(place), key)
            }
            None => {
                tried(self.settings.attempts);
                let row = self.job.refusal(candidate, &reasons, fingerprint);
                ledger.append(&Entry::Refused(row.clone()))?;
                Decided::Refused(Box::new(row))
            }
        };
        self.decided.insert(id, decided);
        Ok(())
    }

    fn fingerprint(&self, candidate: Candidate) -> u128 {
        number(&self.job.fingerprint(candidate, &self.around))
    }
}

/// A fingerprint as a number; what is none is 0, which no fingerprint is.
fn number(fingerprint: &str) -> u128 {
    u128::from_str_radix(fingerprint, 16).unwrap_or(0)
}

/// What becomes of candidates, whatever was decided before.
///
/// # Errors
/// [`RoundError`].
pub fn outcomes(
    job: &TextJob,
    candidates: &[Candidate],
    settings: &RoundSettings,
    memory: &mut Memory,
    loaded: &mut Loaded,
    interrupt: &Interrupt,
) -> Result<Vec<candidate::Outcome>, RoundError> {
    let tasks: Vec<Task<'_>> = candidates
        .iter()
        .map(|candidate| {
            let utterance = &job.utterances[candidate.source as usize];
            Task {
                source: &utterance.id,
                text: utterance.text.trim(),
                label: &utterance.label,
                copy: candidate.copy,
            }
        })
        .collect();
    let mut models = Models {
        filler: loaded
            .filler
            .as_mut()
            .map(|(model, vocabulary)| (model as &mut dyn Filler, &*vocabulary)),
        guards: loaded.guards.as_mut(),
        translator: loaded
            .translators
            .as_mut()
            .map(|translators| translators as &mut dyn BackTranslator),
        meaning: &mut loaded.meaning,
        classifier: loaded
            .classifier
            .as_mut()
            .map(|classifier| classifier as &mut dyn Classifier),
    };
    decide(&tasks, settings, &mut models, memory, interrupt)
}
