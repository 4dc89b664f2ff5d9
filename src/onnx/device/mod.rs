//! Where models compute: `--device auto|cpu|cuda[:N]`.

mod cuda;
mod driver;

use std::fmt;
use std::str::FromStr;

pub use cuda::{CudaFault, Gpu, PROVIDER, usable};

/// What the user asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Device {
    /// The first GPU if it can be used, else the processor; says which.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// One GPU, counted from 0. If it can't be used, that is an error.
    Cuda(u32),
}

/// What was asked for is no device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found device \"{0}\", expected auto, cpu, cuda or cuda:N with N counted from 0")]
pub struct NoDevice(String);

impl FromStr for Device {
    type Err = NoDevice;

    fn from_str(text: &str) -> Result<Self, NoDevice> {
        let index = |digits: &str| {
            let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten()
        };
        match text {
            "auto" => Some(Device::Auto),
            "cpu" => Some(Device::Cpu),
            "cuda" => Some(Device::Cuda(0)),
            other => other.strip_prefix("cuda:").and_then(index).map(Device::Cuda),
        }
        .ok_or_else(|| NoDevice(text.to_owned()))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Auto => f.write_str("auto"),
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

/// What was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// The processor; with why no GPU was taken if one was looked for.
    Cpu(Option<CudaFault>),
    /// A GPU.
    Cuda(Gpu),
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Taken::Cpu(_) => f.write_str("cpu"),
            Taken::Cuda(gpu) => write!(f, "cuda:{} ({})", gpu.index, gpu.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_shown() {
        for (text, device) in [
            ("auto", Device::Auto),
            ("cpu", Device::Cpu),
            ("cuda:0", Device::Cuda(0)),
            ("cuda:17", Device::Cuda(17)),
        ] {
            assert_eq!(text.parse(), Ok(device));
            assert_eq!(device.to_string(), text);
        }
        assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
        for wrong in [
            "",
            "gpu",
            "CUDA",
            "cuda:",
            "cuda:-1",
            "cuda:+1",
            "cuda:x",
            "cuda:99999999999",
        ] {
            let error = wrong.parse::<Device>().unwrap_err().to_string();
            assert!(error.contains(&format!("\"{wrong}\"")), "{error}");
        }
    }
}
