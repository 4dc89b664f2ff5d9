//! The models that are installed, and whether they load.

use serde::Serialize;

use super::Problem;
use crate::onnx::check::check;
use crate::onnx::engine::Engine;
use crate::onnx::folder::ModelFolder;
use crate::onnx::hub::environment::Environment;
use crate::onnx::hub::installed::{Found, installed};
use crate::run::interrupt::Interrupt;

/// One installed model in one precision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Model {
    /// Its name, as commands take it.
    pub name: String,
    /// In which numbers it computes.
    pub precision: String,
    /// What it did with its one input, if it could be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Why it does not load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Every installed model. Those of the catalogue are tried, if there is an engine; what other tools put into the cache
/// is listed only, as nobody asked this program for it.
pub(super) fn models(engine: Option<&Engine>, interrupt: &Interrupt) -> Vec<Model> {
    // Settings of the hub that make no sense are told of by the commands that need them.
    let Ok(environment) = Environment::of_process() else {
        return Vec::new();
    };
    installed(&environment)
        .iter()
        .flat_map(|model| model.precisions.iter().map(move |&precision| (model, precision)))
        .take_while(|_| !interrupt.stopped())
        .map(|(model, precision)| {
            let name = name(model);
            let tried = engine.zip(model.entry).map(|(engine, entry)| {
                let folder = ModelFolder::new(&model.folder);
                check(engine, &folder, precision, Some(entry.role), interrupt)
            });
            let (found, problem) = match tried {
                None => (None, None),
                Some(Ok(found)) => (Some(found), None),
                Some(Err(error)) => {
                    let mut problem = Problem::of(&error);
                    problem.what = format!("model {name} in {precision}: {}", problem.what);
                    problem.hint.get_or_insert_with(|| {
                        format!("delete {} and pull it again", model.folder.display())
                    });
                    (None, Some(problem))
                }
            };
            Model {
                name,
                precision: precision.to_string(),
                found,
                problem,
            }
        })
        .collect()
}

fn name(model: &Found) -> String {
    match model.entry {
        Some(entry) => entry.name.to_owned(),
        None => format!("hub:{}@{}", model.repo, model.commit),
    }
}
