//! The Python packages that the libraries are taken from: one wheel each, pinned by its hash.

mod cuda;

use super::{Flavour, SetupError};

/// The machines that packages exist for.
pub(super) const MACHINES: &str = "x86_64 and (without CUDA) aarch64 Linux with glibc";

/// A file in a wheel, and where it goes in the installation.
pub(super) type Taken = (&'static str, &'static str);

/// One pinned wheel.
#[derive(Debug, Clone, Copy)]
pub struct Package {
    /// Its name on the package index.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The wheel's file name.
    pub file: &'static str,
    /// The platform that pip has to be told.
    pub(super) platform: &'static str,
    /// SHA-256 of the wheel, in hex.
    pub(super) sha256: &'static str,
    /// Size of the wheel, in bytes.
    pub bytes: u64,
    /// Size of what is taken out of it, in bytes.
    pub unpacked: u64,
    /// What is taken out of it.
    pub(super) take: &'static [Taken],
}

/// The packages of a flavour for the machine that this program was built for.
pub(super) fn pinned(flavour: Flavour) -> Result<&'static [Package], SetupError> {
    let glibc = cfg!(all(target_os = "linux", target_env = "gnu"));
    match (glibc, std::env::consts::ARCH, flavour) {
        (true, "x86_64", Flavour::Cpu) => Ok(X86_64),
        (true, "aarch64", Flavour::Cpu) => Ok(AARCH64),
        (true, "x86_64", Flavour::Cuda) => Ok(cuda::X86_64),
        _ => Err(SetupError::Machine {
            machine: machine(),
            flavour,
        }),
    }
}

/// The machine that this program was built for, as people name it.
fn machine() -> String {
    let libc = match (cfg!(target_env = "gnu"), cfg!(target_env = "musl")) {
        (true, _) => " with glibc",
        (_, true) => " with musl",
        _ => "",
    };
    format!("{} {}{libc}", std::env::consts::ARCH, std::env::consts::OS)
}

const RUNTIME: &[Taken] = &[
    (
        "onnxruntime/capi/libonnxruntime.so.1.31.1",
        "libonnxruntime.so.1.31.1",
    ),
    (
        "onnxruntime/capi/libonnxruntime_providers_shared.so",
        "libonnxruntime_providers_shared.so",
    ),
    ("onnxruntime/LICENSE", "LICENSE"),
    ("onnxruntime/ThirdPartyNotices.txt", "ThirdPartyNotices.txt"),
];

const X86_64: &[Package] = &[Package {
    name: "onnxruntime",
    version: "1.31.1",
    file: "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
    platform: "manylinux_2_28_x86_64",
    sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
    bytes: 23_760_988,
    unpacked: 29_705_993,
    take: RUNTIME,
}];

const AARCH64: &[Package] = &[Package {
    name: "onnxruntime",
    version: "1.31.1",
    file: "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_aarch64.whl",
    platform: "manylinux_2_28_aarch64",
    sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
    bytes: 21_420_803,
    unpacked: 25_802_993,
    take: RUNTIME,
}];
