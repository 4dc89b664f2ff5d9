//! The machine, as far as it matters for results and speed.

use serde::Serialize;

use crate::run::numerics;

/// Processor and system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// For example `x86_64 linux`.
    pub system: String,
    /// Machines of one class make the same bytes.
    pub numerics: String,
    /// Instruction sets that the program or ONNX Runtime choose their code by.
    pub features: Vec<&'static str>,
    /// Threads that the machine lends to this process.
    pub threads: usize,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn here() -> Self {
        Machine {
            system: format!("{} {}", std::env::consts::ARCH, std::env::consts::OS),
            numerics: numerics::class(),
            features: features(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("sse4.1", std::arch::is_x86_feature_detected!("sse4.1")),
        ("avx", std::arch::is_x86_feature_detected!("avx")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("f16c", std::arch::is_x86_feature_detected!("f16c")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
        ("avx512vnni", std::arch::is_x86_feature_detected!("avx512vnni")),
    ];
    all.into_iter()
        .filter(|&(_, has)| has)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<&'static str> {
    let all = [
        ("neon", std::arch::is_aarch64_feature_detected!("neon")),
        ("fp16", std::arch::is_aarch64_feature_detected!("fp16")),
        ("dotprod", std::arch::is_aarch64_feature_detected!("dotprod")),
        ("i8mm", std::arch::is_aarch64_feature_detected!("i8mm")),
        ("sve", std::arch::is_aarch64_feature_detected!("sve")),
    ];
    all.into_iter()
        .filter(|&(_, has)| has)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<&'static str> {
    Vec::new()
}
