//! What models would run on here, and what stands in the way: facts gathered once, for a page or as JSON.

mod devices;
mod folders;
mod graph;
mod hub;
mod machine;
mod models;
mod problem;
mod search;

use std::collections::BTreeMap;

use serde::Serialize;

pub use devices::Found as FoundDevice;
pub use folders::Folder;
pub use machine::Machine;
pub use models::Model;
pub use problem::Problem;
pub use search::{Found, Place};

use crate::audio::decode;
use crate::onnx::device::Device;
use crate::onnx::engine::{Engine, EngineError, Options};
use crate::onnx::hub::environment::{Environment, EnvironmentError};
use crate::onnx::runtime::Wish;
use crate::onnx::setup::Pip;
use crate::run::interrupt::Interrupt;

/// All that was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Version of this program.
    pub version: &'static str,
    /// The machine.
    pub machine: Machine,
    /// Where ONNX Runtime was looked for, in order.
    pub search: Vec<Place>,
    /// The version of ONNX Runtime that is used, if one can be.
    pub runtime: Option<String>,
    /// Whether it ran a graph.
    pub runs: bool,
    /// The devices.
    pub devices: Vec<FoundDevice>,
    /// The device that was taken, for what was asked for.
    pub taken: Option<String>,
    /// The models that are installed.
    pub models: Vec<Model>,
    /// Extensions of the audio files that are decoded, by this program alone.
    pub audio: &'static [&'static str],
    /// Folders of the program.
    pub folders: Vec<Folder>,
    /// Python and pip as `augment setup` would use them.
    pub pip: FoundPip,
    /// The model hub's settings in effect.
    pub hub: BTreeMap<String, String>,
    /// What was asked for and is missing.
    pub missing: Vec<Problem>,
}

/// What `augment setup` would fetch by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundPip {
    /// The Python.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub python: Option<String>,
    /// What its pip says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pip: Option<String>,
    /// Why there is none. No fault as long as nothing has to be fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl Report {
    /// Whether all that was asked for is there.
    #[must_use]
    pub fn sound(&self) -> bool {
        self.missing.is_empty()
    }
}

/// Looks at everything. The runtime is loaded, and stays.
#[must_use]
pub fn examine(options: &Options, interrupt: &Interrupt) -> Report {
    let wish = Wish::new(options.library.clone(), options.device != Device::Cpu);
    let search = search::places(&wish);
    let mut missing = Vec::new();
    let mut refused = None;
    let engine = match Engine::start(options) {
        Ok(engine) => Some(engine),
        Err(EngineError::Device { device, fault }) => {
            missing.push(Problem::of(&EngineError::Device {
                device,
                fault: fault.clone(),
            }));
            refused = Some(fault);
            // The rest can still be looked at on the processor.
            Engine::start_with(&wish, Device::Cpu, options.threads).ok()
        }
        Err(error) => {
            missing.push(Problem::of(&error));
            None
        }
    };
    let mut runs = false;
    if let Some(engine) = &engine {
        match graph::runs(engine) {
            Ok(()) => runs = true,
            Err(reason) => missing.push(Problem::new(
                format!(
                    "{}: ONNX Runtime {} does not run a graph on {}: {reason}",
                    engine.runtime().library.path.display(),
                    engine.runtime().library.version,
                    engine.taken()
                ),
                "`augment setup --force` installs a version that was tested",
            )),
        }
    }
    let models = models::models(engine.as_ref(), interrupt);
    missing.extend(models.iter().filter_map(|model| model.problem.clone()));
    // With settings that make no sense no model can be found, however many there are. That a user has no home is told
    // among the folders: nobody asked for one.
    missing.extend(
        Environment::of_process()
            .err()
            .filter(|error| !matches!(error, EnvironmentError::NoHome))
            .map(|error| Problem::of(&error)),
    );
    Report {
        version: env!("CARGO_PKG_VERSION"),
        machine: Machine::here(),
        search,
        runtime: engine
            .as_ref()
            .map(|engine| engine.runtime().library.version.clone()),
        runs,
        devices: engine
            .as_ref()
            .map(|engine| devices::devices(engine, options.device, refused.as_ref()))
            .unwrap_or_default(),
        taken: engine
            .as_ref()
            .filter(|_| refused.is_none())
            .map(|engine| engine.taken().to_string()),
        models,
        audio: decode::EXTENSIONS,
        folders: folders::all(),
        pip: match Pip::find() {
            Ok(pip) => FoundPip {
                python: Some(pip.python.to_string_lossy().into_owned()),
                pip: Some(pip.version),
                problem: None,
            },
            Err(error) => FoundPip {
                python: None,
                pip: None,
                problem: Some(Problem::of(&error)),
            },
        },
        hub: hub::settings(),
        missing,
    }
}
