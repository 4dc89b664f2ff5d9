//! `augment train`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use augment::job::model::Workplace;
use augment::job::train::{Dataset, Kind, Prepared, TrainJob, TrainJobError, Trained};
use augment::onnx::engine::Engine;
use augment::recipe::{TrainOverrides, TrainRecipe};
use augment::run::interrupt::Interrupt;
use augment::train::features::Plan;
use augment::train::fit::{EpochRecord, Listener};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::engine::Models;
use super::evaluate::show;
use super::table::Table;
use super::{Done, Screen, jobs};

#[derive(Args)]
pub struct Flags {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// A finished dataset in place of the recipe's, of speech or of sentences; twice for one of each
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// Directory of the model [default: out/<name of the recipe>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of threads [default: all cores]; another number gives weights that differ in their last bits
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    models: Models,
}

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let jobs = jobs(flags.jobs)?;
    let mut overrides = TrainOverrides {
        seed: flags.seed,
        ..TrainOverrides::default()
    };
    for data in &flags.data {
        let (place, name) = match Dataset::kind(data)? {
            Kind::Audio => (&mut overrides.audio, "speech"),
            Kind::Text => (&mut overrides.text, "sentences"),
        };
        if let Some(other) = place.replace(data.clone()) {
            anyhow::bail!(
                "--data {} and --data {}: both are datasets of {name}, expected one of each at most",
                other.display(),
                data.display()
            );
        }
    }
    let recipe = TrainRecipe::read(&flags.recipe, overrides)?;
    let name = flags.recipe.file_stem().unwrap_or("model".as_ref());
    let out = flags.out.clone().unwrap_or_else(|| Path::new("out").join(name));
    // Refused before the work begins, not after an encoder's hours.
    Workplace::check(&out).map_err(TrainJobError::from)?;
    let job = TrainJob::load(recipe)?;
    for note in &job.notes {
        screen.warn(note);
    }
    let engine = Engine::start(&flags.models.options(jobs))?;
    screen.line(&format!(
        "ONNX Runtime {} on {}",
        engine.runtime().library.version,
        engine.taken()
    ));
    let prepared = job.prepare(&engine, interrupt, screen, &mut |plan| {
        screen.line(&encoder(plan))
    })?;
    screen.line(&classes(&job));
    screen.line(&network(&prepared));
    let began = Instant::now();
    let mut watcher = Watcher::new(screen);
    let trained = prepared.run(&out, &mut watcher, interrupt, &|text| screen.line(text));
    watcher.end();
    let trained = trained?;
    tell(&trained, began.elapsed(), screen);
    if screen.json() {
        screen.data(&json!({
            "out": trained.path, "already": trained.already, "run": trained.description, "validation": trained.report,
        }));
    }
    Ok(0)
}

fn encoder(plan: &Plan) -> String {
    let bytes = plan.bytes.unwrap_or(0) as f64 / 1e6;
    format!(
        "features: {} {}, {} different ({bytes:.1} MB), {} cached already",
        plan.inputs, plan.kind, plan.different, plan.known
    )
}

fn classes(job: &TrainJob) -> String {
    let mut table = Table::new(["class", "training", "validation"]);
    for (label, (train, held)) in job.labels.iter().zip(job.counts()) {
        table.row([label.clone(), train.to_string(), held.to_string()]);
    }
    table.text()
}

fn network(prepared: &Prepared<'_>) -> String {
    let inputs: Vec<String> = prepared
        .step
        .inputs
        .iter()
        .map(|port| {
            let sizes: Vec<String> = port.dims.iter().map(ToString::to_string).collect();
            format!("{} {}", port.name, sizes.join("×"))
        })
        .collect();
    format!(
        "{}: {} parameters, {}, batches of {}",
        prepared.network.name(),
        prepared.step.trained,
        inputs.join(" and "),
        prepared.step.batch
    )
}

fn tell(trained: &Trained, took: Duration, screen: &Screen) {
    let out = trained.path.display();
    if trained.already {
        screen.line(&format!("{out}: complete, nothing to do"));
        return;
    }
    if let Some(report) = &trained.report {
        screen.line(&show(report));
    }
    let run = &trained.description;
    let kept = match run.epoch {
        epoch if epoch == run.epochs => String::new(),
        epoch => format!(", the weights of epoch {epoch} are kept"),
    };
    screen.line(&format!(
        "{} steps in {} epochs, {:.1} s{kept}",
        run.steps,
        run.epochs,
        took.as_secs_f64()
    ));
    screen.line(&format!("{out}: complete"));
}

/// Shows how training goes: a bar on a terminal, a line for each epoch.
struct Watcher<'a> {
    screen: &'a Screen,
    bar: Option<ProgressBar>,
    /// The first steps plan their memory and are slow: when they were over, and how many had been done.
    since: Option<(Instant, u64)>,
    shown: u64,
}

/// Steps that tell nothing of the others.
const SLOW: u64 = 2;

impl<'a> Watcher<'a> {
    fn new(screen: &'a Screen) -> Self {
        Watcher {
            screen,
            bar: None,
            since: None,
            shown: 0,
        }
    }

    fn end(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Listener for Watcher<'_> {
    fn step(&mut self, done: u64, total: u64, loss: f32, ua: f64) {
        if self.bar.is_none() {
            self.bar = self.screen.bar(total);
            // The template is a constant that indicatif can read; were it not, its default would be shown.
            if let (Some(bar), Ok(style)) = (
                &self.bar,
                ProgressStyle::with_template("step {pos}/{len} {wide_bar} {msg}"),
            ) {
                bar.set_style(style);
            }
        }
        self.shown += 1;
        if self.shown == SLOW {
            self.since = Some((Instant::now(), done));
        }
        let Some(bar) = &self.bar else {
            return;
        };
        bar.set_position(done);
        let left = self
            .since
            .filter(|&(_, first)| done > first)
            .map(|(start, first)| {
                let seconds = start.elapsed().as_secs_f64() / (done - first) as f64 * (total - done) as f64;
                format!(", {} left", span(seconds))
            });
        bar.set_message(format!("loss {loss:.3}, UA {ua:.3}{}", left.unwrap_or_default()));
    }

    fn epoch(&mut self, record: &EpochRecord, best: bool) {
        let measured = match (record.validation_loss, record.validation_ua) {
            (Some(loss), Some(ua)) => format!(", validation loss {loss:.3}, UA {ua:.3}"),
            _ => String::new(),
        };
        let best = if best { ", the best so far" } else { "" };
        let line = format!(
            "epoch {}: loss {:.3}, UA {:.3}{measured}{best}",
            record.epoch, record.train_loss, record.train_ua
        );
        match &self.bar {
            Some(bar) => bar.suspend(|| self.screen.line(&line)),
            None => self.screen.line(&line),
        }
    }
}

fn span(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
