//! `augment replay`.

use std::path::PathBuf;

use augment::job::audio::LoadOptions;
use augment::job::replay::{self, Opened};
use augment::job::text::Checks;
use augment::onnx::engine::Engine;
use augment::run::atomic;
use augment::run::interrupt::Interrupt;
use augment::run::numerics;
use augment::run::place;
use clap::Args;
use serde_json::{Value, json};

use super::engine::Models;
use super::{Done, Screen, jobs};

#[derive(Args)]
pub struct Flags {
    /// The dataset
    dir: PathBuf,
    /// Id of the item
    id: String,
    /// The recipe, if it can't be found by itself
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Write the item's audio (or its image, if it has none; or its sentence) here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Number of threads for indexing [default: all cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Compare although the dataset was made on another class of machines
    #[arg(long)]
    allow_mixed: bool,
    #[command(flatten)]
    models: Models,
}

pub fn run(flags: Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    if let Some(out) = &flags.out
        && place::below(out, &flags.dir).is_some()
    {
        anyhow::bail!(
            "--out {} lies in the dataset, which replay never changes",
            out.display()
        );
    }
    let jobs = jobs(flags.jobs)?;
    let opened = replay::open(&flags.dir, &flags.id)?;
    if opened.mark.info.kind == "text" {
        return text(&flags, opened, jobs, screen, interrupt);
    }
    if !flags.allow_mixed {
        opened.made_on(&numerics::class())?;
    }
    let options = LoadOptions {
        jobs,
        seed: None,
        check_inputs: false,
        shard: None,
    };
    let recipe = flags.recipe.as_deref();
    let found = replay::audio(&flags.dir, opened, recipe, options, interrupt, screen)?;
    if let Some(out) = &flags.out {
        let files = &found.now.files;
        if let Some(bytes) = files
            .audio
            .as_ref()
            .or(files.image.as_ref())
            .or(files.array.as_ref())
        {
            atomic::write(out, bytes, true)?;
        }
    }
    Ok(tell(
        &flags.id,
        &found.differences,
        (json!(found.row), json!(found.now.row)),
        screen,
    ))
}

fn text(flags: &Flags, opened: Opened, jobs: usize, screen: &Screen, interrupt: &Interrupt) -> Done {
    let job = replay::text_job(&opened.mark, &flags.dir, flags.recipe.as_deref())?;
    let places = augment::job::text::find(&job.recipe, Checks::Late)?;
    let engine = Engine::start(&flags.models.options(jobs))?;
    let mut models = augment::job::text::load_models(&places, &job.recipe, &engine, interrupt)?;
    if !flags.allow_mixed {
        opened.made_on(&models.numerics)?;
    }
    let found = replay::text(&job, opened, &mut models, interrupt)?;
    if let (Some(out), Some(now)) = (&flags.out, &found.now) {
        atomic::write(out, format!("{}\n", now.text).as_bytes(), true)?;
    }
    let rows = (json!(found.row), json!(found.now));
    Ok(tell(&flags.id, &found.differences, rows, screen))
}

fn tell(id: &str, differences: &[String], (then, now): (Value, Value), screen: &Screen) -> u8 {
    let equal = differences.is_empty();
    for difference in differences {
        screen.line(difference);
    }
    screen.line(&format!("{id}: {}", if equal { "equal" } else { "DIFFERENT" }));
    if screen.json() {
        screen.data(&json!({
            "id": id, "equal": equal, "differences": differences, "then": then, "now": now,
        }));
    }
    if equal { 0 } else { 2 }
}
