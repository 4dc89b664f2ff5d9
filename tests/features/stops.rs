//! A run that is stopped keeps what it has.

use augment::run::interrupt::Interrupt;
use augment::train::features::cache::FeatureCache;
use augment::train::features::{self, FeatureError};

use crate::lab::{Ear, PLENTY, bits, compute, encoder, packs, plan, sentences, strs};

/// Computes until so many are done; how many are kept then.
fn stopped(after: u64, texts: &[String], cache: &FeatureCache) -> usize {
    let interrupt = Interrupt::default();
    let ear = Ear {
        stop: Some((after, interrupt.clone())),
        ..Ear::default()
    };
    let error = features::compute(&mut encoder(), &strs(texts), cache, &interrupt, &ear).unwrap_err();
    assert!(matches!(error, FeatureError::Interrupted), "{error}");
    assert_eq!(error.to_string(), "interrupted");
    plan(&encoder(), texts, cache).known
}

#[test]
fn an_interruption_keeps_what_was_finished() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..3000);
    assert_eq!(stopped(1, &texts, &cache), 256);
    // A full pack, and what came after it.
    assert_eq!(stopped(2048 + 256, &texts, &cache), 256 + 2048 + 256);
    assert_eq!(packs(dir.path()).len(), 3);
    let (found, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 3000 - 2560);
    let (fresh, _) = compute(&mut encoder(), &texts, &FeatureCache::none());
    assert!(bits(&found) == bits(&fresh));
}

#[test]
fn what_is_kept_is_there_even_when_a_signal_came() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..10);
    let stop = Interrupt::default();
    stop.stop(15);
    let run = |texts: &[&str]| features::compute(&mut encoder(), texts, &cache, &stop, &Ear::default());
    assert!(matches!(run(&strs(&texts)), Err(FeatureError::Interrupted)));
    assert_eq!(packs(dir.path()).len(), 0);
    compute(&mut encoder(), &texts, &cache);
    assert_eq!(run(&strs(&texts)).unwrap().len(), 10);
}
