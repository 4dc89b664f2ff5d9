//! Doing an audio job: what is finished is kept, the rest is made, the closing files are written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::make::make;
use super::work::{Work, packed};
use super::{AudioJob, Forecast, Outcome};
use crate::dataset::layout::{self, MANIFEST, short_hash};
use crate::dataset::mark::RunInfo;
use crate::dataset::refused::Refused;
use crate::dataset::row::Row;
use crate::dataset::sink::Sink;
use crate::dataset::store::{Entry, Place, Store};
use crate::job::{JobError, registry};
use crate::plan::{PlanItem, item_seed};
use crate::run::interrupt::Interrupt;
use crate::run::ledger::{Ledger, Lines};
use crate::run::place;
use crate::run::progress::Progress;

/// What flags say about a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The directory of the dataset.
    pub out: PathBuf,
    /// Number of threads.
    pub jobs: usize,
    /// Only tell what would be made.
    pub dry_run: bool,
    /// Make only so many of the planned items.
    pub limit: Option<usize>,
    /// Bring the directory to a changed plan.
    pub update: bool,
    /// Go on with items that were made on another class of machines.
    pub allow_mixed: bool,
}

/// Runs a loaded job.
///
/// # Errors
/// [`JobError`].
pub fn run(
    job: &AudioJob,
    options: &RunOptions,
    interrupt: &Interrupt,
    progress: &dyn Progress,
) -> Result<Outcome, JobError> {
    outside_of_inputs(job, &options.out)?;
    let (items, fingerprints, plan_hash) = select(job, options.limit)?;
    let info = job.info(plan_hash)?;
    let mut work = Work {
        finished: vec![None; items.len()],
        items,
        fingerprints,
        refused: Vec::new(),
        replaced: BTreeSet::new(),
        stale: false,
        kept: 0,
        again: 0,
        removed: 0,
    };
    let mut outcome = outcome(job, options, &work);
    if options.dry_run {
        Store::check(&options.out, &info.kind)?;
        return Ok(outcome);
    }
    let mut store = Store::open(&options.out, &info, options.allow_mixed)?;
    registry::remember(&info, job.recipe.document.path());
    work.match_finished(job, &store, options.limit.is_some(), &options.out)?;
    outcome.forecast.finished = work.kept;
    let changed = store.plan_hash().is_some_and(|hash| hash != info.plan_hash);
    let added = work.items.len() - work.kept - work.again;
    let differs = work.again + work.removed > 0 || (work.kept > 0 && added > 0);
    if changed && differs && !options.update {
        return Err(JobError::Changed {
            out: options.out.display().to_string(),
            kept: work.kept,
            again: work.again,
            added,
            removed: work.removed,
        });
    }
    let open = work.open();
    if open.is_empty() && !work.stale {
        if let Some(mark) = store
            .mark()
            .filter(|mark| mark.info.same_run(&info) && mark.counts.failed == 0)
        {
            let mut mark = mark.clone();
            // Datasets that older versions made do not tell their preparation. The recipe that made them is this
            // one, so it can be added: one small file is replaced, and the dataset is complete at any time.
            if mark.info != info {
                mark.info = info;
                mark.write(&options.out)?;
                outcome.described = true;
            }
            outcome.mark = Some(mark);
            outcome.already = true;
            store.end()?;
            return Ok(outcome);
        }
        if options.limit.is_some() {
            return Ok(outcome);
        }
    }
    let (done, total) = (work.kept, work.items.len());
    let begun = store.begin(&info).map_err(JobError::from);
    let mut ledger = begun
        .and_then(|mut ledger| {
            announce(job, &work, &mut ledger)?;
            Ok(ledger)
        })
        .map_err(|error| error.with_progress(done, total))?;
    let failed = make(
        job,
        options,
        &mut work,
        &open,
        &mut ledger,
        interrupt,
        progress,
        &mut outcome,
    )?;
    outcome.failed = failed.len();
    if options.limit.is_none() {
        outcome.rewritten = outcome.made == 0 && store.mark().is_some();
        let done = done + outcome.made;
        let mark = close(job, options, work, failed, info);
        outcome.mark = Some(mark.map_err(|error| error.with_progress(done, total))?);
        store.end()?;
    }
    Ok(outcome)
}

/// A dataset among its inputs would be read as input by the next run.
fn outside_of_inputs(job: &AudioJob, out: &Path) -> Result<(), JobError> {
    for folder in job.searched() {
        // Hidden folders are not searched.
        let seen = place::below(out, &folder)
            .is_some_and(|rest| !rest.iter().any(|part| part.as_encoded_bytes().starts_with(b".")));
        if seen {
            return Err(JobError::Inside {
                out: out.display().to_string(),
                folder: folder.display().to_string(),
            });
        }
    }
    Ok(())
}

