//! `augment replay`.

use std::path::PathBuf;

use augment::job::audio::LoadOptions;
use augment::job::replay::replay;
use augment::run::atomic;
use augment::run::interrupt::Interrupt;
use augment::run::place;
use clap::Args;
use serde_json::json;

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
    /// Write the item's audio (or its image, if it has none) here
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Number of threads for indexing [default: all cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Compare although the dataset was made on another class of machines
    #[arg(long)]
    allow_mixed: bool,
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
    let options = LoadOptions {
        jobs: jobs(flags.jobs)?,
        seed: None,
        check_inputs: false,
        shard: None,
    };
    let found = replay(
        &flags.dir,
        &flags.id,
        flags.recipe.as_deref(),
        options,
        flags.allow_mixed,
        interrupt,
        screen,
    )?;
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
    let equal = found.differences.is_empty();
    for difference in &found.differences {
        screen.line(difference);
    }
    screen.line(&format!(
        "{}: {}",
        flags.id,
        if equal { "equal" } else { "DIFFERENT" }
    ));
    if screen.json() {
        screen.data(&json!({
            "id": flags.id, "equal": equal, "differences": found.differences, "then": found.row, "now": found.now.row,
        }));
    }
    Ok(if equal { 0 } else { 2 })
}
