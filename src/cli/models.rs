//! `augment models`: what there is, and loading it.

use std::sync::Mutex;

use augment::onnx::folder::Precision;
use augment::onnx::hub::catalogue::{ENTRIES, Entry, Languages};
use augment::onnx::hub::environment::Environment;
use augment::onnx::hub::error::{HubError, bytes};
use augment::onnx::hub::installed::{Found, Model, installed};
use augment::onnx::hub::pull::{Hub, Plan, Step, Why};
use augment::onnx::hub::reference::Reference;
use augment::run::interrupt::Interrupt;
use augment::run::progress::Progress;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Done, Screen};

mod check;

#[derive(Args)]
pub struct Flags {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Load models from the hub into the cache that Python's tools use, too
    Pull(Pull),
    /// Show the models that have a short name, and those that are installed
    List,
    /// Load installed models and run each once
    Check(check::Flags),
}

#[derive(Args)]
struct Pull {
    /// Short names (see augment models list) or hub:ORG/NAME[@REVISION]
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// In which numbers the model computes: fp32, fp16, int8 or q4
    #[arg(long, default_value = "fp32")]
    precision: Precision,
}

pub fn run(flags: Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let environment = Environment::of_process()?;
    match flags.command {
        Command::Pull(flags) => pull(&flags, &environment, screen, interrupt),
        Command::List => {
            list(&environment, screen);
            Ok(0)
        }
        Command::Check(flags) => check::run(&flags, &environment, screen, interrupt),
    }
}

/// Loads one model after the other. One that can't be had does not keep the others; a network or a disk that fails
/// does.
fn pull(flags: &Pull, environment: &Environment, screen: &Screen, interrupt: &Interrupt) -> Done {
    let mut references = Vec::new();
    for name in &flags.names {
        let reference = Reference::parse(name)?;
        if let Reference::Folder(_) = reference {
            return Err(HubError::Folder(reference.to_string()).into());
        }
        references.push(reference);
    }
    let bar = Bar::new(screen);
    let hub = Hub::new(environment, interrupt, &bar);
    let (mut done, mut failed, mut loaded) = (Vec::new(), Vec::new(), 0);
    let mut stopped = None;
    for reference in &references {
        match one(&hub, reference, flags.precision, screen, &mut loaded) {
            Ok(row) => done.push(row),
            Err(error) => {
                let text = error.to_string();
                let named = reference
                    .on_hub()
                    .is_some_and(|(repo, _)| text.contains(repo.as_str()));
                screen.error(&if named {
                    text.clone()
                } else {
                    format!("{reference}: {text}")
                });
                failed.push(json!({ "name": reference.to_string(), "error": text }));
                stopped = match error {
                    HubError::Interrupted => Some(128 + interrupt.signal().unwrap_or(2)),
                    error if error.no_space() => Some(3),
                    error if error.is_temporary() => Some(if loaded > 0 || !done.is_empty() { 3 } else { 1 }),
                    _ => None,
                };
            }
        }
        if stopped.is_some() {
            break;
        }
    }
    let code = match (stopped, failed.is_empty()) {
        (Some(code), _) => code,
        (None, true) => 0,
        (None, false) if done.is_empty() => 1,
        (None, false) => 2,
    };
    if screen.json() {
        screen.data(&json!({ "models": done, "failed": failed, "loaded_bytes": loaded }));
    }
    Ok(code)
}

fn one(
    hub: &Hub,
    reference: &Reference,
    precision: Precision,
    screen: &Screen,
    loaded: &mut u64,
) -> Result<Value, HubError> {
    match hub.plan(reference, None, precision)? {
        Step::There { model, why } => {
            let known = match &why {
                Why::Latest => "nothing newer on the hub".to_owned(),
                Why::Commit => "a whole commit never changes".to_owned(),
                Why::Offline(variable) => format!("{variable} is set, the hub was not asked"),
                Why::Unreachable(error) => {
                    screen.warn(&format!(
                        "the hub cannot be reached, a newer model would not be seen: {error}"
                    ));
                    "the hub was not reached".to_owned()
                }
            };
            screen.line(&format!("{reference}: already there in {precision} ({known})"));
            Ok(finish(reference, precision, &model, 0, screen))
        }
        Step::Load(plan) => {
            announce(reference, precision, &plan, screen);
            let before = *loaded;
            let model = plan.load(loaded)?;
            Ok(finish(reference, precision, &model, *loaded - before, screen))
        }
    }
}

/// What is about to be loaded, and under which licence.
fn announce(reference: &Reference, precision: Precision, plan: &Plan, screen: &Screen) {
    let licence = match (&plan.licence, reference.entry()) {
        (Some(licence), _) => licence.clone(),
        (None, Some(entry)) => format!("{} (of the original model)", entry.licence),
        (None, None) => "not stated on its page".to_owned(),
    };
    let missing = match plan.missing() {
        missing if missing == plan.bytes() => String::new(),
        missing => format!(", {} still to be loaded", bytes(missing)),
    };
    screen.line(&format!(
        "{reference}: {} in {precision}, {} in {} files{missing}, licence: {licence}",
        plan.repo,
        bytes(plan.bytes()),
        plan.files()
    ));
}

