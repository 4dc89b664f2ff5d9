//! The numerics class: machines of one class compute the same bytes with the same binary.

/// The class of this machine: architecture and the instruction sets that the FFT and resampling libraries choose
/// by at run time.
#[must_use]
pub fn class() -> String {
    format!("{}{}", std::env::consts::ARCH, features())
}

#[cfg(target_arch = "x86_64")]
fn features() -> &'static str {
    let avx = std::arch::is_x86_feature_detected!("avx");
    let fma = std::arch::is_x86_feature_detected!("fma");
    match (
        avx && fma,
        std::arch::is_x86_feature_detected!("avx2"),
        std::arch::is_x86_feature_detected!("sse4.1"),
    ) {
        (true, true, _) => "+avx2+fma",
        (true, false, _) => "+avx+fma",
        (false, _, true) => "+sse4.1",
        (false, _, false) => "",
    }
}

#[cfg(target_arch = "aarch64")]
fn features() -> &'static str {
    if std::arch::is_aarch64_feature_detected!("neon") {
        "+neon"
    } else {
        ""
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> &'static str {
    ""
}
