//! Times of whole items: the demo recipe's, from the prepared source to the bytes of its files, one utterance after the
//! other on one thread; and of putting a file into place.

#![expect(clippy::expect_used, reason = "a bench without its demo has to stop")]

mod voice;

use std::hint::black_box;
use std::path::Path;

use augment::audio::wave;
use augment::job::audio::{AudioJob, LoadOptions, Renderer};
use augment::run::atomic;
use augment::run::interrupt::Interrupt;
use augment::run::progress::Silent;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use voice::{RATE, speech};

/// One time is that of reading and preparing the first utterance with items in the plan, and of all its items.
fn items(criterion: &mut Criterion) {
    let options = LoadOptions {
        jobs: 1,
        seed: None,
        check_inputs: false,
        shard: None,
    };
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("recipes/demo.toml");
    let job = AudioJob::load(&recipe, options, &Interrupt::default(), &Silent).expect("the demo recipe");
    let source = job.plan.items.first().expect("items in the demo's plan").source;
    let items: Vec<_> = job
        .plan
        .items
        .iter()
        .filter(|item| item.source == source)
        .collect();
    let mut renderer = Renderer::new();
    let samples = renderer
        .source(&job, source as usize)
        .expect("a recording of the demo");
    let seconds = samples.len() as f64 / f64::from(job.recipe.prepare.sample_rate);
    let name = format!("{} items of an utterance of {seconds:.1} s", items.len());
    criterion.bench_function(&name, |b| {
        b.iter(|| {
            let samples = renderer
                .source(&job, source as usize)
                .expect("it was there before");
            for item in &items {
                let _ = black_box(renderer.item(&job, item, &samples));
            }
        });
    });
}

fn write(criterion: &mut Criterion) {
    let mut samples = Vec::new();
    wave::quantize(&speech(RATE), &mut samples);
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("one.wav");
    criterion.bench_function("encode and write WAV", |b| {
        // A file that is not there yet, as in a run: replacing one costs the removal of the old one, too.
        b.iter_batched(
            || drop(std::fs::remove_file(&path)),
            |()| atomic::write(&path, &wave::encode(black_box(&samples), RATE), false),
            BatchSize::PerIteration,
        );
    });
}

criterion_group!(all, items, write);
criterion_main!(all);
