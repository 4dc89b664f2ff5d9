//! `augment audio`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use augment::dataset::mark::Mark;
use augment::dataset::store::Store;
use augment::job::audio::{self, AudioJob, LoadOptions, Outcome, RunOptions};
use augment::plan::ORIGINAL;
use augment::run::interrupt::Interrupt;
use augment::run::shard::Shard;
use clap::Args;
use serde_json::{Value, json};

use super::table::Table;
use super::{Done, Screen, jobs};

#[derive(Args)]
pub struct Flags {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// Directory of the dataset [default: out/<name of the recipe>]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Seed, instead of the recipe's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Number of threads [default: all cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Make only this part: I/N (0-based), auto (Slurm array) or auto/N (Kubernetes indexed job)
    #[arg(long, value_name = "I/N")]
    shard: Option<String>,
    /// Tell what would be made, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Make only the first N planned items, without completing the dataset
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Bring the directory to the changed plan: make changed items again, remove those no longer planned
    #[arg(long)]
    update: bool,
    /// Compare inputs by their bytes, not by size and time
    #[arg(long)]
    check_inputs: bool,
    /// Go on with items that were made on another class of machines
    #[arg(long)]
    allow_mixed: bool,
}

pub fn run(flags: Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let jobs = jobs(flags.jobs)?;
    let shard = flags
        .shard
        .as_deref()
        .map(|text| Shard::parse(text, |name| std::env::var(name).ok()))
        .transpose()?;
    let out = flags
        .out
        .clone()
        .unwrap_or_else(|| default_out(&flags.recipe, shard));
    let load = LoadOptions {
        jobs,
        seed: flags.seed,
        check_inputs: flags.check_inputs,
        shard,
    };
    // Before the corpus is read, which may take long.
    Store::check(&out, "audio")?;
    let job = AudioJob::load(&flags.recipe, load, interrupt, screen)?;
    let options = RunOptions {
        out,
        jobs,
        dry_run: flags.dry_run,
        limit: flags.limit,
        update: flags.update,
        allow_mixed: flags.allow_mixed,
    };
    for (transform, fault) in &job.bank_faults {
        screen.warn(&format!(
            "{transform}: {} is left out: {}",
            fault.name, fault.reason
        ));
    }
    let outcome = audio::run(&job, &options, interrupt, screen)?;
    tell(&outcome, &flags, screen);
    if screen.json() {
        screen.data(&data(&outcome));
    }
    let planned_short =
        outcome.mark.is_none() && flags.dry_run && is_short(&outcome) && !job.recipe.balance.accept_short;
    Ok(if outcome.fulfilled() && !planned_short {
        0
    } else {
        2
    })
}

/// `out/<name of the recipe>`; each shard has a directory of its own.
fn default_out(recipe: &Path, shard: Option<Shard>) -> PathBuf {
    let mut name = recipe.file_stem().unwrap_or("dataset".as_ref()).to_owned();
    if let Some(shard) = shard {
        name.push(format!("-{}-of-{}", shard.index, shard.count));
    }
    Path::new("out").join(name)
}

/// Refused inputs that are named; the rest is counted and stands in `refused.jsonl`.
const NAMED: usize = 10;

