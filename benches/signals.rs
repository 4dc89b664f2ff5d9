//! Times of the parts of the signal path on one utterance: 4.4 s at 16 kHz, synthesised and the same on every run.

#![expect(clippy::expect_used, reason = "a bench with wrong settings has to stop")]

mod voice;

use std::hint::black_box;

use augment::audio::convolve::{Convolver, Kernel};
use augment::audio::decode::{Channels, decode_bytes};
use augment::audio::image::{ImageSettings, MelImage};
use augment::audio::mel::{Mel, MelSettings, MelSpectrogram};
use augment::audio::resample::Resampler;
use augment::audio::{trim, wave};
use criterion::{Criterion, criterion_group, criterion_main};
use voice::{RATE, noise, speech};

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

fn room(criterion: &mut Criterion) {
    let samples = speech(RATE);
    let mut response = noise((RATE / 2) as usize, 2);
    for (i, x) in response.iter_mut().enumerate() {
        *x *= (-(i as f32) / 1000.0).exp();
    }
    let mut convolver = Convolver::default();
    let mut kernel = Kernel::new(response);
    let mut out = Vec::new();
    criterion.bench_function("convolve with 0.5 s", |b| {
        b.iter(|| convolver.convolve(black_box(&samples), &mut kernel, 0, samples.len(), &mut out));
    });
}

criterion_group!(signals, decode, resample, trim_silence, picture, room);
criterion_main!(signals);
