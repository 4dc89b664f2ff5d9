//! `augment evaluate`.

use std::path::{Path, PathBuf};

use augment::corpus::Split;
use augment::job::evaluate::{Evaluation, evaluate};
use augment::job::model::{MARK, ModelDir};
use augment::job::train::{Report, TrainJobError, confusion};
use augment::onnx::engine::Engine;
use augment::run::atomic;
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::json;

use super::engine::Models;
use super::table::Table;
use super::{Done, Screen, jobs};

#[derive(Args)]
pub struct Flags {
    /// Folders of trained models, and behind them the dataset
    #[arg(required = true, num_args = 2.., value_names = ["MODEL", "DATASET"])]
    paths: Vec<PathBuf>,
    /// The split that is measured: validation, test or train
    #[arg(long, default_value = "validation")]
    split: String,
    /// Also write evaluation.json, confusion.png and every row's prediction (predictions.jsonl) into this directory
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Number of threads [default: all cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    models: Models,
}

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let jobs = jobs(flags.jobs)?;
    let Some(split) = Split::parse(&flags.split) else {
        anyhow::bail!(
            "--split: found {:?}, expected validation, test or train",
            flags.split
        );
    };
    // clap asks for two paths at least.
    let Some((dataset, models)) = flags.paths.split_last() else {
        anyhow::bail!("expected the folders of models, and behind them that of a dataset");
    };
    if let Some(out) = flags.out.as_ref().filter(|out| out.join(MARK).exists()) {
        anyhow::bail!(
            "--out {}: it holds a model or a dataset, whose files would be replaced\nhint: name another directory",
            out.display()
        );
    }
    let models: Vec<ModelDir> = models
        .iter()
        .map(|path| ModelDir::open(path).map_err(TrainJobError::from))
        .collect::<Result<_, _>>()?;
    let engine = Engine::start(&flags.models.options(jobs))?;
    let evaluations = evaluate(&models, dataset, split, &engine, interrupt, screen)?;
    for note in evaluations.iter().flat_map(|evaluation| &evaluation.notes) {
        screen.warn(note);
    }
    if !screen.json() && !screen.quiet() {
        screen.page(&page(&evaluations));
    }
    if let Some(out) = &flags.out {
        write(out, &evaluations)?;
    }
    if screen.json() {
        screen.data(&json!({ "dataset": dataset, "models": evaluations }));
    }
    Ok(0)
}

/// Every model's measures, and a table of all where there are several.
fn page(evaluations: &[Evaluation]) -> String {
    let mut parts = Vec::new();
    for evaluation in evaluations {
        parts.push(format!(
            "{}, {} rows of the split {}",
            evaluation.model.display(),
            evaluation.report.rows,
            evaluation.report.split
        ));
        parts.push(show(&evaluation.report));
    }
    if evaluations.len() > 1 {
        let mut table = Table::new(["model", "UA", "WA", "weighted F1"]);
        for Evaluation { model, report, .. } in evaluations {
            table.row([
                model.display().to_string(),
                share(report.ua),
                share(report.wa),
                share(report.wf1),
            ]);
        }
        parts.push(table.text());
    }
    parts.join("\n")
}

fn share(value: f64) -> String {
    format!("{value:.4}")
}

/// One model's measures, with the confusion matrix.
pub fn show(report: &Report) -> String {
    let mut lines = vec![format!(
        "UA {}, WA {}, weighted F1 {}, loss {:.4}",
        share(report.ua),
        share(report.wa),
        share(report.wf1),
        report.loss
    )];
    let heading = ["class", "rows", "recall", "precision", "F1"].map(str::to_owned);
    let taken = report.labels.iter().map(|label| format!("as {label}"));
    let mut table = Table::new(heading.into_iter().chain(taken));
    for (label, counts) in report.labels.iter().zip(&report.confusion) {
        let Some(class) = report.classes.get(label) else {
            continue;
        };
        let cells = [
            label.clone(),
            class.rows.to_string(),
            share(class.recall),
            share(class.precision),
            share(class.f1),
        ];
        table.row(cells.into_iter().chain(counts.iter().map(ToString::to_string)));
    }
    lines.push(table.text());
    lines.join("\n")
}

fn write(out: &Path, evaluations: &[Evaluation]) -> Result<(), anyhow::Error> {
    let names: Vec<String> = evaluations
        .iter()
        .map(|evaluation| {
            let path = &evaluation.model;
            path.file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    let titled: Vec<(&str, &Report)> = names
        .iter()
        .map(String::as_str)
        .zip(evaluations.iter().map(|evaluation| &evaluation.report))
        .collect();
    let mut rows = String::new();
    for evaluation in evaluations {
        for prediction in &evaluation.predictions {
            // Two folders may have one name: rows and measures are matched by the path.
            rows.push_str(&json!({ "model": evaluation.model, "prediction": prediction }).to_string());
            rows.push('\n');
        }
    }
    // Before the first file, since many models may not fit into one picture.
    let picture = confusion(&titled)?;
    let mut text = serde_json::to_string_pretty(&json!({ "models": evaluations }))?;
    text.push('\n');
    atomic::write(&out.join("evaluation.json"), text.as_bytes(), false)?;
    atomic::write(&out.join("confusion.png"), &picture, false)?;
    atomic::write(&out.join("predictions.jsonl"), rows.as_bytes(), false)?;
    Ok(())
}
