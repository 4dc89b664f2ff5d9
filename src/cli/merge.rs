//! `augment merge`.

use std::path::PathBuf;

use augment::dataset::merge::merge;
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::json;

use super::{Done, Screen};

#[derive(Args)]
pub struct Flags {
    /// The directories of all shards
    #[arg(required = true, value_name = "DIR")]
    shards: Vec<PathBuf>,
    /// Directory of the whole dataset
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Merge shards that were made on different classes of machines
    #[arg(long)]
    allow_mixed: bool,
}

pub fn run(flags: Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let mark = match merge(&flags.shards, &flags.out, flags.allow_mixed, interrupt, screen) {
        Err(error) if error.no_space() => {
            screen.error(&format!(
                "stopped: {error}\nhint: make room and run the same command again"
            ));
            return Ok(3);
        }
        other => other?,
    };
    let items: usize = mark
        .counts
        .items
        .values()
        .flat_map(|s| s.values())
        .flat_map(|l| l.values())
        .sum();
    screen.line(&format!(
        "{}: {items} items of {} shards",
        flags.out.display(),
        flags.shards.len()
    ));
    for (class, short) in mark.short() {
        screen.warn(&format!("class {class:?} is short by {short}"));
    }
    if screen.json() {
        screen.data(&json!({ "out": flags.out, "run": mark }));
    }
    Ok(if mark.fulfilled() { 0 } else { 2 })
}
