//! The flags of every command that runs models.

use std::path::PathBuf;

use augment::onnx::device::Device;
use augment::onnx::engine::Options;
use clap::Args;

/// Where models run, and by which library.
#[derive(Args, Clone)]
pub struct Models {
    /// Where models run: auto, cpu, cuda or cuda:N. One that is named and can't be used is an error
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub device: Device,
    /// The library of ONNX Runtime, or the folder it is in [default: looked for; `augment doctor` shows where]
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
}

impl Models {
    /// What an engine is started with; `threads` are those of each session.
    pub fn options(&self, threads: usize) -> Options {
        Options {
            library: self.onnxruntime.clone(),
            device: self.device,
            threads,
        }
    }
}
