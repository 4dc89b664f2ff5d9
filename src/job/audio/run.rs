//! Doing an audio job: what is finished is kept, the rest is made, the closing files are written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::work::{Work, packed};
use super::{AudioJob, Files, Forecast, Outcome, Rendered, Renderer};
use crate::audio::transform::StepError;
use crate::dataset::layout::{self, MANIFEST, short_hash};
use crate::dataset::mark::RunInfo;
use crate::dataset::refused::{Refused, Stage};
use crate::dataset::row::Row;
use crate::dataset::sink::Sink;
use crate::dataset::store::{Entry, Place, Store};
use crate::job::{JobError, registry};
use crate::plan::{PlanItem, item_seed};
use crate::run::atomic::{self, FileError};
use crate::run::execute::execute;
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

/// How many failures are told of one by one.
const FAILURES_SHOWN: usize = 20;

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

/// What a thread hands over.
enum Handed {
    Item(u32, Box<Row>),
    Refused(Refused),
    Failed(Refused),
    Disk(FileError),
}

/// Makes the open items.
#[expect(clippy::too_many_arguments, reason = "the one place where a run's parts meet")]
fn make(
    job: &AudioJob,
    options: &RunOptions,
    work: &mut Work,
    open: &[Vec<u32>],
    ledger: &mut Ledger,
    interrupt: &Interrupt,
    progress: &dyn Progress,
    outcome: &mut Outcome,
) -> Result<Vec<Refused>, JobError> {
    let total = work.items.len();
    let before = work.finished.iter().flatten().count();
    progress.stage("making", open.iter().map(|unit| unit.len() as u64).sum());
    let items = &work.items;
    let (mut done, mut refused, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let mut disk: Option<FileError> = None;
    let executed = execute(
        open.len(),
        options.jobs,
        interrupt,
        Renderer::new,
        |renderer, unit, send| make_unit(job, &options.out, items, &open[unit], interrupt, renderer, send),
        |unit, message| {
            let first = open[unit].first().map(|&index| items[index as usize]);
            Handed::Failed(
                first
                    .map(|item| refusal(job, &item, Stage::Failed, message))
                    .unwrap_or_else(nothing),
            )
        },
        |result| {
            progress.advance(1);
            let appended = match result {
                Handed::Item(index, row) => ledger
                    .append(&Entry::Made(row))
                    .map(|offset| done.push((index, offset))),
                Handed::Refused(row) => {
                    let appended = ledger.append(&Entry::Refused(row.clone())).map(drop);
                    refused.push(row);
                    appended
                }
                Handed::Failed(row) => {
                    // Told at once, as it may be worth stopping for; but a dead disk is not told of a million times.
                    match failed.len() {
                        0..FAILURES_SHOWN => progress.note(&format!("failed: {}: {}", row.id, row.reason)),
                        FAILURES_SHOWN => progress.note("more items fail; refused.jsonl will name them all"),
                        _ => {}
                    }
                    failed.push(row);
                    Ok(())
                }
                Handed::Disk(error) => Err(error),
            };
            match appended {
                Ok(()) => true,
                Err(error) => {
                    disk.get_or_insert(error);
                    false
                }
            }
        },
    );
    progress.finish();
    let flushed = ledger.flush();
    executed?;
    // Items whose rows could not be written any more are made again by the next run.
    let finished = before + done.len().saturating_sub(ledger.waiting());
    if let Some(error) = disk.or(flushed.err()) {
        return Err(match error.no_space() {
            true => JobError::NoSpace {
                reason: error.to_string(),
                done: finished,
                total,
            },
            false => error.into(),
        });
    }
    outcome.made = done.len();
    for (index, offset) in done {
        work.finished[index as usize] = Some(Place::Ledger(offset));
    }
    work.refused.extend(refused);
    if interrupt.stopped() && finished + work.refused.len() + failed.len() < total {
        return Err(JobError::Interrupted {
            done: finished,
            total,
        });
    }
    Ok(failed)
}

/// Makes all open items of one source.
fn make_unit(
    job: &AudioJob,
    out: &Path,
    items: &[PlanItem],
    unit: &[u32],
    interrupt: &Interrupt,
    renderer: &mut Renderer,
    send: &mut dyn FnMut(Handed),
) {
    let Some(&first) = unit.first() else { return };
    let source = match renderer.source(job, items[first as usize].source as usize) {
        Ok(source) => source,
        Err(reason) => {
            for &index in unit {
                send(Handed::Failed(refusal(
                    job,
                    &items[index as usize],
                    Stage::Failed,
                    reason.clone(),
                )));
            }
            return;
        }
    };
    for &index in unit {
        // Checked between items, so that Ctrl-C is answered soon; the rest is made by the next run.
        if interrupt.stopped() {
            return;
        }
        let item = &items[index as usize];
        send(match renderer.item(job, item, &source) {
            Ok(Rendered { row, files }) => match write(out, &row, &files) {
                Ok(()) => Handed::Item(index, Box::new(row)),
                Err(error) if error.no_space() => Handed::Disk(error),
                Err(error) => Handed::Failed(refusal(job, item, Stage::Failed, within(out, &error))),
            },
            Err(StepError::Refused(reason)) => Handed::Refused(refusal(job, item, Stage::Item, reason)),
            Err(StepError::Failed(reason)) => Handed::Failed(refusal(job, item, Stage::Failed, reason)),
        });
    }
}

/// An error about a file of the dataset, in words that can stand in the dataset: without its own place.
fn within(out: &Path, error: &FileError) -> String {
    let path = error.path.strip_prefix(out).unwrap_or(&error.path);
    format!("{}: {}: {}", path.display(), error.what, error.source)
}

/// Writes an item's files; the ledger makes them durable in groups.
fn write(out: &Path, row: &Row, files: &Files) -> Result<(), FileError> {
    for (path, bytes) in [
        (&row.file, &files.audio),
        (&row.mel_path, &files.image),
        (&row.array_path, &files.array),
    ] {
        if let Some(bytes) = bytes {
            atomic::write(&out.join(path), bytes, false)?;
        }
    }
    Ok(())
}

fn refusal(job: &AudioJob, item: &PlanItem, stage: Stage, reason: String) -> Refused {
    let utterance = &job.utterances[item.source as usize];
    let id = job.id(item);
    let fingerprint = match (stage, job.step(item)) {
        (Stage::Item, Ok(step)) => job.fingerprint(item, &id, step.as_deref()),
        _ => String::new(),
    };
    Refused {
        id,
        source_id: utterance.id.clone(),
        label: utterance.label.clone(),
        transform: job.transform_name(item).to_owned(),
        stage,
        reason,
        fingerprint,
        rank: None,
    }
}

fn nothing() -> Refused {
    let empty = String::new;
    Refused {
        id: empty(),
        source_id: empty(),
        label: empty(),
        transform: empty(),
        stage: Stage::Failed,
        reason: "internal error".to_owned(),
        fingerprint: empty(),
        rank: None,
    }
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
