//! The run: candidates are decided in waves until every class has its sentences, then the dataset is closed.

use std::collections::HashMap;
use std::path::PathBuf;

use super::load::TextJob;
use super::models::Loaded;
use super::outcome::{ClassOutcome, Outcome};
use super::select::{Candidate, ClassNeed, Selection};
use crate::dataset::layout::{self, MANIFEST};
use crate::dataset::mark::{FORMAT, Mark, RunInfo};
use crate::dataset::refused::Refused;
use crate::dataset::row::Row;
use crate::dataset::sink::Sink;
use crate::dataset::store::{Entry, Found, Place, Store};
use crate::job::JobError;
use crate::recipe::OnFailure;
use crate::run::interrupt::Interrupt;
use crate::run::ledger::{Ledger, Lines};
use crate::run::numerics;
use crate::run::progress::Progress;
use crate::text::candidate;
use crate::text::fill::{PickSettings, SlotSettings};
use crate::text::gate::{Gate, GateSettings};
use crate::text::models::RoundError;
use crate::text::rounds::{Models, RoundSettings, Task, decide};

/// What flags say about a run.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The directory of the dataset.
    pub out: PathBuf,
    /// Bring a directory of another plan to this one.
    pub update: bool,
    /// Go on with rows of another class of machines.
    pub allow_mixed: bool,
}

/// Candidates that are decided together: enough to fill batches, few enough to lose little by an interruption.
const WAVE: usize = 512;

/// What became of a candidate, and where it stands.
#[derive(Debug, Clone)]
enum Decided {
    /// A sentence, which may still say what another says.
    Made(Place, String),
    /// None.
    Refused(Refused),
}

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
    let around = around(job, &models.hash);
    let info = info(job, &around)?;
    let mut store = Store::open(&options.out, &info, options.allow_mixed)?;
    let mut outcome = job.forecast(&options.out);
    if let Some(mark) = store.mark().filter(|mark| mark.info == info) {
        outcome.mark = Some(mark.clone());
        outcome.already = true;
        store.end()?;
        return Ok(outcome);
    }
    let mut work = Work {
        job,
        around,
        decided: HashMap::new(),
        gate: Gate::new(gate(job)),
        settings: settings(job),
    };
    let there = work.known(&store)?;
    let changed = store.plan_hash().is_some_and(|hash| hash != info.plan_hash);
    if changed && there > 0 && !options.update {
        let kept = work
            .decided
            .values()
            .filter(|one| matches!(one, Decided::Made(..)))
            .count();
        return Err(JobError::Changed {
            out: options.out.display().to_string(),
            kept,
            again: 0,
            added: job
                .needs
                .iter()
                .map(|need| need.need)
                .sum::<usize>()
                .saturating_sub(kept),
            removed: there.saturating_sub(kept),
        });
    }
    outcome.known = work.decided.len();
    let mut ledger = store.begin(&info)?;
    let total = job.needs.iter().map(|need| need.need).sum::<usize>();
    progress.stage("making", total as u64);
    let mut chosen = Vec::new();
    let mut refused = Vec::new();
    for (need, class) in job.needs.iter().zip(&mut outcome.classes) {
        let taken = work.class(
            need,
            class,
            models,
            &mut ledger,
            interrupt,
            progress,
            &mut outcome.routes,
            &mut refused,
        );
        match taken {
            Ok(taken) => chosen.extend(taken),
            Err(error) => {
                progress.finish();
                ledger.flush()?;
                let done = work.decided.len();
                return Err(match error {
                    Stopped::Round(RoundError::Interrupted) => JobError::Interrupted { done, total },
                    Stopped::Round(RoundError::Model(crate::onnx::error::ModelError::Interrupted)) => {
                        JobError::Interrupted { done, total }
                    }
                    Stopped::Round(other) => JobError::Replay(other.to_string()),
                    Stopped::Job(error) => error,
                });
            }
        }
    }
    progress.finish();
    ledger.flush()?;
    outcome.decided = work.decided.len() - outcome.known;
    outcome.mark = Some(close(job, options, chosen, refused, info)?);
    store.end()?;
    Ok(outcome)
}

/// Why a class was not finished.
enum Stopped {
    Round(RoundError),
    Job(JobError),
}

impl<E: Into<JobError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Stopped::Job(error.into())
    }
}

/// A row of the dataset to be: read back, or made without a candidate.
enum Chosen {
    At(Place),
    Kept(Candidate, String),
}

struct Work<'a> {
    job: &'a TextJob,
    around: [u8; 32],
    /// By fingerprint.
    decided: HashMap<String, Decided>,
    gate: Gate,
    settings: RoundSettings,
}

