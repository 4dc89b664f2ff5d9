//! `augment verify`.

use std::path::PathBuf;

use augment::dataset::verify::verify;
use clap::Args;
use serde_json::json;

use super::{Done, Screen};

#[derive(Args)]
pub struct Flags {
    /// The datasets
    #[arg(required = true, value_name = "DIR")]
    datasets: Vec<PathBuf>,
}

pub fn run(flags: &Flags, screen: &Screen) -> Done {
    let verdict = verify(&flags.datasets)?;
    for ((dataset, label), (originals, made)) in &verdict.balance {
        let total = originals + made;
        let share = 100.0 * *made as f64 / total.max(1) as f64;
        screen.line(&format!(
            "{dataset}: train {label}: {total} ({originals} original, {made} made, {share:.0} %)"
        ));
    }
    for warning in &verdict.warnings {
        screen.warn(warning);
    }
    for fault in &verdict.faults {
        screen.error(fault);
    }
    if verdict.fault_count > verdict.faults.len() {
        screen.error(&format!(
            "... and {} more",
            verdict.fault_count - verdict.faults.len()
        ));
    }
    let word = if verdict.agrees() { "agree" } else { "DIFFER" };
    screen.line(&format!("{} rows, {} files: {word}", verdict.rows, verdict.files));
    if screen.json() {
        let balance: Vec<_> = verdict
            .balance
            .iter()
            .map(|((dataset, label), (originals, made))| {
                json!({ "dataset": dataset, "label": label, "originals": originals, "made": made })
            })
            .collect();
        screen.data(&json!({
            "agrees": verdict.agrees(), "rows": verdict.rows, "files": verdict.files, "faults": verdict.faults,
            "fault_count": verdict.fault_count, "warnings": verdict.warnings, "train": balance,
        }));
    }
    Ok(if verdict.agrees() { 0 } else { 2 })
}
