//! Making the open items of an audio job in parallel, their rows into the ledger.

use std::path::Path;

use super::run::RunOptions;
use super::work::Work;
use super::{AudioJob, Files, Outcome, Rendered, Renderer};
use crate::audio::transform::StepError;
use crate::dataset::refused::{Refused, Stage};
use crate::dataset::row::Row;
use crate::dataset::store::{Entry, Place};
use crate::job::JobError;
use crate::plan::PlanItem;
use crate::run::atomic::{self, FileError};
use crate::run::execute::execute;
use crate::run::interrupt::Interrupt;
use crate::run::ledger::Ledger;
use crate::run::progress::Progress;

/// How many failures are told of one by one.
const FAILURES_SHOWN: usize = 20;

/// What a thread hands over.
enum Handed {
    Item(u32, Box<Row>),
    Refused(Refused),
    Failed(Refused),
    Disk(FileError),
}

/// Makes the open items.
#[expect(clippy::too_many_arguments, reason = "the one place where a run's parts meet")]
pub(super) fn make(
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
