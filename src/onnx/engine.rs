//! A runtime with a device and a number of threads: what sessions are made by.

use std::path::{Path, PathBuf};

use ort::ep::{CUDA, ExecutionProviderDispatch};
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use super::device::{self, CudaFault, Device, Taken};
use super::runtime::{Runtime, RuntimeError, Wish};
use super::session::{Session, SessionError};

/// What a user can choose.
#[derive(Debug, Clone)]
pub struct Options {
    /// The library, if it was named.
    pub library: Option<PathBuf>,
    /// The device.
    pub device: Device,
    /// Threads of each session, from 1.
    pub threads: usize,
}

/// Why models can't be run.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// There is no runtime.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The device that was asked for can't be used.
    #[error("--device {device} cannot be used: {fault}")]
    Device {
        /// What was asked for.
        device: Device,
        /// What stands in the way.
        fault: CudaFault,
    },
}

/// A running ONNX Runtime.
#[derive(Debug, Clone)]
pub struct Engine {
    runtime: Runtime,
    taken: Taken,
    threads: usize,
}

impl Engine {
    /// Loads the runtime and takes the device.
    ///
    /// # Errors
    /// [`EngineError`]. Only [`Device::Auto`] falls back to the processor, and [`Engine::taken`] tells why.
    pub fn start(options: &Options) -> Result<Self, EngineError> {
        let wish = Wish::new(options.library.clone(), options.device != Device::Cpu);
        Self::start_with(&wish, options.device, options.threads)
    }

    /// As [`Engine::start`], with a search of one's own.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn start_with(wish: &Wish, device: Device, threads: usize) -> Result<Self, EngineError> {
        let mut engine = Engine {
            runtime: Runtime::start(wish)?,
            taken: Taken::Cpu(None),
            threads: threads.max(1),
        };
        let index = match device {
            Device::Cpu => return Ok(engine),
            Device::Auto => 0,
            Device::Cuda(index) => index,
        };
        let gpu = device::usable(&engine.runtime, index).and_then(|gpu| {
            // Only a session shows whether the runtime's own part for CUDA loads.
            engine.taken = Taken::Cuda(gpu.clone());
            match engine.builder() {
                Ok(_) => Ok(gpu),
                Err(reason) => Err(CudaFault::Runtime(reason)),
            }
        });
        match (gpu, device) {
            (Ok(_), _) => {}
            (Err(fault), Device::Auto) => engine.taken = Taken::Cpu(Some(fault)),
            (Err(fault), _) => return Err(EngineError::Device { device, fault }),
        }
        Ok(engine)
    }

    /// The runtime.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The device that was taken.
    #[must_use]
    pub fn taken(&self) -> &Taken {
        &self.taken
    }

    /// Threads of each session.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The same engine whose sessions use another number of threads.
    #[must_use]
    pub fn with_threads(&self, threads: usize) -> Self {
        Engine {
            threads: threads.max(1),
            ..self.clone()
        }
    }

    /// Loads a graph.
    ///
    /// # Errors
    /// [`SessionError::Load`].
    pub fn session(&self, graph: &Path) -> Result<Session, SessionError> {
        let fail = |reason: String| SessionError::Load {
            path: graph.to_owned(),
            reason,
        };
        let inner = self
            .builder()
            .map_err(fail)?
            .commit_from_file(graph)
            .map_err(|error| fail(error.to_string()))?;
        Ok(Session::new(inner, graph))
    }

    /// Loads a graph from its bytes; `name` stands in errors where a file's path would.
    ///
    /// # Errors
    /// [`SessionError::Load`].
    pub fn session_of(&self, name: &str, graph: &[u8]) -> Result<Session, SessionError> {
        self.loaded(name, graph, true)
    }

    /// The same for a large graph that is run over and over: without the runtime's plan of memory. That is one block for all that a
    /// run needs, taken in the second run beside what the first had taken piece by piece and the runtime keeps.
    ///
    /// # Errors
    /// [`SessionError::Load`].
    pub fn unplanned_session_of(&self, name: &str, graph: &[u8]) -> Result<Session, SessionError> {
        self.loaded(name, graph, false)
    }

    fn loaded(&self, name: &str, graph: &[u8], planned: bool) -> Result<Session, SessionError> {
        let fail = |reason: String| SessionError::Load {
            path: PathBuf::from(name),
            reason,
        };
        let inner = self
            .builder()
            .map_err(fail)?
            .with_memory_pattern(planned)
            .map_err(|error| fail(error.to_string()))?
            .commit_from_memory(graph)
            .map_err(|error| fail(error.to_string()))?;
        Ok(Session::new(inner, Path::new(name)))
    }

    fn builder(&self) -> Result<SessionBuilder, String> {
        let build = || {
            let builder = SessionBuilder::new(&self.runtime.environment)?
                .with_optimization_level(GraphOptimizationLevel::All)?
                .with_intra_threads(self.threads)?
                .with_inter_threads(1)?
                // Threads that wait by spinning take the processor from the program's own and from other users.
                .with_intra_op_spinning(false)?
                .with_inter_op_spinning(false)?
                .with_deterministic_compute(true)?
                .with_execution_providers(self.providers())?;
            Ok(builder)
        };
        build().map_err(|error: ort::Error| error.to_string())
    }

    fn providers(&self) -> Vec<ExecutionProviderDispatch> {
        match &self.taken {
            Taken::Cpu(_) => Vec::new(),
            Taken::Cuda(gpu) => {
                let index = i32::try_from(gpu.index).unwrap_or(i32::MAX);
                // Without error_on_failure the runtime would go on with the processor and say nothing.
                vec![CUDA::default().with_device_id(index).build().error_on_failure()]
            }
        }
    }
}