fn tell(outcome: &Outcome, flags: &Flags, screen: &Screen) {
    for (what, _) in outcome.refusals.iter().take(NAMED) {
        screen.warn(&format!("refused: {what}"));
    }
    if outcome.refusals.len() > NAMED {
        screen.warn(&format!(
            "{} more were refused; refused.jsonl names them all",
            outcome.refusals.len() - NAMED
        ));
    }
    for note in &outcome.notes {
        screen.warn(note);
    }
    match &outcome.mark {
        Some(mark) => screen.line(&made(mark)),
        None => screen.line(&planned(outcome)),
    }
    let forecast = &outcome.forecast;
    let dir = outcome.out.display();
    if flags.dry_run {
        screen.line(&format!(
            "{} items would be in {dir}: {:.1} minutes of audio, {} in WAV files, {} images, {} arrays",
            forecast.items,
            forecast.audio_minutes,
            bytes(forecast.audio_bytes),
            forecast.images,
            forecast.arrays,
        ));
    } else if outcome.mark.is_none() {
        screen.line(&format!(
            "{dir}: {} items made, {} of {} there; not complete (--limit)",
            outcome.made,
            forecast.finished + outcome.made,
            forecast.items
        ));
    } else if outcome.rewritten {
        screen.line(&format!("{dir}: 0 items made, the rows brought up to date"));
    } else if outcome.described {
        screen.line(&format!(
            "{dir}: complete already; run.json tells now how its recordings were prepared"
        ));
    } else if outcome.already {
        screen.line(&format!("{dir}: complete already, nothing to do"));
    } else {
        screen.line(&format!(
            "{dir}: {} items made, {} kept",
            outcome.made, forecast.finished
        ));
    }
    if outcome.failed > 0 {
        screen.warn(&format!(
            "{} items failed; run again to try them once more",
            outcome.failed
        ));
    }
    if let Some(mark) = &outcome.mark {
        // What the plan knew to be short stands in its notes; failures make a class shorter still.
        let planned = |name: &str| {
            outcome
                .classes
                .iter()
                .find(|class| class.name == name)
                .map_or(0, |class| class.short())
        };
        for (class, short) in mark
            .short()
            .into_iter()
            .filter(|(class, short)| *short > planned(class))
        {
            screen.warn(&format!("class {class:?} is short by {short}"));
        }
    }
}

fn bytes(n: u64) -> String {
    match n {
        0..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.2} GB", n as f64 / 1e9),
    }
}

fn is_short(outcome: &Outcome) -> bool {
    outcome.classes.iter().any(|class| class.short() > 0)
}

/// The plan, a line a class.
fn planned(outcome: &Outcome) -> String {
    let names = outcome.transforms.iter().map(String::as_str);
    let mut table = Table::new(
        ["class", "sources", "wanted", ORIGINAL]
            .into_iter()
            .chain(names)
            .chain(["total", "made %"]),
    );
    for class in &outcome.classes {
        let counts = [class.sources, class.wanted, class.originals]
            .into_iter()
            .chain(class.made.iter().copied());
        let total = class.originals + class.made_total();
        let percent = format!("{:.0}", class.made_share() * 100.0);
        let cells = counts.chain([total]).map(|n| n.to_string()).chain([percent]);
        table.row(std::iter::once(class.name.clone()).chain(cells));
    }
    table.text()
}

/// What is there, a line a split and class.
fn made(mark: &Mark) -> String {
    let transforms = &mark.info.transforms;
    let heading = ["", ORIGINAL]
        .into_iter()
        .chain(transforms.iter().map(String::as_str));
    let mut table = Table::new(heading.chain(["total", "made %"]));
    for split in augment::corpus::Split::ALL {
        for (label, items) in mark.counts.items.get(split.name()).into_iter().flatten() {
            let count = |name: &str| items.get(name).copied().unwrap_or(0);
            let total: usize = items.values().sum();
            let cells = std::iter::once(count(ORIGINAL)).chain(transforms.iter().map(|name| count(name)));
            let percent = 100.0 * (total - count(ORIGINAL)) as f64 / total.max(1) as f64;
            let cells = cells
                .chain([total])
                .map(|n| n.to_string())
                .chain([format!("{percent:.0}")]);
            table.row(std::iter::once(format!("{} {label}", split.name())).chain(cells));
        }
    }
    table.text()
}

fn data(outcome: &Outcome) -> Value {
    let classes: BTreeMap<&str, Value> = outcome
        .classes
        .iter()
        .map(|class| {
            let made: BTreeMap<&String, &usize> = outcome.transforms.iter().zip(&class.made).collect();
            let value = json!({
                "sources": class.sources, "trainable": class.trainable, "wanted": class.wanted,
                "originals": class.originals, "made": made, "short": class.short(),
                "made_share": (class.made_share() * 1e4).round() / 1e4,
            });
            (class.name.as_str(), value)
        })
        .collect();
    json!({
        "out": outcome.out, "complete": outcome.mark.is_some(), "plan": classes, "forecast": outcome.forecast,
        "made": outcome.made, "failed": outcome.failed, "notes": outcome.notes,
        "refused": outcome.refusals.iter().map(|(what, _)| what).collect::<Vec<_>>(),
        "run": outcome.mark,
    })
}
