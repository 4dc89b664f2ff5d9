use super::*;
use proptest::prelude::*;
use std::f64::consts::TAU;

/// Twice noise that grows while a triangle wave fades, then silence from sample 6000: integers / 2^26.
fn signal(n: usize) -> Vec<f32> {
    let mut state = 1u32;
    (0..n as i64)
        .map(|i| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let noise = i64::from(state >> 16) % 2001 - 1000;
            let triangle = ((i * 7) % 200 - 100).abs() * 200 - 10_000;
            let value = noise * (i % 3000) + triangle * (3000 - i % 3000);
            if i < 6000 {
                (value as f64 / f64::from(1 << 26)) as f32
            } else {
                0.0
            }
        })
        .collect()
}

fn settings(scale: Scale, n_mels: usize, n_fft: usize, hop_length: usize) -> MelSettings {
    MelSettings {
        scale,
        n_mels,
        n_fft,
        hop_length,
        ..MelSettings::default()
    }
}

fn mel(settings: &MelSettings, rate: u32) -> Mel {
    Mel::new(settings, rate).unwrap()
}

fn db(settings: &MelSettings, rate: u32, samples: &[f32]) -> (MelSpectrogram, Levels) {
    let mut out = MelSpectrogram::default();
    let levels = mel(settings, rate).db(samples, &mut out);
    (out, levels)
}

/// Row, frame, power, dB.
type Golden = (usize, usize, f64, f64);

/// `librosa.filters.mel(norm=None) @ abs(librosa.stft(pad_mode="reflect"))**2` in double precision (librosa
/// 0.11), and 10 log10 of it floored at 80 dB below its maximum. The absolute 1e-8 is the rounding of an f32 FFT.
#[test]
fn equals_librosa() {
    let cases: [(MelSettings, u32, usize, &[Golden]); 4] = [
        (
            MelSettings::default(),
            16_000,
            16,
            &[
                (0, 0, 1.235514e-05, -40.94785),
                (1, 3, 3.123158e-02, -15.05406),
                (5, 0, 2.764118e-04, -35.58443),
                (20, 1, 7.203613e-03, -21.42450),
                (50, 2, 6.033549e-02, -12.19427),
                (64, 3, 2.003929e-01, -6.98118),
                (100, 5, 2.836553, 4.52791),
                (127, 7, 1.072406e-01, -9.69641),
                (90, 11, 4.378513e-01, -3.58673),
                (127, 11, 1.419094, 1.52011),
                (64, 12, 3.246617e-02, -14.88569),
                (10, 15, 0.0, -40.94785),
                (127, 15, 0.0, -40.94785),
            ],
        ),
        (
            settings(Scale::Htk, 64, 1024, 256),
            44_100,
            32,
            &[
                (0, 0, 1.259479e-05, -40.73492),
                (3, 10, 2.693694e-02, -15.69652),
                (31, 20, 7.218318e-01, -1.41564),
                (63, 23, 7.901089, 8.97687),
                (40, 30, 0.0, -40.73492),
            ],
        ),
        (
            settings(Scale::Slaney, 40, 512, 128),
            8000,
            63,
            &[
                (0, 0, 9.929811e-04, -30.03059),
                (9, 1, 4.449524e-04, -33.51686),
                (20, 30, 4.619931e-02, -13.35364),
                (39, 46, 2.920701, 4.65487),
                (30, 50, 0.0, -45.80872),
                (5, 62, 0.0, -45.80872),
            ],
        ),
        (
            settings(Scale::Slaney, 80, 2048, 480),
            48_000,
            17,
            &[
                (0, 0, 4.732066e-03, -23.24949),
                (12, 5, 1.058276, 0.24599),
                (40, 10, 1.346932, 1.29346),
                (79, 13, 1.002560e+01, 10.01110),
                (30, 16, 0.0, -34.53546),
            ],
        ),
    ];
    for (settings, rate, frames, golden) in cases {
        let mut power = MelSpectrogram::default();
        mel(&settings, rate).power(&signal(8000), &mut power);
        assert_eq!((power.n_mels, power.frames), (settings.n_mels, frames));
        assert_eq!(power.data.len(), settings.n_mels * frames);
        let (db, _) = db(&settings, rate, &signal(8000));
        for &(row, frame, golden_power, golden_db) in golden {
            let at = row * frames + frame;
            let found = (f64::from(power.data[at]), f64::from(db.data[at]));
            assert!(
                (found.0 - golden_power).abs() <= 1e-4 * golden_power + 1e-8,
                "{row} {frame}: {found:?}"
            );
            assert!(
                (found.1 - golden_db).abs() < 1e-3,
                "{row} {frame}: {found:?} {golden_db}"
            );
        }
    }
}