impl Work<'_> {
    /// Finds what earlier runs decided; gives how many new sentences there were in the directory.
    fn known(&mut self, store: &Store) -> Result<usize, JobError> {
        let mut there = 0;
        let decided = &mut self.decided;
        store.rows(|found| {
            if let Found::Row(place, row) = found
                && row.attempts.is_some()
            {
                there += 1;
                decided.insert(row.fingerprint.clone(), Decided::Made(place, row.text));
            }
        })?;
        for refused in store.refusals()? {
            decided.insert(refused.fingerprint.clone(), Decided::Refused(refused));
        }
        // Decisions of another plan are of no use here.
        let mut ours = std::collections::HashSet::new();
        for need in &self.job.needs {
            for rank in 0..need.candidates {
                let candidate = need.candidate(self.job.recipe.seed, rank);
                ours.insert(self.job.fingerprint(candidate, &self.around));
            }
        }
        self.decided.retain(|fingerprint, _| ours.contains(fingerprint));
        Ok(there)
    }

    /// Decides candidates of a class until it has its sentences or there are no more.
    #[expect(
        clippy::too_many_arguments,
        reason = "the one place where a class's parts meet"
    )]
    fn class(
        &mut self,
        need: &ClassNeed,
        class: &mut ClassOutcome,
        models: &mut Loaded,
        ledger: &mut Ledger,
        interrupt: &Interrupt,
        progress: &dyn Progress,
        routes: &mut super::outcome::Routes,
        refused: &mut Vec<Refused>,
    ) -> Result<Vec<Chosen>, Stopped> {
        let keep = self.job.recipe.text.on_failure == OnFailure::Keep;
        let mut selection = Selection::new(
            self.job
                .utterances
                .iter()
                .map(|utterance| utterance.text.as_str()),
        );
        let mut chosen = Vec::new();
        let mut rank = 0;
        while chosen.len() < need.need && rank < need.candidates {
            let candidate = need.candidate(self.job.recipe.seed, rank);
            let fingerprint = self.job.fingerprint(candidate, &self.around);
            let Some(decided) = self.decided.get(&fingerprint) else {
                // As many as are missing, and some more for those that will fail.
                let missing = need.need - chosen.len();
                let wave = (missing + missing / 4 + 8).min(WAVE);
                self.wave(need, rank, wave, models, ledger, interrupt, routes)?;
                continue;
            };
            rank += 1;
            match decided {
                Decided::Made(place, text) => {
                    if selection.take(text) {
                        chosen.push(Chosen::At(*place));
                        class.made += 1;
                        progress.advance(1);
                    } else {
                        class.repeated += 1;
                    }
                }
                Decided::Refused(row) => {
                    class.refused += 1;
                    refused.push(row.clone());
                    if keep {
                        chosen.push(Chosen::Kept(candidate, fingerprint));
                        class.kept += 1;
                        progress.advance(1);
                    }
                }
            }
        }
        Ok(chosen)
    }

    /// Decides the next candidates from a rank on that nobody has decided yet.
    #[expect(clippy::too_many_arguments, reason = "as above")]
    fn wave(
        &mut self,
        need: &ClassNeed,
        from: usize,
        wave: usize,
        models: &mut Loaded,
        ledger: &mut Ledger,
        interrupt: &Interrupt,
        routes: &mut super::outcome::Routes,
    ) -> Result<(), Stopped> {
        let job = self.job;
        let open: Vec<(Candidate, String)> = (from..need.candidates)
            .map(|rank| need.candidate(job.recipe.seed, rank))
            .map(|candidate| (candidate, job.fingerprint(candidate, &self.around)))
            .filter(|(_, fingerprint)| !self.decided.contains_key(fingerprint))
            .take(wave)
            .collect();
        let tasks: Vec<Task<'_>> = open
            .iter()
            .map(|(candidate, _)| {
                let utterance = &job.utterances[candidate.source as usize];
                Task {
                    source: &utterance.id,
                    text: utterance.text.trim(),
                    copy: candidate.copy,
                }
            })
            .collect();
        let mut used = Models {
            filler: models
                .filler
                .as_mut()
                .map(|(model, vocabulary)| (model as &mut dyn crate::text::models::Filler, &*vocabulary)),
            polarity: models.polarity.as_ref(),
            translator: models
                .translators
                .as_mut()
                .map(|translators| translators as &mut dyn crate::text::models::BackTranslator),
            meaning: &mut models.meaning,
        };
        let outcomes =
            decide(&tasks, &self.settings, &mut used, &mut self.gate, interrupt).map_err(Stopped::Round)?;
        self.gate.forget();
        for ((candidate, fingerprint), outcome) in open.into_iter().zip(outcomes) {
            let decided = match outcome {
                candidate::Outcome::Made(made) => {
                    *routes.made.entry(made.route.name().to_owned()).or_default() += 1;
                    *routes.attempts.entry(made.attempts).or_default() += 1;
                    let step = (made.scores.similarity * 100.0).floor() / 100.0;
                    *routes.similarity.entry(format!("{step:.2}")).or_default() += 1;
                    let row = job.made(candidate, &made, fingerprint.clone());
                    let text = row.text.clone();
                    let place = ledger.append(&Entry::Made(Box::new(row)))?;
                    Decided::Made(Place::Ledger(place), text)
                }
                candidate::Outcome::Refused(reasons) => {
                    for (reason, count) in &reasons {
                        *routes.failed.entry(reason.name().to_owned()).or_default() += *count as usize;
                    }
                    let row = job.refusal(candidate, &reasons, fingerprint.clone());
                    ledger.append(&Entry::Refused(row.clone()))?;
                    Decided::Refused(row)
                }
            };
            self.decided.insert(fingerprint, decided);
        }
        Ok(ledger.flush()?)
    }
}

