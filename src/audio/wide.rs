//! Loops over samples in the widest vectors that the processor has.
//!
//! The program is built for any x86-64, whose vectors hold four samples; most machines have eight. What stands in
//! `wide!` is compiled twice, and the wider form taken where it works. Both give the same bits: a compiler may
//! not reorder sums of floats, nor fuse multiplications into additions, whatever the vectors. So a loop gains
//! only if it has lanes of its own.

/// The value of an expression, computed with AVX2 where the processor has it. Only what is inlined gains: functions that
/// are called in it should be `#[inline(always)]`, and iterators be run by `for` loops.
macro_rules! wide {
    ($work:expr) => {
        $crate::audio::wide::run(
            #[inline(always)]
            || $work,
        )
    };
}
pub(crate) use wide;

/// Runs `work` for `wide!`.
#[inline]
pub(crate) fn run<R>(work: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        #[expect(unsafe_code, reason = "the one way to call a function compiled for AVX2")]
        // SAFETY: the processor has AVX2.
        return unsafe { with_avx2(work) };
    }
    work()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(test)]
mod tests {
    use crate::audio::level;

    #[test]
    fn wider_vectors_give_the_same_bits() {
        let samples: Vec<f32> = (0..10_007).map(|n| (n as f32 * 0.37).sin() / 3.0).collect();
        let (plain, wider) = (
            level::sum_of_squares(&samples),
            wide!(level::sum_of_squares(&samples)),
        );
        assert_eq!(plain.to_bits(), wider.to_bits());
    }
}
