//! The run: candidates are decided until every class has its sentences, then the dataset is closed.

use std::path::PathBuf;

use super::close::{Chosen, New, close, preview};
use super::load::TextJob;
use super::models::Loaded;
use super::outcome::{ClassOutcome, Outcome};
use super::select::{Candidate, ClassNeed};
use super::work::{Decided, Work};
use crate::dataset::choice::{Choice, Said, key};
use crate::dataset::mark::Mark;
use crate::dataset::refused::Refused;
use crate::dataset::store::{Place, Store};
use crate::job::{JobError, registry};
use crate::recipe::OnFailure;
use crate::run::interrupt::Interrupt;
use crate::run::place as paths;
use crate::run::progress::Progress;

/// What flags say about a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The directory of the dataset.
    pub out: PathBuf,
    /// Decide only so many candidates, and leave no dataset yet.
    pub limit: Option<usize>,
    /// Bring a directory of another plan to this one.
    pub update: bool,
    /// Go on with rows of another class of machines.
    pub allow_mixed: bool,
}

/// Sentences of a limited run that are shown.
const PREVIEW: usize = 20;

/// Decides and writes.
///
/// # Errors
/// [`JobError`].
pub fn run(
    job: &TextJob,
    models: &mut Loaded,
    options: &RunOptions,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Outcome, JobError> {
    if let Some(classifier) = &models.classifier {
        job.check_labels(classifier)?;
    }
    outside_of_inputs(job, options)?;
    let around = job.around(&models.hash);
    let info = job.info(models)?;
    let mut store = Store::open(&options.out, &info, options.allow_mixed)?;
    registry::remember(&info, job.recipe.document.path());
    let mut outcome = job.forecast(&options.out);
    let complete = |mark: &&Mark| mark.info == info && mark.stands(&options.out);
    if let Some(mark) = store.mark().filter(complete) {
        outcome.complete(mark.clone());
        store.end()?;
        return Ok(outcome);
    }
    let mut work = Work::new(job, around, models, interrupt);
    let there = work.find(&store)?;
    let (known, kept) = work.counts();
    outcome.known = known;
    let wanted: usize = job.needs.iter().map(|need| need.need).sum();
    let changed = store.plan_hash().is_some_and(|hash| hash != info.plan_hash);
    if changed && there > 0 && !options.update {
        return Err(JobError::Changed {
            out: options.out.display().to_string(),
            kept,
            again: 0,
            added: wanted.saturating_sub(kept),
            removed: there.saturating_sub(kept),
        });
    }
    let candidates: usize = job.needs.iter().map(|need| need.candidates).sum();
    let total = candidates;
    let stopped = |error: JobError, work: &Work<'_>| match error {
        JobError::Rounds(error) if error.interrupted() => JobError::Interrupted {
            done: work.counts().0,
            total,
        },
        JobError::Rounds(error) if error.quota() => JobError::Stopped {
            reason: error.to_string(),
            done: work.counts().0,
            total,
        },
        other => other.with_progress(work.counts().0, total),
    };
    let ledger = store.begin(&info).map_err(|error| stopped(error.into(), &work))?;
    work.begin(ledger);
    let steps = if job.shard.is_some() { candidates } else { wanted };
    progress.stage("making", steps as u64);
    let originals = job.utterances.iter().map(|utterance| key(&utterance.text));
    let mut said = Said::new(originals);
    let keys = if job.shard.is_some() {
        said.sorted()
    } else {
        Vec::new()
    };
    let mut chosen = Chosen::default();
    let mut left = options.limit.unwrap_or(usize::MAX);
    // In the order of the labels, as a merge goes through them.
    let mut classes: Vec<(&ClassNeed, &mut ClassOutcome)> =
        job.needs.iter().zip(&mut outcome.classes).collect();
    classes.sort_by(|a, b| a.0.label.cmp(&b.0.label));
    for (need, class) in classes {
        let until = need.candidates.min(left);
        left -= until;
        let done = match job.shard {
            None => choose(
                job,
                need,
                until,
                class,
                &mut work,
                &mut said,
                &mut chosen,
                progress,
            ),
            Some(_) => decide_all(job, need, until, class, &mut work, &mut chosen, progress),
        };
        if let Err(error) = done {
            progress.finish();
            // What was decided is worth keeping; the first error is what is told.
            let _ = work.flush();
            return Err(stopped(error, &work));
        }
    }
    progress.finish();
    outcome.decided = work.fresh;
    outcome.routes = std::mem::take(&mut work.routes);
    if options.limit.is_some() {
        outcome.preview = preview(job, &options.out, &chosen, &around, PREVIEW)?;
    } else {
        let mark = close(job, &options.out, chosen, &around, &keys, info);
        outcome.mark = Some(mark.map_err(|error| stopped(error, &work))?);
        store.end()?;
    }
    Ok(outcome)
}

