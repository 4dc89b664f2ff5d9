//! 16-bit WAV files: rounding, writing, and back to floats.

use std::io::Cursor;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::wide::wide;

/// Size of one step of a 16-bit sample, re full scale.
const STEP: f32 = 1.0 / 32_768.0;

/// Rounds samples (full scale at 1.0) to 16 bits: x·32768 to the nearest integer, ties away from zero. `out` is
/// cleared first. Exact for what [`to_float`] gives.
///
/// Nothing is ever clipped: where a sample would not fit, the whole signal is scaled down so that its peak
/// lands exactly on full scale. Returns the gain: 1.0 where nothing was touched, smaller otherwise.
/// Samples are expected to be finite; a NaN becomes 0, an infinity full scale.
pub fn quantize(samples: &[f32], out: &mut Vec<i16>) -> f32 {
    let (lowest, highest) = wide!(extremes(samples));
    // Half a step more than the limit is what rounds beyond it.
    let room = |limit: f32, peak: f32| {
        if peak * 32_768.0 >= limit + 0.5 {
            limit * STEP / peak
        } else {
            1.0
        }
    };
    let gain = room(32_767.0, highest).min(room(32_768.0, -lowest));
    let scale = 32_768.0 * gain;
    out.clear();
    wide!(out.extend(samples.iter().map(|&x| round(x * scale))));
    gain
}

/// 16-bit samples as floats, full scale at 1.0. `out` is cleared first.
pub fn to_float(samples: &[i16], out: &mut Vec<f32>) {
    out.clear();
    wide!(out.extend(samples.iter().map(|&x| f32::from(x) * STEP)));
}

/// How many samples are at full scale (at least 32767 in magnitude).
#[must_use]
pub fn at_full_scale(samples: &[i16]) -> usize {
    // Counted in 16 bits for as long as they last, which keeps the samples in narrow lanes.
    let count = |part: &[i16]| {
        let full = |&x: &i16| u16::from(x.unsigned_abs() >= 32_767);
        usize::from(part.iter().map(full).sum::<u16>())
    };
    wide!(samples.chunks(32_768).map(count).sum())
}

