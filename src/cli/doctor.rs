//! `augment doctor`.

use std::fmt::Write;

use augment::doctor::{self, Found, FoundPip, Problem, Report};
use augment::onnx::setup::megabytes;
use augment::run::interrupt::Interrupt;
use clap::Args;

use super::engine::Models;
use super::{Done, Screen};

#[derive(Args)]
pub struct Flags {
    #[command(flatten)]
    models: Models,
}

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let report = doctor::examine(&flags.models.options(1), interrupt);
    if let Some(signal) = interrupt.signal() {
        return Ok(128 + signal);
    }
    if screen.json() {
        screen.data(&serde_json::to_value(&report)?);
    } else if screen.quiet() {
        for problem in &report.missing {
            screen.error(&lines(problem, ""));
        }
    } else {
        screen.page(&page(&report)?);
    }
    Ok(if report.sound() { 0 } else { 2 })
}

/// The page: a paragraph a subject, its details set in.
fn page(report: &Report) -> Result<String, anyhow::Error> {
    let mut page = String::new();
    let machine = &report.machine;
    writeln!(page, "augment {} on {}\n", report.version, machine.system)?;
    writeln!(
        page,
        "processor     {} threads, {}; results are those of {}",
        machine.threads,
        machine.features.join(" "),
        machine.numerics
    )?;
    match &report.runtime {
        Some(version) if report.runs => writeln!(page, "ONNX Runtime  {version}, runs a graph")?,
        Some(version) => writeln!(page, "ONNX Runtime  {version}, DOES NOT RUN a graph")?,
        None => writeln!(page, "ONNX Runtime  NONE that can be used")?,
    }
    for place in &report.search {
        let (sign, text) = match &place.found {
            Found::Nothing { why } => (' ', why.clone()),
            Found::Broken { reason } => ('!', reason.replace('\n', " ")),
            Found::Taken { path, version } => ('*', format!("{} ({version}), taken", path.display())),
            Found::Spare { path } => (' ', format!("{}, not needed", path.display())),
        };
        writeln!(page, "{sign:>4} {:<16}  {text}", place.origin)?;
    }
    match (&report.taken, &report.runtime) {
        (Some(taken), _) => writeln!(page, "devices       {taken} is taken")?,
        (None, Some(_)) => writeln!(page, "devices       NOT as asked for")?,
        (None, None) => writeln!(page, "devices       none without ONNX Runtime")?,
    }
    for device in &report.devices {
        match (&device.problem, &device.gpu) {
            (Some(problem), _) => {
                writeln!(
                    page,
                    "     {:<16}  {}",
                    device.device,
                    lines(problem, &" ".repeat(23))
                )?;
            }
            (None, Some(gpu)) => writeln!(page, "     {:<16}  {gpu}", device.device)?,
            (None, None) => writeln!(page, "     {:<16}  can be used", device.device)?,
        }
    }
    match report.models.len() {
        0 => writeln!(page, "models        none installed")?,
        count => writeln!(page, "models        {count} installed")?,
    }
    for model in &report.models {
        match &model.problem {
            Some(problem) => writeln!(page, "   ! {}  {}", model.name, lines(problem, &" ".repeat(7)))?,
            None => {
                let found = model
                    .found
                    .as_ref()
                    .map_or(String::new(), |found| format!(": {found}"));
                writeln!(page, "     {} in {}{found}", model.name, model.precision)?;
            }
        }
    }
    writeln!(
        page,
        "audio files   {} (no ffmpeg needed)",
        report.audio.join(", ")
    )?;
    writeln!(page, "folders")?;
    for folder in &report.folders {
        match (&folder.problem, folder.free) {
            (Some(problem), _) => {
                writeln!(
                    page,
                    "   ! {:<16}  {}",
                    folder.name,
                    lines(problem, &" ".repeat(23))
                )?;
            }
            (None, free) => {
                let free = free.map_or("unknown".to_owned(), megabytes);
                writeln!(
                    page,
                    "     {:<16}  {}, {free} free",
                    folder.name,
                    folder.path.display()
                )?;
            }
        }
    }
    match &report.pip {
        FoundPip {
            python: Some(python),
            pip: Some(pip),
            ..
        } => writeln!(page, "setup's pip   {python}: {pip}")?,
        FoundPip {
            problem: Some(problem),
            ..
        } => writeln!(page, "setup's pip   {}", lines(problem, &" ".repeat(14)))?,
        _ => {}
    }
    if report.hub.is_empty() {
        writeln!(page, "model hub     no settings")?;
    } else {
        writeln!(page, "model hub")?;
        for (name, value) in &report.hub {
            writeln!(page, "     {name:<16}  {value}")?;
        }
    }
    writeln!(page)?;
    for problem in &report.missing {
        writeln!(page, "problem: {}", lines(problem, ""))?;
    }
    if report.sound() {
        write!(page, "no problems")?;
    }
    Ok(page.trim_end().to_owned())
}

/// A problem, its cure on a line of its own.
fn lines(problem: &Problem, indent: &str) -> String {
    let what = problem.what.replace('\n', &format!("\n{indent}"));
    match &problem.hint {
        Some(hint) => format!("{what}\n{indent}hint: {hint}"),
        None => what,
    }
}
