//! `augment models check`.

use augment::onnx::check::check;
use augment::onnx::engine::Engine;
use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::hub::catalogue::Role;
use augment::onnx::hub::environment::Environment;
use augment::onnx::hub::installed::{installed, resolve};
use augment::onnx::hub::reference::Reference;
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::json;

use crate::cli::engine::Models;
use crate::cli::{Done, Screen};

#[derive(Args)]
pub struct Flags {
    /// Short names, hub:ORG/NAME[@REVISION] or folders [default: all models of the catalogue that are installed]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// In which numbers the named models compute: fp32, fp16, int8 or q4
    #[arg(long, default_value = "fp32")]
    precision: Precision,
    #[command(flatten)]
    models: Models,
}

/// A model to be tried.
struct Asked {
    name: String,
    precision: Precision,
    role: Option<Role>,
    folder: Result<ModelFolder, String>,
}

pub fn run(flags: &Flags, environment: &Environment, screen: &Screen, interrupt: &Interrupt) -> Done {
    let asked = if flags.names.is_empty() {
        of_catalogue(environment)
    } else {
        named(flags, environment)?
    };
    if asked.is_empty() {
        screen.line("no model of the catalogue is installed; `augment models list` shows them");
    }
    let engine = Engine::start(&flags.models.options(1))?;
    screen.line(&format!(
        "ONNX Runtime {} on {}",
        engine.runtime().library.version,
        engine.taken()
    ));
    let (mut rows, mut sound) = (Vec::new(), true);
    for model in asked {
        let tried = model.folder.and_then(|folder| {
            check(&engine, &folder, model.precision, model.role, interrupt).map_err(|error| error.to_string())
        });
        if let Some(signal) = interrupt.signal() {
            return Ok(128 + signal);
        }
        let (name, precision) = (&model.name, model.precision);
        match &tried {
            Ok(found) => screen.line(&format!("{name} in {precision}: {found}")),
            Err(error) => screen.error(&format!("{name} in {precision}: {error}")),
        }
        sound &= tried.is_ok();
        rows.push(json!({
            "name": name, "precision": precision.to_string(), "found": tried.as_ref().ok(),
            "error": tried.as_ref().err(),
        }));
    }
    if screen.json() {
        screen.data(&json!({
            "runtime": engine.runtime().library.version, "device": engine.taken().to_string(), "models": rows,
        }));
    }
    Ok(if sound { 0 } else { 2 })
}

fn of_catalogue(environment: &Environment) -> Vec<Asked> {
    let mut asked = Vec::new();
    for found in installed(environment) {
        let Some(entry) = found.entry else { continue };
        asked.extend(found.precisions.iter().map(|&precision| Asked {
            name: entry.name.to_owned(),
            precision,
            role: Some(entry.role),
            folder: Ok(ModelFolder::new(&found.folder)),
        }));
    }
    asked
}

fn named(flags: &Flags, environment: &Environment) -> Result<Vec<Asked>, anyhow::Error> {
    flags
        .names
        .iter()
        .map(|name| {
            let reference = Reference::parse(name)?;
            let precision = flags.precision;
            let model = resolve(&reference, None, precision, environment);
            Ok(Asked {
                name: reference.to_string(),
                precision,
                role: reference.entry().map(|entry| entry.role),
                folder: model.map(|model| model.folder).map_err(|error| error.to_string()),
            })
        })
        .collect()
}