/// The items of this shard and limit, their fingerprints, and the hash of the whole plan.
fn select(job: &AudioJob, limit: Option<usize>) -> Result<(Vec<PlanItem>, Vec<u128>, String), JobError> {
    let shard = job.info(String::new())?.shard;
    let mut hasher = blake3::Hasher::new();
    let (mut items, mut fingerprints) = (Vec::new(), Vec::new());
    let mut seen: HashMap<u64, (), std::hash::BuildHasherDefault<std::hash::DefaultHasher>> =
        HashMap::default();
    for (position, item) in job.plan.items.iter().enumerate() {
        let id = job.id(item);
        if seen.insert(short_hash(&id), ()).is_some() {
            return Err(crate::plan::PlanError::SameId(id).into());
        }
        let step = job
            .step(item)
            .map_err(|reason| JobError::Replay(format!("{id}: {reason}")))?;
        let fingerprint = job.fingerprint(item, &id, step.as_deref());
        hasher.update(id.as_bytes());
        hasher.update(fingerprint.as_bytes());
        if limit.is_none_or(|limit| position < limit) && shard.is_none_or(|shard| shard.holds(&id)) {
            items.push(*item);
            fingerprints.push(packed(&fingerprint));
        }
    }
    Ok((items, fingerprints, hasher.finalize().to_hex()[..32].to_owned()))
}

fn outcome(job: &AudioJob, options: &RunOptions, work: &Work) -> Outcome {
    let mut forecast = Forecast {
        items: work.items.len(),
        finished: 0,
        audio_minutes: 0.0,
        audio_bytes: 0,
        images: 0,
        arrays: 0,
    };
    for item in &work.items {
        let (frames, kinds) = (job.frames(item), job.kinds(item));
        forecast.audio_minutes += frames as f64 / f64::from(job.recipe.prepare.sample_rate) / 60.0;
        // 44 bytes of header, two a sample.
        forecast.audio_bytes += if kinds.audio { 44 + 2 * frames as u64 } else { 0 };
        forecast.images += usize::from(kinds.images);
        forecast.arrays += usize::from(kinds.arrays);
    }
    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    for refused in job.refused() {
        *refusals
            .entry(format!("{}: {}", refused.id, refused.reason))
            .or_default() += 1;
    }
    Outcome {
        out: options.out.clone(),
        classes: job.plan.classes.clone(),
        transforms: job
            .recipe
            .transforms
            .iter()
            .map(|named| named.name.clone())
            .collect(),
        notes: job.plan.notes.clone(),
        forecast,
        refusals: refusals.into_iter().collect(),
        made: 0,
        already: false,
        described: false,
        rewritten: false,
        failed: 0,
        mark: None,
    }
}

/// Tells the ledger which items are about to be made again. Their files are written over before their new rows
/// are there: were the run killed in between, and the recipe changed back, the old rows would tell of them.
fn announce(job: &AudioJob, work: &Work, ledger: &mut Ledger) -> Result<(), JobError> {
    for &index in &work.replaced {
        ledger.append(&Entry::Again(job.id(&work.items[index as usize])))?;
    }
    Ok(ledger.flush()?)
}

/// Writes the closing files. Rows are read back from where they stand, in order of their ids; what the corpus
/// tells about them (texts, speakers, groups) and their seeds, which decide no bytes by themselves, are taken anew.
fn close(
    job: &AudioJob,
    options: &RunOptions,
    work: Work,
    failed: Vec<Refused>,
    info: RunInfo,
) -> Result<crate::dataset::mark::Mark, JobError> {
    let mut order: Vec<(String, u32)> = work
        .items
        .iter()
        .enumerate()
        .filter(|(index, _)| work.finished[*index].is_some())
        .map(|(index, item)| (job.id(item), index as u32))
        .collect();
    order.sort_unstable();
    let mut manifest = Lines::open(&options.out.join(MANIFEST))?;
    let mut ledger = Lines::open(&layout::ledger(&options.out))?;
    let mut sink = Sink::new(&options.out)?;
    for (_, index) in order {
        let row = match (work.finished[index as usize], &mut manifest, &mut ledger) {
            (Some(Place::Manifest(offset)), Some(lines), _) => Some(lines.at::<Row>(offset)?),
            (Some(Place::Ledger(offset)), _, Some(lines)) => match lines.at::<Entry>(offset)? {
                Entry::Made(row) => Some(*row),
                Entry::Refused(_) | Entry::Again(_) => None,
            },
            _ => None,
        };
        let Some(mut row) = row else { continue };
        let source = work.items[index as usize].source as usize;
        row.text.clone_from(&job.utterances[source].text);
        row.speaker.clone_from(&job.utterances[source].speaker);
        row.group.clone_from(&job.plan.groups[source]);
        row.seed = item_seed(job.recipe.seed, &row.id);
        sink.add(&row)?;
    }
    let refused = job
        .refused()
        .into_iter()
        .chain(work.refused)
        .chain(failed)
        .collect();
    Ok(sink.finish(refused, info)?)
}
