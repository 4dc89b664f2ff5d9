//! `augment models pull`.

use augment::onnx::folder::Precision;
use augment::onnx::hub::environment::Environment;
use augment::onnx::hub::error::{HubError, bytes};
use augment::onnx::hub::installed::Model;
use augment::onnx::hub::pull::{Hub, Plan, Step, Why};
use augment::onnx::hub::reference::{Reference, ReferenceError, Repo};
use augment::run::interrupt::Interrupt;
use clap::Args;
use serde_json::{Value, json};

use super::bar::Bar;
use super::{Done, Screen};

#[derive(Args)]
pub struct Flags {
    /// Short names (see augment models list) or hub:ORG/NAME[@REVISION]
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// In which numbers the model computes: fp32, fp16, int8 or q4
    #[arg(long, default_value = "fp32")]
    precision: Precision,
}

/// Loads one model after the other. One that can't be had does not keep the others; a network or a disk that fails
/// does.
pub fn run(flags: &Flags, environment: &Environment, screen: &Screen, interrupt: &Interrupt) -> Done {
    let mut references = Vec::new();
    for name in &flags.names {
        let reference = Reference::parse(name)?;
        if let Reference::Folder(path) = &reference {
            // The commonest slip: a repository without hub: before it.
            if !path.is_dir() && Repo::new(name).is_ok() {
                return Err(ReferenceError::Unknown {
                    found: name.clone(),
                    hint: format!("a repository of the hub is named hub:{name}"),
                }
                .into());
            }
            return Err(HubError::Folder(reference.to_string()).into());
        }
        references.push(reference);
    }
    let bar = Bar::new(screen);
    let hub = Hub::new(environment, interrupt, &bar);
    let (mut done, mut failed, mut loaded) = (Vec::new(), Vec::new(), 0);
    let mut stopped = None;
    for reference in &references {
        match one(&hub, reference, flags.precision, screen, &mut loaded) {
            Ok(row) => done.push(row),
            Err(error) => {
                let text = error.to_string();
                let named = reference
                    .on_hub()
                    .is_some_and(|(repo, _)| text.contains(repo.as_str()));
                screen.error(&if named {
                    text.clone()
                } else {
                    format!("{reference}: {text}")
                });
                failed.push(json!({ "name": reference.to_string(), "error": text }));
                stopped = match error {
                    HubError::Interrupted => Some(128 + interrupt.signal().unwrap_or(2)),
                    error if error.no_space() => Some(3),
                    error if error.is_temporary() => Some(if loaded > 0 || !done.is_empty() { 3 } else { 1 }),
                    _ => None,
                };
            }
        }
        if stopped.is_some() {
            break;
        }
    }
    let code = match (stopped, failed.is_empty()) {
        (Some(code), _) => code,
        (None, true) => 0,
        (None, false) if done.is_empty() => 1,
        (None, false) => 2,
    };
    if screen.json() {
        screen.data(&json!({ "models": done, "failed": failed, "loaded_bytes": loaded }));
    }
    Ok(code)
}

fn one(
    hub: &Hub,
    reference: &Reference,
    precision: Precision,
    screen: &Screen,
    loaded: &mut u64,
) -> Result<Value, HubError> {
    match hub.plan(reference, None, precision)? {
        Step::There { model, why } => {
            let known = match &why {
                Why::Latest => "nothing newer on the hub".to_owned(),
                Why::Commit => "a whole commit never changes".to_owned(),
                Why::Offline(variable) => format!("{variable} is set, the hub was not asked"),
                Why::Unreachable(error) => {
                    screen.warn(&format!(
                        "the hub cannot be reached, a newer model would not be seen: {error}"
                    ));
                    "the hub was not reached".to_owned()
                }
            };
            screen.line(&format!("{reference}: already there in {precision} ({known})"));
            Ok(finish(reference, precision, &model, 0, screen))
        }
        Step::Load(plan) => {
            announce(reference, precision, &plan, screen);
            let before = *loaded;
            let model = plan.load(loaded)?;
            Ok(finish(reference, precision, &model, *loaded - before, screen))
        }
    }
}

/// What is about to be loaded, and under which licence.
fn announce(reference: &Reference, precision: Precision, plan: &Plan, screen: &Screen) {
    let licence = match (&plan.licence, reference.entry()) {
        (Some(licence), _) => licence.clone(),
        (None, Some(entry)) => format!("{} (of the original model)", entry.licence),
        (None, None) => "not stated on its page".to_owned(),
    };
    let missing = match plan.missing() {
        missing if missing == plan.bytes() => String::new(),
        missing => format!(", {} still to be loaded", bytes(missing)),
    };
    screen.line(&format!(
        "{reference}: {} in {precision}, {} in {} files{missing}, licence: {licence}",
        plan.repo,
        bytes(plan.bytes()),
        plan.files()
    ));
}

fn finish(reference: &Reference, precision: Precision, model: &Model, loaded: u64, screen: &Screen) -> Value {
    let commit = model.commit.as_deref().unwrap_or_default();
    let folder = model.folder.path().display();
    screen.line(&format!("{reference}: commit {commit} in {folder}"));
    json!({
        "name": reference.to_string(), "precision": precision.to_string(), "commit": commit,
        "folder": folder.to_string(), "loaded_bytes": loaded,
    })
}
