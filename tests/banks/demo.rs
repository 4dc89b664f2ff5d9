//! The corpus of `demo/`.

use std::collections::{BTreeMap, BTreeSet};

use crate::{RATE, project, samples, stems};

struct Row {
    audio: String,
    text: String,
    label: String,
    speaker: String,
}

fn rows() -> Vec<Row> {
    let mut reader = csv::Reader::from_path(project("demo/demo.csv")).expect("a manifest");
    assert_eq!(
        reader.headers().expect("a header"),
        vec!["audio", "text", "label", "speaker"]
    );
    let row = |record: csv::StringRecord| Row {
        audio: record[0].to_owned(),
        text: record[1].to_owned(),
        label: record[2].to_owned(),
        speaker: record[3].to_owned(),
    };
    reader
        .records()
        .map(|record| row(record.expect("a row")))
        .collect()
}

#[test]
fn four_unbalanced_classes_of_several_speakers() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut speakers = BTreeSet::new();
    let mut labels_of_text: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows() {
        *counts.entry(row.label.clone()).or_default() += 1;
        labels_of_text.entry(row.text).or_default().insert(row.label);
        speakers.insert(row.speaker);
    }
    let counts: Vec<(&str, usize)> = counts.iter().map(|(label, n)| (label.as_str(), *n)).collect();
    assert_eq!(counts, [("angry", 6), ("happy", 10), ("neutral", 24), ("sad", 8)]);
    assert_eq!(speakers.len(), 8);
    let shared = labels_of_text.values().filter(|labels| labels.len() == 4).count();
    assert_eq!(shared, 3, "sentences that all classes share");
}

#[test]
fn manifest_and_files_agree() {
    let mut listed: Vec<String> = rows().into_iter().map(|row| row.audio).collect();
    listed.sort();
    let files = ["angry", "happy", "neutral", "sad"]
        .into_iter()
        .flat_map(|label| {
            let folder = format!("demo/{label}");
            stems(&folder, "wav")
                .into_iter()
                .map(move |stem| format!("{label}/{stem}.wav"))
        });
    assert_eq!(listed, files.collect::<Vec<_>>());
    for row in rows() {
        assert!(
            row.audio.starts_with(&format!("{}/{}_", row.label, row.speaker)),
            "{}",
            row.audio
        );
    }
}

#[test]
fn utterances_are_short_with_silent_ends_and_unclipped() {
    for row in rows() {
        let samples = samples(&project("demo").join(&row.audio));
        let seconds = samples.len() as f64 / f64::from(RATE);
        assert!((1.0..3.0).contains(&seconds), "{}: {seconds:.2} s", row.audio);
        let peak = samples.iter().map(|s| s.unsigned_abs()).max().expect("samples");
        assert!((3_000..32_767).contains(&peak), "{}: peak {peak}", row.audio);
        let end = RATE as usize / 10;
        let (first, last) = (&samples[..end], &samples[samples.len() - end..]);
        assert!(
            first.iter().chain(last).all(|s| s.unsigned_abs() < 40),
            "{}: no silence",
            row.audio
        );
    }
}
