//! Times of every transform, settings as in a recipe, on one utterance: 4.4 s at 16 kHz, the same on every run. Plans,
//! filters and spectra of responses are warm, as they are from the second item of a run on.

#![expect(clippy::expect_used, reason = "a bench with wrong settings has to stop")]

mod voice;

use std::sync::Arc;

use augment::audio::bank::{Bank, MemoryBank};
use augment::audio::bench::Bench;
use augment::audio::mel::MelSettings;
use augment::audio::take::Take;
use augment::audio::transform::{Context, DrawKey, SourceFacts, Step};
use augment::recipe::{Document, read_transforms};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use voice::{RATE, noise, speech};

const TRANSFORMS: [(&str, &str); 10] = [
    (
        "speed 0.75, pitch moved",
        "kind = \"speed\"\nfactors = 0.75\npitch = \"moved\"",
    ),
    ("speed 0.75, pitch kept", "kind = \"speed\"\nfactors = 0.75"),
    ("room, 0.5 s", "kind = \"room\"\nresponses = \"bank\""),
    ("noise", "kind = \"noise\"\nrecordings = \"bank\"\nsnr_db = 10"),
    ("pitch +2", "kind = \"pitch\"\nsemitones = 2"),
    (
        "pitch +2, formants kept",
        "kind = \"pitch\"\nsemitones = 2\nformants = \"kept\"",
    ),
    ("frequency mask, band removed", "kind = \"frequency-mask\""),
    (
        "frequency mask, picture alone",
        "kind = \"frequency-mask\"\naudio = \"none\"",
    ),
    ("time mask", "kind = \"time-mask\"\nwidths = 10"),
    ("gain", "kind = \"gain\"\ngain_db = -6"),
];

/// A room of half a second, or ten seconds of noise.
fn bank(settings: &str) -> Arc<dyn Bank> {
    let mut samples = noise(
        if settings.contains("room") {
            RATE / 2
        } else {
            10 * RATE
        } as usize,
        2,
    );
    if settings.contains("room") {
        for (i, x) in samples.iter_mut().enumerate() {
            *x *= 0.1 * (-(i as f32) / 1000.0).exp();
        }
        samples[10] = 1.0;
    }
    Arc::new(MemoryBank::new([("one".to_owned(), samples.into())]))
}

fn step(settings: &str, samples: &[f32]) -> Box<dyn Step> {
    let mel = MelSettings::default();
    let context = Context {
        rate: RATE,
        mel: mel.clone(),
    };
    let document = Document::of("settings".as_ref(), &format!("[[transform]]\n{settings}\n"));
    let mut all = read_transforms(&document.root().expect("TOML"), &context).expect("settings in range");
    let mut transform = all.pop().expect("one transform").transform;
    let bank = bank(settings);
    let banks: Vec<_> = transform.wants().iter().map(|_| Arc::clone(&bank)).collect();
    transform.attach(&banks);
    let facts = SourceFacts::of(samples, RATE, &mel);
    let drawn = transform.draw(&DrawKey::new(1, "source", "name", "item"), 0, &facts);
    drawn.unwrap_or_else(|refusal| unreachable!("{}", refusal.0))
}

fn transforms(criterion: &mut Criterion) {
    let samples = speech(RATE);
    for (name, settings) in TRANSFORMS {
        let step = step(settings, &samples);
        let mut bench = Bench::new();
        let take = Take::new(samples.clone(), RATE, MelSettings::default());
        criterion.bench_function(name, |b| {
            b.iter_batched_ref(
                || take.clone(),
                |take| step.apply(take, &mut bench),
                BatchSize::SmallInput,
            );
        });
    }
}

criterion_group!(all, transforms);
criterion_main!(all);