/// The bytes of a mono 16-bit WAV file: a header of 44 bytes and the samples.
///
/// A WAV file holds no more than 2^31 - 19 samples, 37 hours at 16 kHz: what lies beyond is left out. The header
/// of a rate of 0, or above 2^31, tells the nearest rate that a header can tell.
#[must_use]
#[expect(
    clippy::expect_used,
    reason = "memory takes all bytes, and hound writes 16-bit files"
)]
pub fn encode(samples: &[i16], rate: u32) -> Vec<u8> {
    /// The sizes in the header are 32 bits, and the whole file's counts 36 bytes of the header.
    const MOST: u32 = (u32::MAX - 36) / 2;
    let len = u32::try_from(samples.len()).unwrap_or(MOST).min(MOST);
    let samples = samples.get(..len as usize).unwrap_or_default();
    let spec = WavSpec {
        channels: 1,
        // hound divides by the rate, and doubles it.
        sample_rate: rate.clamp(1, u32::MAX / 2),
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut file = Cursor::new(Vec::with_capacity(44 + 2 * samples.len()));
    write(&mut file, spec, samples, len).expect("hound writes to memory");
    file.into_inner()
}

/// Writes `len` samples, all of `samples`.
fn write(file: &mut Cursor<Vec<u8>>, spec: WavSpec, samples: &[i16], len: u32) -> hound::Result<()> {
    let mut writer = WavWriter::new(file, spec)?;
    let mut fast = writer.get_i16_writer(len);
    for &sample in samples {
        fast.write_sample(sample);
    }
    fast.flush()?;
    writer.finalize()
}

/// To the nearest integer, ties away from zero; NaN gives 0, and what does not fit the nearest that does.
/// `f32::round` is a call into the C library where the processor has no such instruction.
#[inline(always)]
fn round(x: f32) -> i16 {
    // The largest number below 0.5: with 0.5 itself the sum would carry 0.49999997 up to 1.
    const HALF: f32 = 0.499_999_97;
    // By way of 32 bits, which processors convert to several at a time; NaN passes the clamp and becomes 0.
    (x + HALF.copysign(x)).clamp(-32_768.0, 32_767.0) as i32 as i16
}

/// The lowest and the highest sample, each at least as extreme as 0 and finite.
#[inline(always)]
fn extremes(samples: &[f32]) -> (f32, f32) {
    // Lanes of their own, so that a step need not wait for the one before.
    let (mut low, mut high) = ([0.0f32; 16], [0.0f32; 16]);
    let (chunks, rest) = samples.as_chunks::<16>();
    for chunk in chunks {
        for ((low, high), &x) in low.iter_mut().zip(&mut high).zip(chunk) {
            *low = if x < *low { x } else { *low };
            *high = if x > *high { x } else { *high };
        }
    }
    let low = low.iter().chain(rest).fold(0.0f32, |a, &b| a.min(b));
    let high = high.iter().chain(rest).fold(0.0f32, |a, &b| a.max(b));
    (low.max(f32::MIN), high.min(f32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audio::decode::{Channels, decode_bytes};

    fn quantized(samples: &[f32]) -> (Vec<i16>, f32) {
        let mut out = vec![7];
        let gain = quantize(samples, &mut out);
        (out, gain)
    }

    #[test]
    fn every_16_bit_value_survives() {
        let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let mut floats = Vec::new();
        to_float(&all, &mut floats);
        assert_eq!((floats[0], floats[65_535]), (-1.0, 32_767.0 / 32_768.0));
        assert_eq!(quantized(&floats), (all, 1.0));
    }

    #[test]
    fn ties_go_away_from_zero() {
        let steps = [
            0.5,
            0.499_999_97,
            -0.5,
            -0.499_999_97,
            1.5,
            2.5,
            -2.5,
            2.499_999_8,
        ];
        let (out, gain) = quantized(&steps.map(|x: f32| x / 32_768.0));
        assert_eq!((out, gain), (vec![1, 0, -1, 0, 2, 3, -3, 2], 1.0));
    }

    #[test]
    fn the_largest_values_that_fit_are_untouched() {
        assert_eq!(
            quantized(&[-1.0, 32_767.4 / 32_768.0]),
            (vec![-32_768, 32_767], 1.0)
        );
    }

    #[test]
    fn a_peak_beyond_full_scale_lands_on_it() {
        assert_eq!(
            quantized(&[1.0, -0.5]),
            (vec![32_767, -16_384], 32_767.0 / 32_768.0)
        );
        assert_eq!(quantized(&[0.25, -2.0]), (vec![4096, -32_768], 0.5));
        let (out, gain) = quantized(&[3.0, -3.0]);
        assert_eq!(out, [32_767, -32_767]);
        assert!((gain - 32_767.0 / 32_768.0 / 3.0).abs() < 1e-7);
    }

    #[test]
    fn what_is_not_finite_does_no_harm() {
        assert_eq!(quantized(&[f32::NAN, 0.5]), (vec![0, 16_384], 1.0));
        let (out, gain) = quantized(&[f32::INFINITY, f32::NEG_INFINITY, 0.5]);
        assert_eq!(out, [32_767, -32_768, 0]);
        assert!(gain > 0.0);
        assert_eq!(quantized(&[]), (vec![], 1.0));
    }

    #[test]
    fn full_scale_is_counted_on_both_sides() {
        assert_eq!(at_full_scale(&[i16::MIN, -32_767, -32_766, 0, 32_766, 32_767]), 3);
        assert_eq!(at_full_scale(&[]), 0);
    }

    #[test]
    fn a_file_is_a_plain_header_and_the_samples() {
        let header = |bytes: u32| {
            [
                &b"RIFF"[..],
                &(36 + bytes).to_le_bytes(),
                b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x22\x56\0\0\x44\xac\0\0\x02\0\x10\0data",
                &bytes.to_le_bytes(),
            ]
            .concat()
        };
        assert_eq!(encode(&[], 22_050), header(0));
        let file = encode(&[1, -2, i16::MAX, i16::MIN], 22_050);
        assert_eq!(
            file,
            [&header(8)[..], &[1, 0, 0xfe, 0xff, 0xff, 0x7f, 0, 0x80]].concat()
        );
        // Longer than any buffer on the way.
        let samples: Vec<i16> = (0..100_000).map(|i| (i * 37 % 4001 - 2000) as i16).collect();
        let bytes: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(encode(&samples, 22_050), [header(200_000), bytes].concat());
    }

    #[test]
    fn rates_that_no_file_has_do_no_harm() {
        for (rate, told) in [(0, 1), (1, 1), (u32::MAX, u32::MAX / 2)] {
            let file = encode(&[5], rate);
            assert_eq!(file[24..28], told.to_le_bytes(), "{rate}");
            assert_eq!(file[28..32], (told * 2).to_le_bytes(), "{rate}");
        }
    }

    proptest! {
        /// The decoder has a reader of its own.
        #[test]
        fn files_round_trip(samples in prop::collection::vec(any::<i16>(), 1..300), rate in 1000u32..768_000) {
            let recording = decode_bytes(&encode(&samples, rate), "", Channels::Mix, f64::INFINITY).unwrap();
            prop_assert_eq!(recording.rate, rate);
            let mut back = Vec::new();
            prop_assert_eq!(quantize(&recording.samples, &mut back), 1.0);
            prop_assert_eq!(back, samples);
        }

        #[test]
        fn any_signal_keeps_its_shape(samples in prop::collection::vec(-4.0f32..4.0, 1..300)) {
            let (out, gain) = quantized(&samples);
            prop_assert!(gain > 0.0 && gain <= 1.0);
            for (&x, &q) in samples.iter().zip(&out) {
                prop_assert!((f64::from(x) * f64::from(gain) * 32_768.0 - f64::from(q)).abs() < 0.51);
            }
            prop_assert_eq!(gain < 1.0, at_full_scale(&out) > 0 && samples.iter().any(|x| !(-1.000_015..0.999_985).contains(x)));
        }
    }
}
