//! Packs that are not what was written are computed again and replaced.

use std::fs;
use std::path::Path;

use augment::train::features::cache::FeatureCache;

use crate::lab::{FRAME, PLENTY, SIZE, bits, compute, encoder, heard, packs, plan, sentences};

/// A cache with one pack of 40 sentences that `harm` changes; it has to be as before after the next run.
fn healed(name: &str, harm: impl FnOnce(&Path, Vec<u8>)) {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..40);
    let (before, _) = compute(&mut encoder(), &texts, &cache);
    let [pack] = packs(dir.path()).try_into().unwrap();
    let whole = fs::read(&pack).unwrap();
    harm(&pack, whole.clone());
    assert_eq!(plan(&encoder(), &texts, &cache).known, 0, "{name}");
    let (after, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 40, "{name}");
    assert!(bits(&after) == bits(&before), "{name}");
    assert_eq!(packs(dir.path()), std::slice::from_ref(&pack), "{name}");
    assert!(fs::read(&pack).unwrap() == whole, "{name}");
    assert_eq!(compute(&mut encoder(), &texts, &cache).1, 0, "{name}");
}

#[test]
fn a_flipped_bit_anywhere() {
    let keys = 56;
    let rows = keys + 40 * 32;
    let hash = rows + 40 * 2 * SIZE;
    for (name, at) in [
        ("magic", 0),
        ("version", 8),
        ("size", 12),
        ("count", 16),
        ("model", 24),
        ("first key", keys),
        ("last key", rows - 1),
        ("first row", rows),
        ("last row", hash - 1),
        ("hash", hash),
        ("end", hash + 31),
    ] {
        healed(name, |pack, mut bytes| {
            bytes[at] ^= 0x10;
            fs::write(pack, bytes).unwrap();
        });
    }
}

#[test]
fn cut_or_grown() {
    let length = usize::try_from(FRAME).unwrap() + 40 * (32 + 2 * SIZE);
    for cut in [0, 7, 55, 57, length / 2, length - 32, length - 1] {
        healed("cut", |pack, bytes| {
            assert_eq!(bytes.len(), length);
            fs::write(pack, &bytes[..cut]).unwrap();
        });
    }
    healed("grown", |pack, mut bytes| {
        bytes.push(0);
        fs::write(pack, bytes).unwrap();
    });
}

#[test]
fn another_kind_of_file() {
    healed("pipe", |pack, _| {
        fs::remove_file(pack).unwrap();
        let made = std::process::Command::new("mkfifo").arg(pack).status();
        assert!(made.unwrap().success());
    });
    healed("device", |pack, _| {
        fs::remove_file(pack).unwrap();
        std::os::unix::fs::symlink("/dev/zero", pack).unwrap();
    });
}

#[test]
fn a_pack_of_another_encoder() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..10);
    let mut first = crate::lab::open(
        &crate::lab::folder("sentence-encoder"),
        augment::onnx::pooling::Pooling::First,
    )
    .unwrap();
    compute(&mut first, &texts, &cache);
    let [foreign] = packs(dir.path()).try_into().unwrap();
    let (right, _) = compute(&mut encoder(), &texts[..5], &cache);
    let own = packs(dir.path())
        .into_iter()
        .find(|pack| *pack != foreign)
        .unwrap();
    let smuggled = own.with_file_name(foreign.file_name().unwrap());
    fs::copy(&foreign, &smuggled).unwrap();
    let (found, done) = compute(&mut encoder(), &texts[..8], &cache);
    assert_eq!(done, 3);
    assert!(bits(&found)[..5 * SIZE] == bits(&right));
    assert!(!smuggled.exists() && foreign.exists());
}

#[test]
fn a_cache_that_cannot_be_used_is_a_note() {
    let dir = tempfile::tempdir().unwrap();
    let texts = sentences(0..10);
    let (right, _) = compute(&mut encoder(), &texts, &FeatureCache::none());
    // A file where the folder should be.
    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    for at in [file.clone(), file.join("below")] {
        let (found, done, notes) = heard(&mut encoder(), &texts, &FeatureCache::at(&at, PLENTY));
        assert!(bits(&found) == bits(&right) && done == 10);
        assert!(
            notes.starts_with("features are not kept for the next run: "),
            "{notes}"
        );
        assert!(notes.contains(&file.display().to_string()), "{notes}");
    }
    // One that can be read but not be written to: its features are used.
    let cache = FeatureCache::at(&dir.path().join("features"), PLENTY);
    compute(&mut encoder(), &texts[..4], &cache);
    let lock = dir.path().join("features/lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let (found, done, notes) = heard(&mut encoder(), &texts, &cache);
    assert!(bits(&found) == bits(&right) && done == 6);
    assert!(notes.contains("lock") && notes.lines().count() == 1, "{notes}");
}

#[test]
fn what_a_killed_run_left_half_written_goes() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    compute(&mut encoder(), &sentences(0..4), &cache);
    let part = packs(dir.path())[0].with_file_name(".0.pack.augment-part");
    fs::write(&part, b"AUGFEATS").unwrap();
    compute(&mut encoder(), &sentences(0..4), &cache);
    assert!(!part.exists());
}
