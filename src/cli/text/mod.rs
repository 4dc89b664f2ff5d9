//! `augment text`.

mod calibrate;
mod report;

use std::path::{Path, PathBuf};
use std::time::Instant;

use augment::dataset::store::Store;
use augment::job::text::{self, Checks, LoadOptions, RunOptions, TextJob};
use augment::onnx::engine::Engine;
use augment::recipe::{Document, TextOverrides, TextRecipe};
use augment::run::interrupt::Interrupt;
use augment::run::shard::Shard;
use clap::{Args, Subcommand};
use serde_json::json;

use super::engine::Models;
use super::{Done, Screen, jobs};
use report::{About, tell};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Flags {
    #[command(subcommand)]
    command: Option<Command>,
    /// The recipe, a TOML file [default: recipes/text.toml, unless --input is given]
    recipe: Option<PathBuf>,
    /// A CSV, TSV or JSONL file of sentences, in place of a recipe
    #[arg(long, value_name = "FILE", conflicts_with = "recipe")]
    input: Option<PathBuf>,
    /// Its column of texts
    #[arg(long, value_name = "NAME", requires = "input")]
    text_column: Option<String>,
    /// Its column of labels
    #[arg(long, value_name = "NAME", requires = "input")]
    label_column: Option<String>,
    /// Directory of the dataset [default: out/<name of the recipe or input>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// The least similarity of a new sentence to its original, 0 to 1
    #[arg(long, value_name = "X")]
    threshold: Option<f64>,
    /// Attempts of each candidate
    #[arg(long, value_name = "N")]
    attempts: Option<u32>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of threads [default: all cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Decide only this part: I/N (0-based), auto (Slurm array) or auto/N (Kubernetes indexed job)
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Decide only the first N candidates, without completing the dataset
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Tell what would be made, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Bring the directory to the changed plan
    #[arg(long)]
    update: bool,
    /// Go on with sentences that were made on another class of machines
    #[arg(long)]
    allow_mixed: bool,
    #[command(flatten)]
    models: Models,
}

#[derive(Subcommand)]
enum Command {
    /// Show what the recipe's gate lets through at each threshold, over bundled tables and the recipe's corpus
    Calibrate(calibrate::Flags),
}

/// The recipe that is taken where none is named.
const DEFAULT: &str = "recipes/text.toml";

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    if let Some(Command::Calibrate(flags)) = &flags.command {
        return calibrate::run(flags, screen, interrupt);
    }
    let jobs = jobs(flags.jobs)?;
    let overrides = TextOverrides {
        seed: flags.seed,
        threshold: flags.threshold,
        attempts: flags.attempts,
    };
    let (recipe, named) = match &flags.input {
        Some(input) => (TextRecipe::of(of_flags(flags, input), overrides)?, input.clone()),
        None => {
            let path = flags.recipe.clone().unwrap_or_else(|| PathBuf::from(DEFAULT));
            if flags.recipe.is_none() && !path.exists() {
                anyhow::bail!(
                    "no recipe was named, and there is no {DEFAULT} below this folder\n\
                     hint: augment text RECIPE, or augment text --input FILE --text-column NAME --label-column NAME"
                );
            }
            (TextRecipe::read(&path, overrides)?, path)
        }
    };
    let shard = flags
        .shard
        .as_deref()
        .map(|text| Shard::parse(text, |name| std::env::var(name).ok()))
        .transpose()?;
    let out = flags.out.clone().unwrap_or_else(|| default_out(&named, shard));
    // Before anything that may take long.
    let complete = Store::check(&out, "text")?.is_some();
    let checks = if complete { Checks::Late } else { Checks::Early };
    let places = text::find(&recipe, checks);
    if !flags.dry_run
        && let Err(error) = places
    {
        return Err(error.into());
    }
    let job = TextJob::load(recipe, LoadOptions { shard })?;
    let began = Instant::now();
    let outcome = match places {
        Ok(places) if !flags.dry_run => {
            let engine = Engine::start(&flags.models.options(jobs))?;
            screen.line(&format!(
                "ONNX Runtime {} on {}",
                engine.runtime().library.version,
                engine.taken()
            ));
            let mut models = text::load_models(&places, &job.recipe, &engine, interrupt)?;
            let options = RunOptions {
                out,
                limit: flags.limit,
                update: flags.update,
                allow_mixed: flags.allow_mixed,
            };
            let notes = models.translators.iter().flat_map(|chains| chains.notes());
            notes.for_each(|note| screen.warn(&note));
            let outcome = text::run(&job, &mut models, &options, interrupt, screen);
            let sent = models.translators.as_ref().map_or(0, |chains| chains.sent());
            if sent > 0 {
                screen.line(&format!("{sent} characters were sent"));
            }
            for (reason, count) in models.translators.iter().flat_map(|chains| chains.failures()) {
                let texts = if count == 1 { "text was" } else { "texts were" };
                screen.warn(&format!("{count} {texts} not translated: {reason}"));
            }
            outcome?
        }
        places => {
            if let Err(error) = places {
                screen.warn(&error.to_string());
            }
            job.forecast(&out)
        }
    };
    let about = About {
        dry: flags.dry_run,
        shard,
        took: began.elapsed(),
    };
    tell(&outcome, about, screen);
    if screen.json() {
        screen.data(&json!({
            "out": outcome.out, "classes": outcome.classes, "routes": outcome.routes, "decided": outcome.decided,
            "known": outcome.known, "already": outcome.already, "complete": outcome.mark.is_some(),
            "candidates": outcome.candidates, "cost": outcome.cost, "notes": outcome.notes, "preview": outcome.preview, "refused": outcome.refusals,
            "run": outcome.mark,
        }));
    }
    Ok(if outcome.fulfilled() { 0 } else { 2 })
}

/// `out/<name of the recipe or input>`; each shard has a directory of its own.
fn default_out(named: &Path, shard: Option<Shard>) -> PathBuf {
    let mut name = named.file_stem().unwrap_or("text".as_ref()).to_owned();
    if let Some(shard) = shard {
        name.push(format!("-{}-of-{}", shard.index, shard.count));
    }
    Path::new("out").join(name)
}

/// What flags alone ask for, as a recipe: every class brought to the largest.
fn of_flags(flags: &Flags, input: &Path) -> Document {
    let quoted = |text: &str| toml_string(text);
    let mut columns = Vec::new();
    if let Some(name) = &flags.text_column {
        columns.push(format!("text = {}", quoted(name)));
    }
    if let Some(name) = &flags.label_column {
        columns.push(format!("label = {}", quoted(name)));
    }
    let text = format!(
        "[corpus]\nkind = \"manifest\"\npath = {}\ncolumns = {{ {} }}\n[balance]\ntrain_per_class = \"largest\"\n",
        quoted(&input.to_string_lossy()),
        columns.join(", ")
    );
    Document::of(Path::new("command line"), &text)
}

/// A TOML string; JSON's escapes are TOML's, too.
fn toml_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
