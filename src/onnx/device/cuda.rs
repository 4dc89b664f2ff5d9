//! Whether models can run on a GPU, and if not, what stands in the way: build, driver, GPU or libraries.

use std::path::{Path, PathBuf};

use super::driver::{self, NoDriver};
use crate::onnx::runtime::{Runtime, elf};

/// The part of ONNX Runtime that runs models through CUDA; it lies beside the library in builds that have it.
pub const PROVIDER: &str = "libonnxruntime_providers_cuda.so";

/// The CUDA version that ONNX Runtime's packages are built for since 1.27, as a driver counts it.
const CUDA: i32 = 13_000;

/// A GPU that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gpu {
    /// Its number, from 0.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// The newest CUDA its driver can serve, for example `13.2`.
    pub driver: String,
}

/// Why a GPU can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CudaFault {
    /// The library is a build without CUDA.
    #[error("{} (ONNX Runtime {version}) is a build without CUDA: it has no {PROVIDER} beside it\nhint: `augment setup --cuda` installs one", library.display())]
    Build {
        /// The library.
        library: PathBuf,
        /// Its version.
        version: String,
    },
    /// The machine has no NVIDIA driver.
    #[error(
        "there is no NVIDIA driver: {} was not found\nhint: install NVIDIA's driver, or take --device cpu",
        driver::LIBRARY
    )]
    NoDriver,
    /// The driver is there and fails.
    #[error(
        "the NVIDIA driver does not start (CUDA error {0})\nhint: `nvidia-smi` may tell more; in a container the GPU has to be passed in"
    )]
    Driver(i32),
    /// The driver serves older versions of CUDA only.
    #[error(
        "the NVIDIA driver serves CUDA up to {found}, expected {expected} or later\nhint: install a newer driver"
    )]
    Old {
        /// The newest version it can serve.
        found: String,
        /// What the runtime was built for.
        expected: String,
    },
    /// There is no such GPU.
    #[error("there is no GPU {asked}: the driver shows {found}")]
    NoGpu {
        /// The number asked for.
        asked: u32,
        /// How many there are.
        found: usize,
    },
    /// A library that the runtime needs for CUDA can't be loaded.
    #[error("{}: cannot be loaded: {reason}\nhint: `augment setup --cuda` installs CUDA's and cuDNN's libraries", library.display())]
    Library {
        /// The library.
        library: PathBuf,
        /// What the loader says.
        reason: String,
    },
    /// Everything seems to be there and the runtime still refuses.
    #[error("ONNX Runtime cannot use the GPU: {0}")]
    Runtime(String),
}

/// Checks that a GPU can be used, and loads the libraries that the runtime will ask for.
///
/// # Errors
/// [`CudaFault`].
pub fn usable(runtime: &Runtime, index: u32) -> Result<Gpu, CudaFault> {
    // The driver first: without one, another build of the runtime would be fetched for nothing.
    let driver = driver::ask().map_err(|fault| match fault {
        NoDriver::Absent => CudaFault::NoDriver,
        NoDriver::Fails(number) => CudaFault::Driver(number),
    })?;
    if driver.version < CUDA {
        return Err(CudaFault::Old {
            found: version(driver.version),
            expected: version(CUDA),
        });
    }
    let name = usize::try_from(index).ok().and_then(|at| driver.gpus.get(at));
    let name = name.cloned().ok_or(CudaFault::NoGpu {
        asked: index,
        found: driver.gpus.len(),
    })?;
    let library = &runtime.library;
    let provider = library.path.parent().unwrap_or(Path::new("")).join(PROVIDER);
    // A library found by the system's loader has a bare name: then its own provider is found the same way.
    if library.path.is_absolute() && !provider.is_file() {
        return Err(CudaFault::Build {
            library: library.path.clone(),
            version: library.version.clone(),
        });
    }
    for library in &runtime.preload {
        if let Some(reason) = elf::fault(library) {
            return Err(CudaFault::Library {
                library: library.clone(),
                reason,
            });
        }
        ort::util::preload_dylib(library).map_err(|error| CudaFault::Library {
            library: library.clone(),
            reason: error.to_string(),
        })?;
    }
    Ok(Gpu {
        index,
        name,
        driver: version(driver.version),
    })
}

fn version(number: i32) -> String {
    format!("{}.{}", number / 1000, number % 1000 / 10)
}
