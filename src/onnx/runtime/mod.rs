//! ONNX Runtime: looked for, loaded once a process, and kept.
//!
//! Official builds collect events for their maker unless `ORT_DISABLE_TELEMETRY` is set before they are loaded; the program
//! `augment` does that, and other users of this library have to.

pub(crate) mod elf;
mod library;
mod python;
mod search;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use ort::environment::Environment;

pub use library::{Library, LibraryFault, MINIMUM};
pub use search::{Candidate, Origin, VARIABLE, Wish, candidates};

/// Why there is no runtime to use.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// The library that was named can't be used.
    #[error("{origin}: {fault}\nhint: `augment setup` installs a version that fits; leave {origin} out then")]
    Named {
        /// Who named it.
        origin: Origin,
        /// What is wrong with it.
        fault: LibraryFault,
    },
    /// No library was found, or none that can be used.
    #[error("ONNX Runtime was not found{}\nhint: `augment setup` installs it; `augment doctor` shows where it was looked for", list(.0))]
    Missing(Vec<(Origin, LibraryFault)>),
    /// A process holds one runtime only.
    #[error("{} is loaded already, so {} can't be", loaded.display(), asked.display())]
    Loaded {
        /// The one that runs.
        loaded: PathBuf,
        /// The one that was asked for.
        asked: PathBuf,
    },
    /// The library was loaded but its environment could not be made.
    #[error("{}: ONNX Runtime does not start: {reason}", path.display())]
    Start {
        /// The library.
        path: PathBuf,
        /// What it says.
        reason: String,
    },
}

fn list(faults: &[(Origin, LibraryFault)]) -> String {
    faults
        .iter()
        .map(|(origin, fault)| format!("\n  {origin}: {fault}"))
        .collect()
}

/// A loaded ONNX Runtime.
#[derive(Debug, Clone)]
pub struct Runtime {
    /// The library, and which version it is.
    pub library: Library,
    /// Where it was found.
    pub origin: Origin,
    /// Libraries to load before CUDA is used.
    pub preload: Vec<PathBuf>,
    pub(super) environment: Environment,
}

/// ONNX Runtime keeps its state in the process, and so do we: what is loaded stays.
static LOADED: Mutex<Option<Runtime>> = Mutex::new(None);

impl Runtime {
    /// Loads the first library of the search order that can be used, or gives the one that is loaded already.
    ///
    /// # Errors
    /// [`RuntimeError`]. A library named by flag or variable has to work; the other places are tried in turn.
    pub fn start(wish: &Wish) -> Result<Self, RuntimeError> {
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        let mut faults = Vec::new();
        for candidate in candidates(wish) {
            let Candidate {
                origin,
                path,
                preload,
            } = candidate;
            let library = match Library::open(&path) {
                Ok(library) => library,
                Err(fault) if origin.is_explicit() => return Err(RuntimeError::Named { origin, fault }),
                // That the system has none is the usual case and tells nothing.
                Err(LibraryFault::Absent(_)) if origin == Origin::System => continue,
                Err(fault) => {
                    faults.push((origin, fault));
                    continue;
                }
            };
            if let Some(runtime) = &*loaded {
                return if runtime.library.path == library.path {
                    Ok(runtime.clone())
                } else {
                    Err(RuntimeError::Loaded {
                        loaded: runtime.library.path.clone(),
                        asked: library.path,
                    })
                };
            }
            let environment = environment(&library)?;
            let runtime = Runtime {
                library,
                origin,
                preload,
                environment,
            };
            *loaded = Some(runtime.clone());
            return Ok(runtime);
        }
        Err(RuntimeError::Missing(faults))
    }
}

fn environment(library: &Library) -> Result<Environment, RuntimeError> {
    let start = |reason: String| RuntimeError::Start {
        path: library.path.clone(),
        reason,
    };
    ort::init_from(&library.path)
        .map_err(|error| start(error.to_string()))?
        .with_name("augment")
        .with_telemetry(false)
        // What goes wrong comes back as an error with its text; the runtime's own log would only repeat it
        // between the lines of a progress bar.
        .with_logger(Arc::new(|_, _, _, _, _| ()))
        .build()
        .map_err(|error| start(error.to_string()))
}