/// Hash of everything that all candidates depend on.
fn around(job: &TextJob, models: &[u8; 32]) -> [u8; 32] {
    let text = &job.recipe.text;
    let mut hasher = blake3::Hasher::new();
    hasher.update(b"augment text settings 1");
    hasher.update(models);
    let settings = settings(job);
    for part in [
        format!("{settings:?}"),
        format!("{:?}", gate(job)),
        format!("{:?} {}", text.translate.chains, text.translate.num_beams),
    ] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

fn settings(job: &TextJob) -> RoundSettings {
    let text = &job.recipe.text;
    RoundSettings {
        seed: job.recipe.seed,
        attempts: text.attempts,
        p_backtranslate: text.p_backtranslate,
        count: text.fill.count,
        slots: SlotSettings {
            slots: text.fill.words,
            language: text.language,
            short_words: text.short_words.clone(),
        },
        picks: PickSettings {
            top_k: text.fill.top_k,
            temperature: text.fill.temperature,
            floor: if text.gate.guarded {
                text.fill.plausibility
            } else {
                0.0
            },
            same_form: text.gate.guarded,
        },
    }
}

fn gate(job: &TextJob) -> GateSettings {
    let text = &job.recipe.text;
    GateSettings {
        threshold: text.threshold,
        guarded: text.gate.guarded,
        window_threshold: text.gate.window_threshold,
        window_words: text.gate.window_words,
        language: text.language,
    }
}

fn info(job: &TextJob, around: &[u8; 32]) -> Result<RunInfo, JobError> {
    let mut index = blake3::Hasher::new();
    for utterance in &job.utterances {
        for part in [&utterance.id, &utterance.label, &utterance.text] {
            index.update(&(part.len() as u64).to_le_bytes());
            index.update(part.as_bytes());
        }
    }
    let mut plan = blake3::Hasher::new();
    plan.update(around);
    for item in job.originals() {
        plan.update(job.utterances[item.source as usize].id.as_bytes());
        plan.update(item.split.name().as_bytes());
    }
    for need in &job.needs {
        plan.update(need.label.as_bytes());
        plan.update(&(need.need as u64).to_le_bytes());
        plan.update(&(need.candidates as u64).to_le_bytes());
        for source in &need.pool {
            plan.update(job.utterances[*source as usize].id.as_bytes());
        }
    }
    let recipe = job.recipe.document.path().file_name().unwrap_or_default();
    Ok(RunInfo {
        format: FORMAT,
        kind: "text".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        numerics: numerics::class(),
        seed: job.recipe.seed,
        recipe: recipe.to_string_lossy().into_owned(),
        recipe_hash: job.recipe.hash()?,
        index_hash: index.finalize().to_hex()[..32].to_owned(),
        plan_hash: plan.finalize().to_hex()[..32].to_owned(),
        transforms: vec!["fill".to_owned(), "translation".to_owned()],
        wanted: job
            .plan
            .classes
            .iter()
            .map(|class| (class.name.clone(), class.wanted))
            .collect(),
        accept_short: job.recipe.balance.accept_short,
        shard: job.shard,
    })
}

/// Writes the closing files, rows in the order of their ids.
fn close(
    job: &TextJob,
    options: &RunOptions,
    chosen: Vec<Chosen>,
    refused: Vec<Refused>,
    info: RunInfo,
) -> Result<Mark, JobError> {
    let mut manifest = Lines::open(&options.out.join(MANIFEST))?;
    let mut ledger = Lines::open(&layout::ledger(&options.out))?;
    let mut rows: Vec<Row> = job.originals().map(|item| job.original(item)).collect();
    for chosen in chosen {
        let row = match (chosen, &mut manifest, &mut ledger) {
            (Chosen::Kept(candidate, fingerprint), _, _) => Some(job.kept(candidate, fingerprint)),
            (Chosen::At(Place::Manifest(offset)), Some(lines), _) => Some(lines.at::<Row>(offset)?),
            (Chosen::At(Place::Ledger(offset)), _, Some(lines)) => match lines.at::<Entry>(offset)? {
                Entry::Made(row) => Some(*row),
                Entry::Refused(_) | Entry::Again(_) => None,
            },
            _ => None,
        };
        rows.extend(row);
    }
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let mut sink = Sink::new(&options.out)?.with_tables();
    for row in &rows {
        sink.add(row)?;
    }
    let refused = job.refused().into_iter().chain(refused).collect();
    Ok(sink.finish(refused, info)?)
}