#[test]
fn a_sine_is_loudest_in_the_filter_at_its_frequency() {
    for rate in [8000, 16_000, 44_100, 48_000] {
        for scale in [Scale::Htk, Scale::Slaney] {
            let settings = settings(scale, 40, 1024, 512);
            for row in [10, 20, 37] {
                let mut mel = mel(&settings, rate);
                let band = mel.band_hz(row..row + 1);
                let hz = mel.band_hz(row + 1..row + 2).start;
                assert!(band.contains(&hz));
                let samples: Vec<f32> = (0..rate)
                    .map(|i| (TAU * hz * f64::from(i) / f64::from(rate)).sin() as f32)
                    .collect();
                let mut out = MelSpectrogram::default();
                mel.power(&samples, &mut out);
                let column: Vec<f32> = out.data.iter().skip(5).step_by(out.frames).copied().collect();
                let loudest = (0..40).max_by(|&a, &b| column[a].total_cmp(&column[b])).unwrap();
                assert_eq!(loudest, row, "{hz} Hz at {rate}");
                // Full scale: the power of a sine on a bin is (1024 / 4)^2, twice that with its neighbours' halves.
                assert!(
                    column[row] > 30_000.0 && column[row] < 100_000.0,
                    "{}",
                    column[row]
                );
            }
        }
    }
}

#[test]
fn silence_is_the_floor_everywhere() {
    for rate in [8000, 16_000, 44_100, 48_000] {
        for n in [0, 1, 2, 511, 513, 1025, 4000] {
            let (db, levels) = db(&MelSettings::default(), rate, &vec![0.0; n]);
            assert_eq!(db.frames, 1 + n / 512);
            assert_eq!(db.data, vec![-100.0; 128 * db.frames]);
            assert_eq!(
                levels,
                Levels {
                    floor: -180.0,
                    lowest: -100.0,
                    highest: -100.0
                }
            );
        }
    }
}

#[test]
fn an_impulse_shows_in_its_frame_alone() {
    let mut samples = vec![0.0; 8192];
    samples[4096] = 1.0;
    let (db, levels) = db(&MelSettings::default(), 16_000, &samples);
    for row in db.data.chunks(db.frames) {
        let loud: Vec<usize> = (0..db.frames).filter(|&t| row[t] > levels.floor).collect();
        assert_eq!(loud, [8]);
    }
    assert_eq!(levels.lowest, levels.floor);
}

#[test]
fn what_is_not_finite_leaves_no_trace() {
    let (mut dirty, mut clean) = (signal(6000), signal(6000));
    for (i, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX]
        .into_iter()
        .enumerate()
    {
        (dirty[1000 * i], clean[1000 * i]) = (bad, 0.0);
    }
    assert_eq!(
        db(&MelSettings::default(), 16_000, &dirty),
        db(&MelSettings::default(), 16_000, &clean)
    );
}

#[test]
fn filters_reach_from_edge_to_edge() {
    let mel = mel(&MelSettings::default(), 16_000);
    // torchaudio's melscale_fbanks(513, 0, 8000, 128, 16000): rows with weights above 0.
    assert_eq!(
        [0, 1, 50, 127].map(|m| mel.filter_edges(m)),
        [1..2, 1..3, 75..79, 491..512]
    );
    assert_eq!(mel.filter_edges(128), 0..0);
    assert_eq!(mel.empty_filters(), 0);
    assert_eq!(mel.band_hz(0..128).start, 0.0);
    assert!((mel.band_hz(0..128).end - 8000.0).abs() < 1e-6);
    assert!((mel.band_hz(20..999).end - 8000.0).abs() < 1e-6);
    assert_eq!(mel.band_hz(128..140), 0.0..0.0);
    assert_eq!(mel.band_hz(5..5), 0.0..0.0);
    let narrow = settings(Scale::Htk, 257, 512, 128);
    // As many as librosa warns of.
    assert_eq!(super::Mel::new(&narrow, 16_000).unwrap().empty_filters(), 28);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bits_lengths_and_settings_give_finite_values(
        bits in prop::collection::vec(any::<u32>(), 0..1500),
        half in 1usize..700, hop in 1usize..1400, n_mels in 1usize..400, rate in 1u32..200_000,
    ) {
        let settings = settings(
            if rate % 2 == 0 { Scale::Htk } else { Scale::Slaney }, n_mels.min(half + 1), 2 * half, hop.min(2 * half),
        );
        prop_assume!(settings.check(rate).is_ok());
        let samples: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        let mut mel = mel(&settings, rate);
        let (mut out, mut again) = (MelSpectrogram::default(), MelSpectrogram::default());
        mel.power(&samples, &mut out);
        prop_assert_eq!((out.n_mels, out.frames), (settings.n_mels, 1 + samples.len() / settings.hop_length));
        prop_assert!(out.data.iter().all(|power| power.is_finite() && *power >= 0.0));
        let levels = to_db(&mut out, 80.0);
        prop_assert!(out.data.iter().all(|value| (levels.lowest..=levels.highest).contains(value)));
        prop_assert!(levels.lowest >= levels.floor && levels.highest < 400.0);
        mel.db(&samples, &mut again);
        prop_assert_eq!(out, again);
    }
}
