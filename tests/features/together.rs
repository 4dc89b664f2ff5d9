//! Several runs at once. The lock is one of open files, so threads with caches of their own meet as processes do.

use augment::onnx::pooling::Pooling;
use augment::run::interrupt::Interrupt;
use augment::run::progress::Progress;
use augment::train::features;
use augment::train::features::cache::FeatureCache;

use crate::lab::{
    EACH, FRAME, PLENTY, bits, compute, encoder, folder, open, packs, plan, row, sentences, strs, total,
};

#[test]
fn runs_at_once_do_not_spoil_one_another() {
    let dir = tempfile::tempdir().unwrap();
    let texts = sentences(0..600);
    let (right, _) = compute(&mut encoder(), &texts, &FeatureCache::none());
    let right = bits(&right);
    let start = |run: usize, part: usize| (run * 7 + part * 29) % 560;
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4)
            .map(|run| {
                let (texts, right, root) = (&texts, &right, dir.path());
                scope.spawn(move || {
                    let size = right.len() / texts.len();
                    // Overlapping parts, many small ones, so that packs are merged while others read them.
                    for part in 0..20 {
                        let from = start(run, part);
                        let (found, _) = compute(
                            &mut encoder(),
                            &texts[from..from + 40],
                            &FeatureCache::at(root, PLENTY),
                        );
                        assert!(bits(&found) == right[from * size..(from + 40) * size]);
                    }
                })
            })
            .collect();
        runs.into_iter().for_each(|run| run.join().unwrap());
    });
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let (found, done) = compute(&mut encoder(), &texts, &cache);
    assert!(bits(&found) == right);
    let starts: Vec<usize> = (0..80).map(|number| start(number / 20, number % 20)).collect();
    let asked = |at: &usize| starts.iter().any(|&from| (from..from + 40).contains(at));
    assert_eq!(
        done as usize,
        600 - (0..600).filter(asked).count(),
        "none was lost"
    );
    assert!(packs(dir.path()).len() <= 18);
}

/// Runs another run in the middle of one.
struct Between<'a> {
    other: &'a (dyn Fn() + Sync),
}

impl Progress for Between<'_> {
    fn stage(&self, _: &str, _: u64) {}
    fn advance(&self, _: u64) {
        (self.other)();
    }
    fn finish(&self) {}
    fn note(&self, text: &str) {
        panic!("{text}");
    }
}

#[test]
fn what_another_run_has_written_meanwhile_is_not_kept_twice() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..100);
    let other = || {
        compute(&mut encoder(), &texts[50..], &cache);
    };
    let found = features::compute(
        &mut encoder(),
        &strs(&texts[..80]),
        &cache,
        &Interrupt::default(),
        &Between { other: &other },
    )
    .unwrap();
    assert_eq!(found.len(), 80);
    assert_eq!(packs(dir.path()).len(), 2);
    assert_eq!(total(dir.path()), 100 * EACH + 2 * FRAME);
    assert_eq!(compute(&mut encoder(), &texts, &cache).1, 0);
}

#[test]
fn two_encoders_fight_for_room_and_both_are_right() {
    let dir = tempfile::tempdir().unwrap();
    let limit = 60 * EACH + 2 * FRAME;
    let texts = sentences(0..400);
    std::thread::scope(|scope| {
        for pooling in [Pooling::Mean, Pooling::First] {
            let (texts, root) = (&texts, dir.path());
            scope.spawn(move || {
                let mut encoder = open(&folder("sentence-encoder"), pooling).unwrap();
                let (right, _) = compute(&mut encoder, texts, &FeatureCache::none());
                for part in 0..15 {
                    let from = part * 23;
                    let cache = FeatureCache::at(root, limit);
                    let (found, _) = compute(&mut encoder, &texts[from..from + 50], &cache);
                    assert!((0..50).all(|at| row(&found, at) == row(&right, from + at)));
                }
            });
        }
    });
    assert!(total(dir.path()) <= limit, "{}", total(dir.path()));
    let cache = FeatureCache::at(dir.path(), limit);
    compute(&mut encoder(), &texts[..50], &cache);
    assert_eq!(plan(&encoder(), &texts[..50], &cache).known, 50);
}
