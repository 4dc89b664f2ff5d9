//! The keyed draws that every dataset rests on: frozen numbers, ranges, permutations.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::HashSet;

use augment::draw::{Draw, permuted, rank};

#[test]
fn a_stream_is_frozen() {
    let mut draw = Draw::new(42, "Session1/Ses01F_impro01_F000-noise-0-1234abcd", "noise");
    assert_eq!(
        [draw.bits(), draw.bits(), draw.bits()],
        [
            7_161_966_340_928_178_685,
            4_747_633_597_013_010_189,
            5_979_491_042_513_641_547
        ]
    );
    assert_eq!(
        [draw.below(1501), draw.below(1_000_000), draw.below(u64::MAX)],
        [687, 789_778, 4_132_420_796_996_248_895]
    );
    assert_eq!(
        [draw.unit(), draw.unit(), draw.unit()],
        [0.9393704212236381, 0.9517938123048794, 0.3888527605632093]
    );
    // Beyond one block of the generator.
    let mut last = 0;
    (0..1000).for_each(|_| last = draw.bits());
    assert_eq!(last, 13_538_529_817_912_981_028);
    assert_eq!(Draw::new(0, "", "").bits(), 7_433_729_057_789_152_573);
    assert_eq!(Draw::new(u64::MAX, "ü", "é").bits(), 1_890_545_095_150_026_757);
}

#[test]
fn ranks_are_frozen() {
    assert_eq!(rank(42, "anna/01", "original"), 11_025_816_270_356_227_328);
    assert_eq!(rank(0, "", ""), 8_972_104_309_110_309_868);
}

#[test]
fn permutations_are_frozen() {
    let order = |n| -> Vec<u64> {
        (0..n)
            .map(|k| permuted(42, "anna/01\nspeed", "mask", n, k))
            .collect()
    };
    assert_eq!(order(10), [7, 0, 3, 8, 2, 6, 5, 1, 4, 9]);
    assert_eq!(order(3), [0, 1, 2]);
    assert_eq!(permuted(42, "a", "b", 327, 0), 208);
    assert_eq!(permuted(42, "a", "b", 1 << 40, 123_456_789), 278_915_413_481);
    assert_eq!(
        permuted(42, "a", "b", u64::MAX, u64::MAX - 1),
        9_429_137_478_583_964_464
    );
}

#[test]
fn every_small_number_is_permuted() {
    for n in 1..300 {
        for (seed, id) in [(0, "a"), (1, "b")] {
            let mut seen = vec![false; n as usize];
            for k in 0..n {
                let place = permuted(seed, id, "p", n, k) as usize;
                assert!(!seen[place], "{place} of {n} twice");
                seen[place] = true;
            }
        }
    }
}

#[test]
fn large_numbers_are_permuted() {
    for n in [65_536, 65_537, 100_003, 262_145] {
        let mut seen = vec![false; n as usize];
        for k in 0..n {
            let place = permuted(5, "large", "p", n, k) as usize;
            assert!(!seen[place], "{place} of {n} twice");
            seen[place] = true;
        }
    }
    for n in [1 << 40, (1 << 40) + 1, (1 << 62) + 12_345, u64::MAX] {
        let places: HashSet<u64> = (0..2000)
            .map(|k| if k % 2 == 0 { k } else { n - k })
            .map(|k| permuted(5, "huge", "p", n, k))
            .collect();
        assert_eq!(places.len(), 2000);
        assert!(places.iter().all(|&place| place < n));
    }
}

/// The first of a permutation of 12 is any of the 12 alike: chi-square with 11 degrees of freedom is below 31.3
/// in 99.9 % of all cases.
#[test]
fn orders_prefer_no_place() {
    let mut counts = [0.0f64; 12];
    for k in 0..6000 {
        counts[permuted(1, &format!("source {k}"), "p", 12, 0) as usize] += 1.0;
    }
    let chi: f64 = counts.iter().map(|c| (c - 500.0).powi(2) / 500.0).sum();
    assert!(chi < 31.3, "{chi}: {counts:?}");
}

#[test]
fn integers_stay_below_and_are_spread_evenly() {
    let mut draw = Draw::new(1, "below", "");
    assert_eq!((draw.below(0), draw.below(1)), (0, 0));
    for n in [2, 3, 10, 1 << 33, u64::MAX] {
        assert!((0..1000).all(|_| draw.below(n) < n));
    }
    let mut counts = [0.0f64; 10];
    (0..20_000).for_each(|_| counts[draw.below(10) as usize] += 1.0);
    let chi: f64 = counts.iter().map(|c| (c - 2000.0).powi(2) / 2000.0).sum();
    // 9 degrees of freedom, 99.9 %.
    assert!(chi < 27.9, "{chi}: {counts:?}");
}

#[test]
fn fractions_are_below_one_and_spread_evenly() {
    let mut draw = Draw::new(1, "unit", "");
    let all: Vec<f64> = (0..20_000).map(|_| draw.unit()).collect();
    assert!(all.iter().all(|x| (0.0..1.0).contains(x)));
    let mean = all.iter().sum::<f64>() / 20_000.0;
    let square = all.iter().map(|x| x * x).sum::<f64>() / 20_000.0;
    // Four standard errors: 1/√12 and 2/√45 over √20000.
    assert!((mean - 0.5).abs() < 0.0082, "{mean}");
    assert!((square - 1.0 / 3.0).abs() < 0.0085, "{square}");
}

#[test]
fn every_part_of_a_key_counts() {
    let keys = [
        (1, "ab", "c"),
        (1, "a", "bc"),
        (2, "ab", "c"),
        (1, "abc", ""),
        (1, "", "abc"),
        (1, "ab", "C"),
    ];
    let ranks: HashSet<u64> = keys
        .iter()
        .map(|(seed, id, purpose)| rank(*seed, id, purpose))
        .collect();
    let bits: HashSet<u64> = keys
        .iter()
        .map(|(seed, id, purpose)| Draw::new(*seed, id, purpose).bits())
        .collect();
    assert_eq!((ranks.len(), bits.len()), (keys.len(), keys.len()));
}

/// Rendezvous hashing: a thing more takes a place of its own and leaves the order of all others.
#[test]
fn ranking_one_more_keeps_the_order_of_the_others() {
    let order = |n: usize| {
        let mut ids: Vec<String> = (0..n).map(|k| format!("speaker/{k}")).collect();
        ids.sort_by_key(|id| rank(9, id, "original"));
        ids
    };
    let (few, mut more) = (order(200), order(201));
    more.retain(|id| id != "speaker/200");
    assert_eq!(few, more);
}
