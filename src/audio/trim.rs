//! Trimming silence at both ends, as `librosa.effects.trim` does.
//!
//! librosa 0.11: RMS of centred frames of 2048 samples every 512 (zeros beyond the ends), in dB re the loudest
//! frame; what lies between the first and the last frame above -top_db is kept. A frame is four hops, so the
//! energies of hops give those of frames.

use std::ops::Range;

use super::level::energy;

/// Samples from one frame to the next; a frame is four of them.
const HOP: usize = 512;

/// Mean squares below this count as this (librosa's `amin` of 1e-5, squared).
const FLOOR: f64 = 1e-10;

/// The samples to keep: `librosa.effects.trim(samples, top_db=top_db, frame_length=2048, hop_length=512)`.
/// Begins on a multiple of 512 and ends on one or at the end of `samples`. Empty where all samples are zero
/// (librosa keeps those) and for no samples.
#[must_use]
pub fn trim(samples: &[f32], top_db: f32) -> Range<usize> {
    let hops: Vec<f64> = samples.chunks(HOP).map(energy).collect();
    let hop = |i: usize| hops.get(i).copied().unwrap_or(0.0);
    // Frame t is centred on sample 512 t: hops t - 2 to t + 1.
    let before = |t: usize, n: usize| t.checked_sub(n).map_or(0.0, hop);
    let frame = |t: usize| (before(t, 2) + before(t, 1) + hop(t) + hop(t + 1)) / (4 * HOP) as f64;
    let frames = 0..samples.len() / HOP + 1;

    let loudest = frames.clone().map(frame).fold(0.0, f64::max);
    if loudest <= 0.0 {
        return 0..0;
    }
    let threshold = loudest.max(FLOOR) * 10f64.powf(-f64::from(top_db) / 10.0);
    let loud = |t: &usize| frame(*t).max(FLOOR) > threshold;
    match (frames.clone().find(loud), frames.rev().find(loud)) {
        (Some(first), Some(last)) => first * HOP..((last + 1) * HOP).min(samples.len()),
        _ => 0..0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square wave of 8 samples, `inside` loud from `from` to `to` and `outside` elsewhere.
    fn square(n: usize, from: usize, to: usize, inside: f32, outside: f32) -> Vec<f32> {
        (0..n)
            .map(|i| {
                let a = if (from..to).contains(&i) { inside } else { outside };
                if i % 8 < 4 { a } else { -a }
            })
            .collect()
    }

    /// What librosa 0.11 answers for the same signals: (n, from, to, inside, outside, top_db) and the range.
    #[test]
    fn agrees_with_librosa() {
        type Case = ((usize, usize, usize, f32, f32, f32), Range<usize>);
        let cases: [Case; 15] = [
            ((20_000, 6000, 12_000, 0.5, 0.0, 40.0), 5120..13_312),
            ((20_000, 6144, 12_288, 0.5, 0.0, 40.0), 5632..13_312),
            ((20_000, 6000, 12_000, 0.5, 0.004, 40.0), 5120..13_312),
            ((20_000, 6000, 12_000, 0.5, 0.006, 40.0), 512..19_968),
            ((20_000, 6000, 12_000, 0.5, 0.006, 20.0), 5120..13_312),
            ((20_000, 0, 20_000, 0.5, 0.0, 40.0), 0..20_000),
            ((700, 0, 700, 0.5, 0.0, 40.0), 0..700),
            ((1, 0, 1, 0.5, 0.0, 40.0), 0..1),
            ((512, 0, 512, 0.1, 0.0, 60.0), 0..512),
            ((513, 512, 513, 1.0, 0.0, 60.0), 0..513),
            ((4096, 4095, 4096, 1.0, 0.0, 30.0), 3072..4096),
            ((20_000, 3000, 3001, 1.0, 0.0, 60.0), 2048..4096),
            // Near the floor of -100 dBFS even zeros lie within 40 dB of the loudest frame.
            ((30_000, 10_000, 20_000, 1e-5, 0.0, 40.0), 0..30_000),
            ((30_000, 10_000, 20_000, 2e-4, 0.0, 40.0), 0..30_000),
            ((30_000, 29_500, 30_000, 0.25, 0.0001, 60.0), 28_672..30_000),
        ];
        for ((n, from, to, inside, outside, top_db), expected) in cases {
            let samples = square(n, from, to, inside, outside);
            assert_eq!(
                trim(&samples, top_db),
                expected,
                "{n} {from} {to} {inside} {outside} {top_db}"
            );
        }
    }

    #[test]
    fn silence_is_trimmed_away() {
        for n in [0, 1, 511, 512, 5000] {
            assert_eq!(trim(&vec![0.0; n], 40.0), 0..0);
        }
    }

    #[test]
    fn nothing_is_above_a_threshold_that_is_no_number_or_above_the_loudest() {
        let samples = square(5000, 0, 5000, 0.5, 0.0);
        for top_db in [0.0, -10.0, f32::NAN] {
            assert_eq!(trim(&samples, top_db), 0..0);
        }
        assert_eq!(trim(&[f32::NAN; 3000], 40.0), 0..0);
    }
}
