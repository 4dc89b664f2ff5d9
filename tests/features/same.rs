//! Kept and fresh features are the same bits, and every encoder has its own.

use augment::onnx::folder::{ModelFolder, Precision};
use augment::onnx::pooling::Pooling;
use augment::onnx::sentence::SentenceEncoder;
use augment::run::interrupt::Interrupt;
use augment::train::features::cache::FeatureCache;

use crate::lab::{PLENTY, SIZE, bits, compute, encoder, folder, open, plan, row, sentences, strs};
use crate::support;

#[test]
fn kept_and_fresh_features_are_the_same_bits() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..300);
    let (fresh, done) = compute(&mut encoder(), &texts, &FeatureCache::none());
    assert_eq!((fresh.len(), fresh.size(), done), (300, SIZE, 300));
    // Some are kept, some are not.
    let (_, done) = compute(&mut encoder(), &texts[100..180], &cache);
    assert_eq!(done, 80);
    let before = plan(&encoder(), &texts, &cache);
    assert_eq!((before.known, before.missing), (80, 220));
    let (mixed, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 220);
    let (kept, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 0);
    assert!(bits(&mixed) == bits(&fresh) && bits(&kept) == bits(&fresh));
    let mut other = texts.clone();
    other.reverse();
    let (turned, _) = compute(&mut encoder(), &other, &cache);
    assert!((0..300).all(|at| row(&turned, at) == row(&fresh, 299 - at)));
}

#[test]
fn a_feature_is_the_unit_vector_times_the_root_of_its_size() {
    let texts = sentences(0..50);
    let model = ModelFolder::new(folder("sentence-encoder"));
    let mut plain = SentenceEncoder::open(&support::engine(1), &model, Precision::Fp32).unwrap();
    let units = plain.encode(&strs(&texts), &Interrupt::default()).unwrap();
    let (found, _) = compute(&mut encoder(), &texts, &FeatureCache::none());
    for (at, unit) in units.iter().enumerate() {
        let row = row(&found, at);
        for (&number, &unit) in row.iter().zip(unit) {
            let whole = unit * (SIZE as f32).sqrt();
            // Half a step of 11 bits.
            assert!(
                (number - whole).abs() <= whole.abs() * 0.000_5 + 1e-6,
                "{number} {whole}"
            );
        }
        let square: f32 = row.iter().map(|number| number * number).sum::<f32>() / SIZE as f32;
        assert!((square - 1.0).abs() < 1e-3, "{square}");
    }
}

#[test]
fn each_model_and_pooling_has_its_own_entries() {
    let dir = tempfile::tempdir().unwrap();
    let cache = FeatureCache::at(dir.path(), PLENTY);
    let texts = sentences(0..20);
    let of = |model: &str, pooling| open(&folder(model), pooling).unwrap();
    let (mean, _) = compute(&mut encoder(), &texts, &cache);
    // The folder asks for the mean, so that is no other encoder.
    let asked = of("sentence-encoder", Pooling::Mean);
    assert_eq!(asked.id(), encoder().id());
    assert_eq!(plan(&asked, &texts, &cache).known, 20);

    let mut first = of("sentence-encoder", Pooling::First);
    assert_eq!(plan(&first, &texts, &cache).known, 0);
    let (first_found, done) = compute(&mut first, &texts, &cache);
    assert_eq!((first.pooled(), done), ("first", 20));
    assert!(bits(&first_found) != bits(&mean));

    let mut other = of("sentence-encoder-pooled", Pooling::Auto);
    let (_, done) = compute(&mut other, &texts, &cache);
    assert_eq!(done, 20);
    let (again, done) = compute(&mut encoder(), &texts, &cache);
    assert_eq!(done, 0);
    assert!(bits(&again) == bits(&mean));
}

/// A copy of the small encoder, to be changed.
fn copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let from = folder("sentence-encoder");
    for name in ["config.json", "tokenizer.json", "sentence_bert_config.json"] {
        std::fs::copy(from.join(name), dir.path().join(name)).unwrap();
    }
    std::fs::copy(from.join("onnx/model.onnx"), dir.path().join("model.onnx")).unwrap();
    dir
}

#[test]
fn what_changes_a_vector_changes_the_encoders_id() {
    let dir = copy();
    let id = || open(dir.path(), Pooling::Auto).unwrap().id();
    let before = id();
    assert_eq!(id(), before);
    // Weights that lie beside the graph.
    let weights = dir.path().join("model.onnx_data");
    std::fs::write(&weights, b"1").unwrap();
    let with = id();
    assert_ne!(with, before);
    std::fs::write(&weights, b"2").unwrap();
    assert_ne!(id(), with);
    std::fs::remove_file(&weights).unwrap();
    assert_eq!(id(), before);
    // Longer texts are cut into windows elsewhere.
    let limit = dir.path().join("sentence_bert_config.json");
    std::fs::write(&limit, b"{\"max_seq_length\": 17}").unwrap();
    assert_ne!(id(), before);
}

#[test]
fn poolings_are_read_as_they_are_shown() {
    for pooling in [Pooling::Auto, Pooling::Mean, Pooling::First] {
        assert_eq!(pooling.to_string().parse(), Ok(pooling));
    }
    assert_eq!(
        "max".parse::<Pooling>(),
        Err("found pooling \"max\", expected auto, mean or first".to_owned())
    );
}
