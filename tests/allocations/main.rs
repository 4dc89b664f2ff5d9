//! Once a thread has its plans, filters and scratch, an item costs a few allocations, however long it is: none is
//! made for a frame, a block or a splice.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod counting;

use std::sync::Arc;

use augment::audio::bank::{Bank, MemoryBank};
use augment::audio::bench::Bench;
use augment::audio::image::{ImageSettings, MelImage};
use augment::audio::mel::{Mel, MelSettings, MelSpectrogram};
use augment::audio::preparation::{Painter, Preparation};
use augment::audio::prepare::PrepareSettings;
use augment::audio::take::Take;
use augment::audio::transform::{Context, DrawKey, SourceFacts, Step};
use augment::audio::wave;
use augment::recipe::{Document, read_transforms};
use counting::allocations;

const RATE: u32 = 16_000;

/// A pulse train that glides, in a little noise.
fn voice(seconds: usize) -> Vec<f32> {
    let (mut phase, mut state) = (0.0f32, 1u32);
    let mut samples = Vec::new();
    for n in 0..seconds * RATE as usize {
        let t = n as f32 / RATE as f32;
        phase = (phase + (130.0 + 30.0 * (4.0 * t).sin()) / RATE as f32).fract();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = state as i32 as f32 / 2f32.powi(31);
        samples.push(0.4 * (1.0 - 4.0 * phase).max(0.0) + 0.002 * noise);
    }
    samples
}

/// Draws a step of a transform for a signal.
fn step(settings: &str, samples: &[f32]) -> Box<dyn Step> {
    let mel = MelSettings::default();
    let context = Context {
        rate: RATE,
        mel: mel.clone(),
    };
    let document = Document::of("settings".as_ref(), &format!("[[transform]]\n{settings}\n"));
    let mut all = read_transforms(&document.root().unwrap(), &context).unwrap();
    let mut transform = all.pop().unwrap().transform;
    let mut samples_of_bank = voice(1);
    if settings.contains("room") {
        for (n, sample) in samples_of_bank.iter_mut().enumerate() {
            *sample = if n == 100 {
                1.0
            } else {
                *sample * (-0.001 * n as f32).exp()
            };
        }
    }
    let bank: Arc<dyn Bank> = Arc::new(MemoryBank::new([("one".to_owned(), samples_of_bank.into())]));
    let banks: Vec<_> = transform.wants().iter().map(|_| Arc::clone(&bank)).collect();
    transform.attach(&banks);
    let facts = SourceFacts::of(samples, RATE, &mel);
    transform
        .draw(&DrawKey::new(1, "a", "b", "c"), 0, &facts)
        .unwrap()
}

/// Allocations of a step on signals of 2 and of 12 seconds, once both were done before.
fn of_step(settings: &str) -> [usize; 2] {
    let mut bench = Bench::new();
    let signals = [voice(2), voice(12)];
    let mut apply = |samples: &Vec<f32>| {
        let step = step(settings, samples);
        let mut take = Take::new(samples.clone(), RATE, MelSettings::default());
        allocations(|| step.apply(&mut take, &mut bench).unwrap())
    };
    // The first time everything is made that is kept.
    let _ = signals.each_ref().map(&mut apply);
    signals.each_ref().map(apply)
}

#[test]
fn allocations_are_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(vec![0u8; 100]))), 1);
    assert_eq!(allocations(|| ()), 0);
}

#[test]
fn transforms_allocate_nothing_for_a_frame_a_block_or_a_splice() {
    for settings in [
        "kind = \"speed\"\nfactors = 0.75",
        "kind = \"speed\"\nfactors = 1.25\npitch = \"moved\"",
        "kind = \"room\"\nresponses = \"bank\"",
        "kind = \"noise\"\nrecordings = \"bank\"",
        "kind = \"pitch\"\nsemitones = -4",
        "kind = \"pitch\"\nsemitones = 4\nformants = \"kept\"",
        "kind = \"frequency-mask\"",
        "kind = \"time-mask\"\nwidths = 10",
        "kind = \"gain\"\ngain_db = -6",
    ] {
        let [short, long] = of_step(settings);
        assert!(short <= 8, "{settings}: {short} allocations");
        assert_eq!(long, short, "{settings}: for 12 s and for 2 s");
    }
}

#[test]
fn pictures_and_files_allocate_nothing_for_a_frame_or_a_line() {
    let settings = MelSettings::default();
    let mut mel = Mel::new(&settings, RATE).unwrap();
    let mut image = MelImage::new(&ImageSettings::default(), &settings, RATE).unwrap();
    let mut spectrum = MelSpectrogram::default();
    let mut rounded = Vec::new();
    let signals = [voice(2), voice(12)];
    let mut picture = |samples: &[f32]| {
        allocations(|| {
            wave::quantize(samples, &mut rounded);
            drop(wave::encode(&rounded, RATE));
            let levels = mel.db(samples, &mut spectrum);
            drop(image.png(&spectrum, levels.floor, levels.highest).unwrap());
        })
    };
    let _ = signals.each_ref().map(|samples| picture(samples));
    let (short, long) = (picture(&signals[0]), picture(&signals[1]));
    assert!(short <= 60, "{short} allocations");
    assert!(long <= short + 8, "{short} for 2 s, {long} for 12 s");
}

#[test]
fn a_painter_allocates_nothing_for_a_frame_or_a_line() {
    let preparation = Preparation {
        prepare: PrepareSettings::default(),
        mel: MelSettings::default(),
        image: ImageSettings::default(),
    };
    let mut painter = Painter::new(&preparation).unwrap();
    let signals = [voice(2), voice(12)];
    let mut paint = |samples: &Vec<f32>| allocations(|| drop(painter.rgb(samples).unwrap()));
    let _ = signals.each_ref().map(&mut paint);
    // The pixels.
    assert_eq!(signals.each_ref().map(paint), [1, 1]);
}
