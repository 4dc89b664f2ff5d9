//! Lists of texts: none, many, equal ones, long ones.

use augment::train::features::cache::FeatureCache;

use crate::lab::{PLENTY, SIZE, bits, compute, encoder, packs, plan, row, sentences};

#[test]
fn no_texts_are_no_work() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(&dir.path().join("features"), PLENTY);
    let found = plan(&encoder(), &[], &cache);
    assert_eq!((found.inputs, found.missing, found.bytes), (0, 0, Some(0)));
    let (none, done) = compute(&mut encoder(), &[], &cache);
    assert!(none.is_empty() && none.copy_to(0, &mut []).is_err());
    assert_eq!((none.size(), done), (SIZE, 0));
    assert!(!dir.path().join("features").exists(), "nothing is made");
}

#[test]
fn five_thousand_texts_are_kept_in_three_packs() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..5000);
    let found = plan(&encoder(), &texts, &cache);
    assert_eq!((found.inputs, found.different, found.known), (5000, 5000, 0));
    assert_eq!(found.bytes, Some(5000 * 2 * SIZE as u64));
    let (cold, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!((cold.len(), done), (5000, 5000));
    assert_eq!(packs(dir.path()).len(), 3);
    let (warm, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 0);
    assert!(bits(&warm) == bits(&cold));
    // Ends of the list and of packs, alone.
    for at in [0, 2047, 2048, 4095, 4096, 4999] {
        let (one, _) = compute(&mut encoder(), &texts[at..=at], &FeatureCache::none());
        assert_eq!(row(&one, 0), row(&cold, at), "{at}");
    }
}

#[test]
fn equal_texts_are_computed_once() {
    let texts: Vec<String> = [0, 1, 0, 2, 1, 0]
        .iter()
        .flat_map(|&number| sentences(number..number + 1))
        .collect();
    let found = plan(&encoder(), &texts, &FeatureCache::none());
    assert_eq!((found.inputs, found.different, found.missing), (6, 3, 3));
    assert_eq!(found.bytes, Some(3 * 2 * SIZE as u64));
    let (features, done) = compute(&mut encoder(), &texts, &FeatureCache::none());
    assert_eq!((features.len(), done), (6, 3));
    assert_eq!(row(&features, 0), row(&features, 5));
    assert_ne!(row(&features, 0), row(&features, 1));
    assert_eq!(row(&features, 1), row(&features, 4));
}

#[test]
fn empty_and_long_texts_have_features() {
    let long = "my friend is proud at work ".repeat(400);
    let texts = [String::new(), long, "\u{0}\u{FFFD}".to_owned()];
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let (cold, _) = compute(&mut encoder(), &texts, &cache);
    let (warm, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 0);
    assert!(bits(&cold) == bits(&warm));
    assert!((0..3).all(|at| row(&cold, at).iter().all(|number| number.is_finite())));
}
