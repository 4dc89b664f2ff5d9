use super::framing::LOUDEST;
use super::*;
use proptest::prelude::*;
use std::f64::consts::TAU;

fn powers(stft: &mut Stft, samples: &[f32]) -> Vec<Vec<f32>> {
    let mut out = Vec::new();
    stft.power(samples, |_, power| out.push(power.to_vec()));
    out
}

fn ramp(n: usize) -> Vec<f32> {
    (0..n)
        .map(|i| ((i * i * 7 + i * 13) % 2001) as f32 / 1000.0 - 1.0)
        .collect()
}

/// `numpy.pad(x, 4, mode="reflect")`, frames of 8 at 0, 2 and 4, times `scipy.signal.get_window("hann", 8)`,
/// `abs(numpy.fft.rfft)**2`, for x = 1, 2, 3, 4, 5: a signal that is just long enough for torch, too.
#[test]
fn powers_of_a_short_signal_equal_numpy() {
    let mut stft = Stft::new(8, 2).unwrap();
    let golden = [
        [73.71573, 6.68629, 4.0, 0.34315, 0.34315],
        [144.0, 47.65685, 2.0, 0.34315, 0.0],
        [237.59798, 88.62742, 4.0, 0.34315, 0.34315],
    ];
    for (power, expected) in powers(&mut stft, &[1.0, 2.0, 3.0, 4.0, 5.0]).iter().zip(golden) {
        for (p, e) in power.iter().zip(expected) {
            assert!((p - e).abs() < 1e-4, "{p} {e}");
        }
    }
}

#[test]
fn an_impulse_has_a_flat_spectrum_in_its_own_frame() {
    for hop in [64, 128, 256] {
        let mut samples = vec![0.0; 4096];
        samples[2048] = 1.0;
        let mut stft = Stft::new(256, hop).unwrap();
        let powers = powers(&mut stft, &samples);
        assert_eq!(powers.len(), 1 + 4096 / hop);
        assert!(powers[2048 / hop].iter().all(|p| (p - 1.0).abs() < 1e-5));
        assert!(powers[0].iter().all(|&p| p == 0.0));
    }
}

#[test]
fn a_full_scale_sine_on_a_bin_has_the_windows_gain() {
    for bin in [3, 32, 100] {
        let samples: Vec<f32> = (0..8000)
            .map(|i| (TAU * bin as f64 * i as f64 / 256.0).sin() as f32)
            .collect();
        let powers = powers(&mut Stft::new(256, 64).unwrap(), &samples);
        // Hann sums to n/2, a sine splits between two bins: (256 / 4)^2.
        assert!((powers[60][bin] - 4096.0).abs() < 1.0);
        assert!(powers[60][bin + 2] < 1e-6);
    }
}

#[test]
fn no_sample_is_one_silent_frame_and_one_sample_a_constant() {
    let mut stft = Stft::new(16, 4).unwrap();
    assert_eq!(powers(&mut stft, &[]), [vec![0.0; 9]]);
    let one = powers(&mut stft, &[0.5]);
    assert_eq!(one.len(), 1);
    assert!((one[0][0] - 16.0).abs() < 1e-4, "(0.5 * sum of the window)^2");
    assert!(one[0][2..].iter().all(|&p| p < 1e-9));
}

#[test]
fn bad_sizes_name_their_key() {
    for (n_fft, hop, key) in [
        (0, 1, "n_fft"),
        (7, 1, "n_fft"),
        (65538, 1, "n_fft"),
        (8, 0, "hop_length"),
        (8, 9, "hop_length"),
    ] {
        assert_eq!(Stft::new(n_fft, hop).err().unwrap().key, key);
    }
    let error = Stft::new(1023, 512).err().unwrap();
    assert_eq!(
        error.to_string(),
        "n_fft = 1023, expected an even number from 2 to 65536"
    );
}

#[test]
fn what_is_not_finite_counts_as_zero() {
    let mut dirty = ramp(3000);
    let mut clean = dirty.clone();
    for (i, bad) in [
        (5, f32::NAN),
        (1500, f32::INFINITY),
        (2999, f32::NEG_INFINITY),
        (7, f32::MAX),
    ] {
        (dirty[i], clean[i]) = (bad, 0.0);
    }
    let mut stft = Stft::new(512, 128).unwrap();
    assert_eq!(powers(&mut stft, &dirty), powers(&mut stft, &clean));
    let loudest = vec![LOUDEST; 3000];
    assert!(
        powers(&mut stft, &loudest)
            .iter()
            .flatten()
            .all(|p| p.is_finite())
    );
}

#[test]
fn missing_frames_are_silence_and_surplus_ones_ignored() {
    let mut stft = Stft::new(64, 16).unwrap();
    let mut out = Vec::new();
    stft.synthesise(&[], 100, &mut out);
    assert_eq!(out, vec![0.0; 100]);
    let many = vec![Complex::new(1.0, 1.0); 33 * 50];
    stft.synthesise(&many, 20, &mut out);
    assert_eq!(out.len(), 20);
    assert!(out.iter().all(|x| x.is_finite()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn round_trip_gives_the_signal_back(n in 0usize..3000, half in 4usize..300, quarter in 1usize..150) {
        let (n_fft, hop) = (2 * half, quarter.min(half / 2));
        let samples = ramp(n);
        let mut stft = Stft::new(n_fft, hop).unwrap();
        let mut spectra = Vec::new();
        stft.analyse(&samples, |_, spectrum| spectra.extend_from_slice(spectrum));
        prop_assert_eq!(spectra.len(), stft.frames(n) * stft.bins());
        let (mut out, mut edited) = (Vec::new(), Vec::new());
        stft.synthesise(&spectra, n, &mut out);
        stft.edit(&samples, &mut edited, |_| ());
        prop_assert_eq!((out.len(), edited.len()), (n, n));
        for (a, b) in out.iter().chain(&edited).zip(samples.iter().chain(&samples)) {
            prop_assert!((a - b).abs() < 1e-5, "{} {}", a, b);
        }
    }

    #[test]
    fn any_bits_and_sizes_give_finite_results(
        bits in prop::collection::vec(any::<u32>(), 0..400), half in 1usize..200, hop in 1usize..400,
    ) {
        let samples: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        let mut stft = Stft::new(2 * half, hop.min(2 * half)).unwrap();
        prop_assert!(powers(&mut stft, &samples).iter().flatten().all(|p| p.is_finite()));
        let mut out = Vec::new();
        stft.edit(&samples, &mut out, |_| ());
        prop_assert!(out.len() == samples.len() && out.iter().all(|x| x.is_finite()));
    }
}
