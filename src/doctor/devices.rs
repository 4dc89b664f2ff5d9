//! Which devices models can run on, and what stands in the way of the others.

use serde::Serialize;

use super::Problem;
use crate::onnx::device::{self, CudaFault, Device, Taken};
use crate::onnx::engine::Engine;

/// More GPUs than any machine has.
const MANY: u32 = 64;

/// One device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// As `--device` takes it.
    pub device: String,
    /// The GPU's name and the newest CUDA that its driver serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
    /// Why it can't be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

impl Found {
    fn usable(device: Device, gpu: Option<String>) -> Self {
        Found {
            device: device.to_string(),
            gpu,
            problem: None,
        }
    }

    /// A device that can't be used.
    pub(super) fn unusable(device: Device, fault: &CudaFault) -> Self {
        Found {
            device: device.to_string(),
            gpu: None,
            problem: Some(Problem::of(fault)),
        }
    }
}

/// The processor, and the GPUs unless the processor alone was asked for.
pub(super) fn devices(engine: &Engine, asked: Device, fault: Option<&CudaFault>) -> Vec<Found> {
    let mut found = vec![Found::usable(Device::Cpu, None)];
    let fault = match engine.taken() {
        Taken::Cpu(seen) => fault.or(seen.as_ref()),
        Taken::Cuda(_) => None,
    };
    match (fault, asked) {
        (None, Device::Cpu) => {}
        (Some(fault), Device::Cuda(index)) => found.push(Found::unusable(Device::Cuda(index), fault)),
        (Some(fault), _) => found.push(Found::unusable(Device::Cuda(0), fault)),
        (None, _) => {
            let gpus = (0..MANY).map_while(|index| match device::usable(engine.runtime(), index) {
                Ok(gpu) => Some((index, gpu)),
                Err(_) => None,
            });
            found.extend(gpus.map(|(index, gpu)| {
                let name = format!("{}, driver for CUDA {}", gpu.name, gpu.driver);
                Found::usable(Device::Cuda(index), Some(name))
            }));
        }
    }
    found
}
