//! `augment doctor`.

use augment::doctor::{self, Folder, Found, FoundDevice, Place, Problem, Report};
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
            screen.error(&lines(problem, 0));
        }
    } else {
        screen.page(&page(&report));
    }
    Ok(if report.sound() { 0 } else { 2 })
}

/// Where the words of a detail begin.
const DETAIL: usize = 23;

/// Subjects with their details below them.
struct Page(Vec<String>);

impl Page {
    fn subject(&mut self, name: &str, text: &str) {
        self.0.push(format!("{name:<13} {text}").trim_end().to_owned());
    }

    /// The mark is `*` for what is taken and `!` for what is broken.
    fn detail(&mut self, mark: char, name: &str, text: &str) {
        self.0.push(format!("   {mark} {name:<16}  {text}"));
    }
}

fn page(report: &Report) -> String {
    let machine = &report.machine;
    let mut page = Page(vec![
        format!("augment {} on {}", report.version, machine.system),
        String::new(),
    ]);
    let features = machine.features.join(" ");
    page.subject(
        "processor",
        &format!(
            "{} threads, {features}; results are those of {}",
            machine.threads, machine.numerics
        ),
    );
    runtime(report, &mut page);
    match (&report.taken, &report.runtime) {
        (Some(taken), _) => page.subject("devices", &format!("{taken} is taken")),
        (None, Some(_)) => page.subject("devices", "NOT as asked for"),
        (None, None) => page.subject("devices", "none without ONNX Runtime"),
    }
    for device in &report.devices {
        page.detail(' ', &device.device, &usable(device));
    }
    models(report, &mut page);
    page.subject(
        "audio files",
        &format!("{} (no ffmpeg needed)", report.audio.join(", ")),
    );
    page.subject("folders", "");
    for folder in &report.folders {
        let mark = if folder.problem.is_some() { '!' } else { ' ' };
        page.detail(mark, folder.name, &room(folder));
    }
    match (&report.pip.python, &report.pip.pip, &report.pip.problem) {
        (Some(python), Some(pip), _) => page.subject("setup's pip", &format!("{python}: {pip}")),
        (_, _, Some(problem)) => page.subject("setup's pip", &lines(problem, 14)),
        _ => {}
    }
    let settings = if report.hub.is_empty() { "no settings" } else { "" };
    page.subject("model hub", settings);
    for (name, value) in &report.hub {
        page.detail(' ', name, value);
    }
    page.0.push(String::new());
    let problems = report.missing.iter();
    page.0
        .extend(problems.map(|problem| format!("problem: {}", lines(problem, 0))));
    if report.sound() {
        page.0.push("no problems".to_owned());
    }
    page.0.join("\n")
}

fn runtime(report: &Report, page: &mut Page) {
    let found = match &report.runtime {
        Some(version) if report.runs => format!("{version}, runs a graph"),
        Some(version) => format!("{version}, DOES NOT RUN a graph"),
        None => "NONE that can be used".to_owned(),
    };
    page.subject("ONNX Runtime", &found);
    for Place { origin, found } in &report.search {
        let (mark, text) = match found {
            Found::Nothing { why } => (' ', why.clone()),
            Found::Broken { reason } => ('!', reason.replace('\n', " ")),
            Found::Taken { path, version } => ('*', format!("{} ({version}), taken", path)),
            Found::Spare { path } => (' ', format!("{}, not needed", path)),
        };
        page.detail(mark, origin, &text);
    }
}

fn usable(device: &FoundDevice) -> String {
    match (&device.problem, &device.gpu) {
        (Some(problem), _) => lines(problem, DETAIL),
        (None, Some(gpu)) => gpu.clone(),
        (None, None) => "can be used".to_owned(),
    }
}

fn models(report: &Report, page: &mut Page) {
    match report.models.len() {
        0 => page.subject("models", "none installed"),
        count => page.subject("models", &format!("{count} installed")),
    }
    for model in &report.models {
        let (mark, text) = match (&model.problem, &model.found) {
            (Some(problem), _) => ('!', format!("  {}", lines(problem, 7))),
            (None, Some(found)) => (' ', format!(": {found}")),
            (None, None) => (' ', String::new()),
        };
        page.0
            .push(format!("   {mark} {} in {}{text}", model.name, model.precision));
    }
}

fn room(folder: &Folder) -> String {
    match (&folder.problem, &folder.path) {
        (Some(problem), _) => lines(problem, DETAIL),
        (None, Some(path)) => {
            let free = folder.free.map_or("unknown".to_owned(), megabytes);
            format!("{}, {free} free", path)
        }
        (None, None) => "none".to_owned(),
    }
}

/// A problem, its cure on a line of its own; further lines are set in.
fn lines(problem: &Problem, indent: usize) -> String {
    let next = format!("\n{}", " ".repeat(indent));
    let what = problem.what.replace('\n', &next);
    match &problem.hint {
        Some(hint) => format!("{what}{next}hint: {hint}"),
        None => what,
    }
}
