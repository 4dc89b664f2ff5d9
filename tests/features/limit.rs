//! The cache holds its limit, and what is used stays.

use std::fs;
use std::path::Path;
use std::time::Duration;

use augment::onnx::pooling::Pooling;
use augment::run::interrupt::Interrupt;
use augment::train::features::cache::FeatureCache;
use augment::train::features::{self, FeatureError};

use crate::lab::{
    EACH, Ear, FRAME, PLENTY, bits, compute, encoder, folder, open, packs, plan, sentences, strs, total,
};

/// Makes all packs look as if they were last used so much longer ago.
fn age(root: &Path, seconds: u64) {
    for pack in packs(root) {
        let file = fs::File::options().write(true).open(pack).unwrap();
        let used = file.metadata().unwrap().modified().unwrap();
        file.set_modified(used - Duration::from_secs(seconds)).unwrap();
    }
}

#[test]
fn a_need_above_the_limit_is_an_error_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    let texts = sentences(0..10);
    let need = 10 * EACH + FRAME;
    let cache = FeatureCache::at(dir.path(), need - 1);
    let expected = "found 10 different texts × 96 bytes = 1048 bytes of features to keep, expected at most 1047 \
                    (cache_limit)\n\
                    hint: raise cache_limit to 1 MB or more; with cache_limit = 0 nothing is kept, and each run \
                    computes all";
    let mut encoder = encoder();
    let error = features::plan(encoder.id(), encoder.size(), &strs(&texts), &cache).unwrap_err();
    assert_eq!(error.to_string(), expected);
    let ear = Ear::default();
    let error =
        features::compute(&mut encoder, &strs(&texts), &cache, &Interrupt::default(), &ear).unwrap_err();
    assert!(matches!(
        error,
        FeatureError::Limit {
            inputs: 10,
            each: 96,
            ..
        }
    ));
    assert_eq!(error.to_string(), expected);
    assert!(ear.stages.lock().unwrap().is_empty());
    assert_eq!(total(dir.path()), 0);
    // One byte more is enough, and all is kept.
    let cache = FeatureCache::at(dir.path(), need);
    compute(&mut encoder, &texts, &cache);
    assert_eq!(
        (total(dir.path()), compute(&mut encoder, &texts, &cache).1),
        (need, 0)
    );
}

#[test]
fn a_limit_of_0_keeps_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), 0);
    assert_eq!(cache.folder(), None);
    let texts = sentences(0..10);
    assert_eq!(compute(&mut encoder(), &texts, &cache).1, 10);
    assert_eq!(compute(&mut encoder(), &texts, &cache).1, 10);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn packs_used_longest_ago_go_first_whichever_encoder_they_are_of() {
    let dir = tempfile::tempdir().unwrap();
    let pack = 10 * EACH + FRAME;
    let cache = FeatureCache::at(dir.path(), 3 * pack);
    let mut first = open(&folder("sentence-encoder"), Pooling::First).unwrap();
    let of = |numbers| sentences(numbers);
    compute(&mut first, &of(0..10), &cache);
    age(dir.path(), 100);
    compute(&mut encoder(), &of(0..10), &cache);
    age(dir.path(), 100);
    compute(&mut encoder(), &of(10..20), &cache);
    age(dir.path(), 100);
    // Used again, so it is the other encoder's turn no more.
    compute(&mut first, &of(0..10), &cache);
    let kept = packs(dir.path());
    compute(&mut encoder(), &of(10..25)[..10], &cache);
    assert_eq!(packs(dir.path()), kept, "all fit");
    compute(&mut encoder(), &of(20..30), &cache);
    assert_eq!(total(dir.path()), 3 * pack);
    assert_eq!(plan(&encoder(), &of(0..10), &cache).known, 0, "used longest ago");
    for (encoder, numbers) in [(&first, 0..10), (&encoder(), 10..20), (&encoder(), 20..30)] {
        assert_eq!(plan(encoder, &of(numbers), &cache).known, 10);
    }
}

#[test]
fn a_lower_limit_holds_with_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    for start in [0, 10, 20] {
        compute(
            &mut encoder(),
            &sentences(start..start + 10),
            &FeatureCache::at(dir.path(), PLENTY),
        );
    }
    let pack = 10 * EACH + FRAME;
    assert_eq!(total(dir.path()), 3 * pack);
    let cache = FeatureCache::at(dir.path(), pack);
    assert_eq!(compute(&mut encoder(), &sentences(0..10), &cache).1, 0);
    assert_eq!(total(dir.path()), pack);
    assert_eq!(plan(&encoder(), &sentences(0..10), &cache).known, 10);
}

/// Else a pack of which one feature is used would keep out what is needed for ever.
#[test]
fn packs_in_use_lose_what_is_not_needed_where_room_is_short() {
    let dir = tempfile::tempdir().unwrap();
    compute(
        &mut encoder(),
        &sentences(0..40),
        &FeatureCache::at(dir.path(), PLENTY),
    );
    let limit = 40 * EACH + 2 * FRAME;
    let cache = FeatureCache::at(dir.path(), limit);
    let texts = sentences(35..70);
    let (cold, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 30);
    assert_eq!(total(dir.path()), 35 * EACH + 2 * FRAME);
    let (warm, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 0);
    assert!(bits(&warm) == bits(&cold));
}

#[test]
fn many_small_packs_become_one() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..51);
    for three in texts.chunks(3) {
        compute(&mut encoder(), three, &cache);
    }
    assert_eq!(packs(dir.path()).len(), 17);
    let (fresh, _) = compute(&mut encoder(), &texts, &FeatureCache::none());
    let (merged, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!((packs(dir.path()).len(), done), (1, 0));
    let (kept, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 0);
    assert_eq!(total(dir.path()), 51 * EACH + FRAME);
    assert!(bits(&merged) == bits(&fresh) && bits(&kept) == bits(&fresh));
}