/// A dataset among its inputs would be read as input by the next run.
fn outside_of_inputs(job: &TextJob, options: &RunOptions) -> Result<(), JobError> {
    let Some(folder) = job.recipe.corpus.searched() else {
        return Ok(());
    };
    let folder = job.recipe.base().join(folder);
    // Hidden folders are not searched.
    let seen = paths::below(&options.out, &folder)
        .is_some_and(|rest| !rest.iter().any(|part| part.as_encoded_bytes().starts_with(b".")));
    if seen {
        return Err(JobError::Inside {
            out: options.out.display().to_string(),
            folder: folder.display().to_string(),
        });
    }
    Ok(())
}

/// Decides candidates of a class, rank by rank, until it has its sentences or there are no more.
#[expect(
    clippy::too_many_arguments,
    reason = "the one place where a class's parts meet"
)]
fn choose(
    job: &TextJob,
    need: &ClassNeed,
    until: usize,
    class: &mut ClassOutcome,
    work: &mut Work<'_>,
    said: &mut Said,
    chosen: &mut Chosen,
    progress: &dyn Progress,
) -> Result<(), JobError> {
    let keeps = job.recipe.text.on_failure == OnFailure::Keep;
    let mut choice = Choice::new(said, need.need);
    let mut rank = 0;
    while choice.missing() > 0 && rank < until {
        let candidate = need.candidate(job.recipe.seed, rank);
        let Some(decided) = work.known(candidate) else {
            work.wave(need, rank, until, choice.missing())?;
            continue;
        };
        let at = rank as u64;
        rank += 1;
        match decided {
            Decided::Made(place, key) if choice.offer(*key) => {
                chosen.rows.push(new(at, candidate, Some(*place)));
                class.made += 1;
                progress.advance(1);
            }
            Decided::Made(place, _) => {
                chosen.repeated.push((at, *place));
                class.repeated += 1;
            }
            Decided::Refused(row) => {
                chosen.refused.push(ranked(row, at));
                class.refused += 1;
                if keeps {
                    choice.keep();
                    chosen.rows.push(new(at, candidate, None));
                    class.kept += 1;
                    progress.advance(1);
                }
            }
        }
    }
    Ok(())
}

/// Decides all candidates of a class that belong to the shard; the merge chooses.
fn decide_all(
    job: &TextJob,
    need: &ClassNeed,
    until: usize,
    class: &mut ClassOutcome,
    work: &mut Work<'_>,
    chosen: &mut Chosen,
    progress: &dyn Progress,
) -> Result<(), JobError> {
    let keeps = job.recipe.text.on_failure == OnFailure::Keep;
    for rank in 0..until {
        let candidate = need.candidate(job.recipe.seed, rank);
        if !work.holds(candidate) {
            continue;
        }
        if work.known(candidate).is_none() {
            work.wave(need, rank, until, need.candidates)?;
        }
        let at = rank as u64;
        match work.known(candidate) {
            Some(Decided::Made(place, _)) => {
                chosen.rows.push(new(at, candidate, Some(*place)));
                class.made += 1;
            }
            Some(Decided::Refused(row)) => {
                chosen.refused.push(ranked(row, at));
                class.refused += 1;
                if keeps {
                    chosen.rows.push(new(at, candidate, None));
                    class.kept += 1;
                }
            }
            None => {}
        }
        progress.advance(1);
    }
    Ok(())
}

fn new(rank: u64, candidate: Candidate, place: Option<Place>) -> New {
    New {
        rank,
        candidate,
        place,
    }
}

fn ranked(row: &Refused, rank: u64) -> Refused {
    Refused {
        rank: Some(rank),
        ..row.clone()
    }
}
