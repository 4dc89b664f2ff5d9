//! `augment infer`.

use std::path::{Path, PathBuf};

use augment::corpus::manifest::{ManifestSettings, Required, list};
use augment::job::infer::{Inferrer, Question};
use augment::job::model::ModelDir;
use augment::job::train::TrainJobError;
use augment::onnx::engine::Engine;
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::json;

use super::engine::Models;
use super::{Done, Screen, jobs};

#[derive(Args)]
#[command(group = clap::ArgGroup::new("input").required(true).multiple(true).args(["audio", "text", "manifest"]))]
pub struct Flags {
    /// The folder of a trained model
    model: PathBuf,
    /// A recording; may be given several times
    #[arg(long, value_name = "FILE")]
    audio: Vec<PathBuf>,
    /// What is said; as often as --audio, in the same order
    #[arg(long, value_name = "TEXT")]
    text: Vec<String>,
    /// A CSV, TSV or JSONL file with the columns audio, text and id, as far as the model needs them
    #[arg(long, value_name = "FILE", conflicts_with_all = ["audio", "text"])]
    manifest: Option<PathBuf>,
    /// Number of threads [default: all cores]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    #[command(flatten)]
    models: Models,
}

pub fn run(flags: &Flags, screen: &Screen, interrupt: &Interrupt) -> Done {
    let jobs = jobs(flags.jobs)?;
    let model = ModelDir::open(&flags.model).map_err(TrainJobError::from)?;
    let needs = Required {
        label: false,
        audio: model.preparation.image.is_some(),
        text: model.preparation.text.is_some() || model.preparation.tokens.is_some(),
    };
    let (questions, skipped) = match &flags.manifest {
        Some(path) => of_manifest(path, needs)?,
        None => (of_flags(flags, needs)?, Vec::new()),
    };
    let engine = Engine::start(&flags.models.options(jobs))?;
    let mut inferrer = Inferrer::open(&model, &engine, interrupt)?;
    let mut failed = skipped.len();
    for (id, reason) in skipped {
        screen.data(&json!({ "id": id, "error": reason }));
        screen.warn(&format!("{id}: {reason}"));
    }
    for question in &questions {
        if interrupt.stopped() {
            anyhow::bail!("interrupted");
        }
        match inferrer.answer(question, interrupt) {
            Ok(answer) => screen.data(&json!(answer)),
            // It was not the question's fault.
            Err(_) if interrupt.stopped() => anyhow::bail!("interrupted"),
            Err(reason) => {
                failed += 1;
                screen.data(&json!({ "id": question.id, "error": reason }));
                screen.warn(&reason);
            }
        }
    }
    Ok(match failed {
        0 => 0,
        all if all == questions.len() && flags.manifest.is_none() => 1,
        _ => 2,
    })
}

fn of_flags(flags: &Flags, needs: Required) -> Result<Vec<Question>, anyhow::Error> {
    let (audio, text) = (&flags.audio, &flags.text);
    for (needed, given, name, does) in [
        (needs.audio, audio.len(), "--audio", "hears"),
        (needs.text, text.len(), "--text", "reads"),
    ] {
        if needed && given == 0 {
            anyhow::bail!("the model {does}: expected {name}");
        }
        if !needed && given > 0 && (audio.is_empty() || text.is_empty()) {
            anyhow::bail!("the model of {} does not take {name}", flags.model.display());
        }
    }
    if needs.audio && needs.text && audio.len() != text.len() {
        anyhow::bail!(
            "found {} --audio and {} --text, expected as many of one as of the other",
            audio.len(),
            text.len()
        );
    }
    let count = if needs.audio { audio.len() } else { text.len() };
    Ok((0..count)
        .map(|at| Question {
            id: match audio.get(at) {
                Some(path) => path.display().to_string(),
                None => (at + 1).to_string(),
            },
            audio: audio.get(at).cloned(),
            text: text.get(at).cloned(),
        })
        .collect())
}

/// The rows of a manifest, and those that can't be used with the reasons.
type Rows = (Vec<Question>, Vec<(String, String)>);

fn of_manifest(path: &Path, needs: Required) -> Result<Rows, anyhow::Error> {
    let settings = ManifestSettings {
        path: path.to_owned(),
        ..ManifestSettings::default()
    };
    let listing = list(&settings, Path::new(""), needs)?;
    let questions = listing.utterances.into_iter().map(|row| Question {
        id: row.id,
        audio: (!row.audio.as_os_str().is_empty()).then_some(row.audio),
        text: (!row.text.is_empty()).then_some(row.text),
    });
    let skipped = listing.skipped.into_iter().map(|row| (row.id, row.reason));
    Ok((questions.collect(), skipped.collect()))
}
