//! Times of the signal path on one utterance: 4.4 s at 16 kHz, synthesised here and the same on every run.

#![expect(clippy::expect_used, reason = "a bench with wrong settings has to stop")]

use std::f32::consts::TAU;
use std::hint::black_box;
use std::sync::Arc;

use augment::audio::bank::{Bank, BankEntry};
use augment::audio::bench::Bench;
use augment::audio::convolve::Convolver;
use augment::audio::decode::{Channels, decode_bytes};
use augment::audio::image::{ImageSettings, MelImage};
use augment::audio::mel::{Mel, MelSettings, MelSpectrogram};
use augment::audio::resample::Resampler;
use augment::audio::stretch::{Formants, Stretcher};
use augment::audio::take::Take;
use augment::audio::transform::noise::NoiseSettings;
use augment::audio::transform::{Context, DrawKey, Settings, SourceFacts};
use augment::audio::{trim, wave};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

const RATE: u32 = 16_000;
const SECONDS: f32 = 4.4;

/// White noise within ±1.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as i32 as f32 / 2f32.powi(31)
    };
    (0..n).map(|_| next()).collect()
}

/// Something like speech: a gliding pulse train of 20 harmonics in syllables, half a second of silence around it,
/// a little noise.
fn speech(rate: u32) -> Vec<f32> {
    let n = (SECONDS * rate as f32) as usize;
    let mut phase = 0.0;
    let mut samples = noise(n, 1);
    for (i, sample) in samples.iter_mut().enumerate() {
        let t = i as f32 / rate as f32;
        phase = (phase + (120.0 + 30.0 * (TAU * 0.6 * t).sin()) / rate as f32).fract();
        let harmonics: f32 = (1..=20).map(|k| (TAU * k as f32 * phase).sin() / k as f32).sum();
        let spoken = (0.5..SECONDS - 0.5).contains(&t);
        let syllables = if spoken {
            (TAU * 2.0 * t).sin().max(0.0)
        } else {
            0.0
        };
        *sample = 0.2 * syllables * harmonics + 0.001 * *sample;
    }
    samples
}

fn decode(criterion: &mut Criterion) {
    let mut samples = Vec::new();
    wave::quantize(&speech(RATE), &mut samples);
    let file = wave::encode(&samples, RATE);
    criterion.bench_function("decode WAV", |b| {
        b.iter(|| decode_bytes(black_box(&file), "wav", Channels::Mix, 60.0));
    });
    criterion.bench_function("encode WAV", |b| {
        b.iter(|| wave::encode(black_box(&samples), RATE))
    });
}

fn resample(criterion: &mut Criterion) {
    let ratios = [
        ("resample 48 to 16 kHz", 48_000, 16_000),
        ("resample 3:4", 3, 4),
        ("resample 96.001 to 16 kHz", 96_001, 16_000),
    ];
    for (name, from, to) in ratios {
        // Speeding up begins at 16 kHz.
        let input = speech(if from > RATE { from } else { RATE });
        let mut resampler = Resampler::new(from, to).expect("a ratio that is done");
        let mut out = Vec::new();
        criterion.bench_function(name, |b| {
            b.iter(|| resampler.process(black_box(&input), &mut out));
        });
    }
}

fn trim_silence(criterion: &mut Criterion) {
    let samples = speech(RATE);
    criterion.bench_function("trim", |b| b.iter(|| trim::trim(black_box(&samples), 40.0)));
}

fn picture(criterion: &mut Criterion) {
    let samples = speech(RATE);
    let settings = MelSettings::default();
    let mut mel = Mel::new(&settings, RATE).expect("defaults");
    let mut spectrogram = MelSpectrogram::default();
    criterion.bench_function("mel and dB", |b| {
        b.iter(|| mel.db(black_box(&samples), &mut spectrogram));
    });
    let levels = mel.db(&samples, &mut spectrogram);
    let mut image = MelImage::new(&ImageSettings::default(), &settings, RATE).expect("defaults");
    criterion.bench_function("image and PNG", |b| {
        b.iter(|| image.png(black_box(&spectrogram), levels.floor, levels.highest));
    });
}

fn stretch(criterion: &mut Criterion) {
    let samples = speech(RATE);
    let mut stretcher = Stretcher::new(RATE);
    let mut out = Vec::new();
    criterion.bench_function("stretch 0.75", |b| {
        b.iter(|| stretcher.stretch(black_box(&samples), 0.75, &mut out));
    });
    criterion.bench_function("pitch +2", |b| {
        b.iter(|| stretcher.pitch(black_box(&samples), 2.0, Formants::Moved, &mut out));
    });
}

fn room(criterion: &mut Criterion) {
    let samples = speech(RATE);
    let mut response = noise((RATE / 2) as usize, 2);
    for (i, x) in response.iter_mut().enumerate() {
        *x *= (-(i as f32) / 1000.0).exp();
    }
    let mut convolver = Convolver::default();
    let mut out = Vec::new();
    criterion.bench_function("convolve with 0.5 s", |b| {
        b.iter(|| convolver.convolve(black_box(&samples), &response, 0, samples.len(), &mut out));
    });
}

/// One recording of ten seconds.
struct Recording {
    entries: Vec<BankEntry>,
    samples: Arc<[f32]>,
}

impl Bank for Recording {
    fn entries(&self) -> &[BankEntry] {
        &self.entries
    }

    fn load(&self, _: usize) -> Result<Arc<[f32]>, String> {
        Ok(Arc::clone(&self.samples))
    }
}

fn mix(criterion: &mut Criterion) {
    let samples = speech(RATE);
    let mel = MelSettings::default();
    let context = Context {
        rate: RATE,
        mel: mel.clone(),
    };
    let settings: NoiseSettings =
        toml::from_str("recordings = \"noise\"\nsnr_db = [10, 10]").expect("settings of noise");
    let mut transform = settings.build(&context).expect("settings in range");
    transform.attach(&[Arc::new(Recording {
        entries: vec![BankEntry {
            name: "hiss".to_owned(),
            hash: [0; 32],
        }],
        samples: noise(10 * RATE as usize, 3).into(),
    })]);
    let facts = SourceFacts {
        frames: samples.len(),
        rate: RATE,
        peak: 0.5,
        mel_frames: 1 + samples.len() / mel.hop_length,
        n_mels: mel.n_mels,
    };
    let key = DrawKey::new(1, "a", "noise", "a-noise-0");
    let step = transform.draw(&key, 0, &facts).expect("a bank with a recording");
    let mut bench = Bench::new();
    let take = Take::new(samples, RATE, mel);
    criterion.bench_function("mix noise", |b| {
        b.iter_batched_ref(
            || take.clone(),
            |take| step.apply(take, &mut bench),
            BatchSize::SmallInput,
        );
    });
}

criterion_group!(
    signals,
    decode,
    resample,
    trim_silence,
    picture,
    stretch,
    room,
    mix
);
criterion_main!(signals);
