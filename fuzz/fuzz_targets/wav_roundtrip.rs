//! Any samples: rounding keeps within a step, and what is written is read back as it was.

#![no_main]

use augment::audio::decode::{Channels, RATES, decode_bytes};
use augment::audio::wave;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u32, Vec<f32>)| {
    let (rate, samples) = input;
    let rate = RATES.start() + rate % (RATES.end() - RATES.start() + 1);
    let mut rounded = Vec::new();
    let gain = wave::quantize(&samples, &mut rounded);
    assert!(gain > 0.0 && gain <= 1.0);
    assert_eq!(rounded.len(), samples.len());
    for (&x, &q) in samples.iter().zip(&rounded) {
        if x.is_finite() {
            let due = f64::from(x) * f64::from(gain) * 32_768.0;
            // Samples far beyond full scale leave fewer digits of the gain.
            let step = 0.51 + if gain < 1e-30 { 256.0 } else { 0.0 };
            assert!((due - f64::from(q)).abs() < step, "{x} became {q}");
        }
    }
    let bytes = wave::encode(&rounded, rate);
    match decode_bytes(&bytes, "wav", Channels::Mix, f64::from(u32::MAX)) {
        Ok(recording) => {
            let mut floats = Vec::new();
            wave::to_float(&rounded, &mut floats);
            assert_eq!((recording.rate, recording.channels), (rate, 1));
            assert_eq!(recording.samples, floats);
            let mut again = Vec::new();
            assert_eq!(wave::quantize(&recording.samples, &mut again), 1.0);
            assert_eq!(again, rounded);
        }
        Err(error) => assert!(rounded.is_empty(), "{error}"),
    }
});