fn finish(reference: &Reference, precision: Precision, model: &Model, loaded: u64, screen: &Screen) -> Value {
    let commit = model.commit.as_deref().unwrap_or_default();
    let folder = model.folder.path().display();
    screen.line(&format!("{reference}: commit {commit} in {folder}"));
    json!({
        "name": reference.to_string(), "precision": precision.to_string(), "commit": commit,
        "folder": folder.to_string(), "loaded_bytes": loaded,
    })
}

fn list(environment: &Environment, screen: &Screen) {
    let found = installed(environment);
    let mut others: Vec<&Found> = found.iter().filter(|found| found.entry.is_none()).collect();
    others.sort_by_key(|found| (&found.repo, &found.commit));
    let of = |entry: &Entry| {
        found
            .iter()
            .find(|found| found.entry.is_some_and(|e| e.name == entry.name))
    };
    if screen.json() {
        let known: Vec<Value> = ENTRIES.iter().map(|entry| known(entry, of(entry))).collect();
        let others: Vec<Value> = others.iter().map(|found| place(found)).collect();
        screen.data(&json!({ "cache": environment.cache(), "catalogue": known, "others": others }));
        return;
    }
    let mut rows = vec![["NAME", "INSTALLED", "FP32", "LICENCE", "WHAT IT IS"].map(str::to_owned)];
    for entry in ENTRIES {
        rows.push([
            entry.name.to_owned(),
            of(entry).map_or("-".to_owned(), |found| names(&found.precisions).join(", ")),
            entry.size(Precision::Fp32).map_or(String::new(), bytes),
            entry.licence.to_owned(),
            format!("{}: {}", entry.role.name(), entry.about),
        ]);
    }
    for line in columns(&rows) {
        screen.line(&line);
    }
    if !others.is_empty() {
        screen.line("\nAlso in the cache:");
    }
    for found in others {
        let precisions = names(&found.precisions).join(", ");
        screen.line(&format!("  hub:{}@{}  {precisions}", found.repo, found.commit));
    }
    screen.line(&format!("\nThe cache is {}", environment.cache().display()));
}

fn known(entry: &Entry, found: Option<&Found>) -> Value {
    let sizes = entry
        .sizes
        .iter()
        .map(|(precision, size)| (precision.to_string(), json!(size)));
    let languages = match entry.languages {
        None => Value::Null,
        Some(Languages::Many) => json!("many"),
        Some(Languages::Pair { source, target }) => json!({ "source": source, "target": target }),
    };
    json!({
        "name": entry.name, "role": entry.role.name(), "languages": languages, "repository": entry.repo,
        "revision": entry.revision, "licence": entry.licence, "about": entry.about,
        "bytes": sizes.collect::<serde_json::Map<_, _>>(), "installed": found.map(place),
    })
}

fn place(found: &Found) -> Value {
    json!({
        "repository": found.repo.as_str(), "commit": found.commit, "folder": found.folder,
        "precisions": names(&found.precisions),
    })
}

fn names(precisions: &[Precision]) -> Vec<String> {
    precisions.iter().map(Precision::to_string).collect()
}

/// Cells set left under each other.
fn columns(rows: &[[String; 5]]) -> Vec<String> {
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(String::len)
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..5).map(width).collect();
    let line = |row: &[String; 5]| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Progress in bytes.
struct Bar<'a> {
    screen: &'a Screen,
    bar: Mutex<Option<ProgressBar>>,
}

impl<'a> Bar<'a> {
    fn new(screen: &'a Screen) -> Self {
        Bar {
            screen,
            bar: Mutex::new(None),
        }
    }

    fn now(&self) -> Option<ProgressBar> {
        self.bar.lock().ok().and_then(|bar| bar.clone())
    }
}

impl Progress for Bar<'_> {
    fn stage(&self, name: &str, steps: u64) {
        let Some(bar) = self.screen.bar(steps) else {
            return;
        };
        let template =
            "{msg:9} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}";
        // The template is a constant that indicatif can read; were it not, its default would be shown.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(name.to_owned());
        if let Ok(mut slot) = self.bar.lock() {
            *slot = Some(bar);
        }
    }

    fn advance(&self, steps: u64) {
        if let Some(bar) = self.now() {
            bar.inc(steps);
        }
    }

    fn finish(&self) {
        if let Some(bar) = self.bar.lock().ok().and_then(|mut slot| slot.take()) {
            bar.finish_and_clear();
        }
    }

    fn note(&self, text: &str) {
        match self.now() {
            Some(bar) => bar.suspend(|| self.screen.warn(text)),
            None => self.screen.warn(text),
        }
    }
}
