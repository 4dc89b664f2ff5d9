//! `augment text`.

use std::path::{Path, PathBuf};

use augment::dataset::store::Store;
use augment::job::text::{self, LoadOptions, Outcome, RunOptions, TextJob};
use augment::onnx::engine::Engine;
use augment::recipe::{Document, TextOverrides, TextRecipe};
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::json;

use super::engine::Models;
use super::table::Table;
use super::{Done, Screen, jobs};

#[derive(Args)]
pub struct Flags {
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

/// The recipe that is taken where none is named.
const DEFAULT: &str = "recipes/text.toml";

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
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
            (TextRecipe::read(&path, overrides)?, path)
        }
    };
    let out = flags.out.clone().unwrap_or_else(|| {
        let name = named.file_stem().unwrap_or("text".as_ref());
        Path::new("out").join(name)
    });
    // Before anything that may take long.
    Store::check(&out, "text")?;
    let places = text::find(&recipe)?;
    let job = TextJob::load(recipe, LoadOptions::default())?;
    let outcome = if flags.dry_run {
        job.forecast(&out)
    } else {
        let engine = Engine::start(&flags.models.options(jobs))?;
        screen.line(&format!(
            "ONNX Runtime {} on {}",
            engine.runtime().library.version,
            engine.taken()
        ));
        let mut models = text::load_models(&places, &job.recipe, &engine)?;
        let options = RunOptions {
            out,
            update: flags.update,
            allow_mixed: flags.allow_mixed,
        };
        text::run(&job, &mut models, &options, interrupt, screen)?
    };
    tell(&outcome, flags.dry_run, screen);
    if screen.json() {
        screen.data(&json!({
            "out": outcome.out, "classes": outcome.classes, "routes": outcome.routes, "decided": outcome.decided,
            "known": outcome.known, "already": outcome.already, "complete": outcome.mark.is_some(),
            "notes": outcome.notes,
        }));
    }
    Ok(if outcome.fulfilled() { 0 } else { 2 })
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

/// Refused rows that are named; the rest is counted and stands in `refused.jsonl`.
const NAMED: usize = 10;

fn tell(outcome: &Outcome, dry: bool, screen: &Screen) {
    for refusal in outcome.refusals.iter().take(NAMED) {
        screen.warn(&format!("refused: {refusal}"));
    }
    if outcome.refusals.len() > NAMED {
        let more = outcome.refusals.len() - NAMED;
        screen.warn(&format!("{more} more were refused; refused.jsonl names them all"));
    }
    for note in &outcome.notes {
        screen.warn(note);
    }
    let mut table = Table::new([
        "class",
        "wanted",
        "originals",
        "made",
        "repeated",
        "refused",
        "short",
    ]);
    for class in &outcome.classes {
        let short = if dry { 0 } else { class.short() };
        table.row([
            class.label.clone(),
            class.wanted.to_string(),
            class.originals.to_string(),
            if dry {
                format!("{} to make", class.wanted.saturating_sub(class.originals))
            } else {
                (class.made + class.kept).to_string()
            },
            class.repeated.to_string(),
            class.refused.to_string(),
            short.to_string(),
        ]);
    }
    screen.line(&table.text());
    if outcome.already {
        screen.line(&format!("{}: complete, nothing to do", outcome.out.display()));
        return;
    }
    let list = |title: &str, counts: &mut dyn Iterator<Item = (String, usize)>| {
        let shown: Vec<String> = counts.map(|(name, count)| format!("{name} {count}")).collect();
        if !shown.is_empty() {
            screen.line(&format!("{title}: {}", shown.join(", ")));
        }
    };
    let routes = &outcome.routes;
    list("made by", &mut routes.made.clone().into_iter());
    list("failed attempts", &mut routes.failed.clone().into_iter());
    list(
        "made at attempt",
        &mut routes
            .attempts
            .iter()
            .map(|(attempt, count)| (attempt.to_string(), *count)),
    );
    list("similarity", &mut routes.similarity.clone().into_iter());
}
