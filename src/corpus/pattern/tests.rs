use std::fs;

use super::*;

fn corpus(files: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in files {
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "words\n").unwrap();
    }
    dir
}

fn read(dir: &tempfile::TempDir, keys: &str) -> Result<Listing, CorpusError> {
    list(
        &toml::from_str(&format!("root = '.'\n{keys}")).unwrap(),
        dir.path(),
    )
}

fn rows(listing: &Listing) -> Vec<[&str; 4]> {
    let row = |u| {
        let Utterance {
            id,
            label,
            speaker,
            text,
            ..
        }: &Utterance = u;
        [id.as_str(), label.as_str(), speaker.as_str(), text.as_str()]
    };
    listing.utterances.iter().map(row).collect()
}

fn skipped(listing: &Listing) -> Vec<(&str, &str)> {
    listing
        .skipped
        .iter()
        .map(|skipped| (skipped.id.as_str(), skipped.reason.as_str()))
        .collect()
}

#[test]
fn ravdess_names() {
    let dir = corpus(&[
        "Actor_12/03-01-05-01-02-01-12.wav",
        "Actor_01/03-01-01-01-01-02-01.wav",
        "Actor_01/03-01-08-01-01-02-01.wav",
    ]);
    let keys = r#"
        regex = '^Actor_\d\d/03-01-(?<label>\d\d)-\d\d-(?<text>\d\d)-\d\d-(?<speaker>\d\d)$'
        labels = { "01" = "neutral", "05" = "angry" }
        texts = { "01" = "Kids are talking by the door", "02" = "Dogs are sitting by the door" }
    "#;
    let listing = read(&dir, keys).unwrap();
    assert_eq!(
        rows(&listing),
        [
            [
                "Actor_01/03-01-01-01-01-02-01",
                "neutral",
                "01",
                "Kids are talking by the door"
            ],
            [
                "Actor_12/03-01-05-01-02-01-12",
                "angry",
                "12",
                "Dogs are sitting by the door"
            ],
        ]
    );
    assert_eq!(
        skipped(&listing),
        [(
            "Actor_01/03-01-08-01-01-02-01.wav",
            "label \"08\" is not in the table `labels`"
        )]
    );
}

#[test]
fn emodb_names() {
    let dir = corpus(&["wav/03a01Fa.wav", "wav/16b10Wb.wav", "wav/readme.wav"]);
    let keys = r#"
        regex = '(?<speaker>\d\d)(?<text>[a-z]\d\d)(?<label>[A-Z])(?<take>[a-z])$'
        labels = { F = "happy", W = "angry" }
        speakers = { "03" = "male, 31", "16" = "female, 31" }
    "#;
    let listing = read(&dir, keys).unwrap();
    assert_eq!(
        rows(&listing),
        [
            ["wav/03a01Fa", "happy", "male, 31", "a01"],
            ["wav/16b10Wb", "angry", "female, 31", "b10"]
        ]
    );
    assert_eq!(skipped(&listing), [("wav/readme.wav", "does not match `regex`")]);
}

#[test]
fn fsdd_names_and_transcripts_beside_the_audio() {
    let dir = corpus(&["7_jackson_32.wav", "7_jackson_32.txt", "0_theo_1.wav"]);
    let listing = read(&dir, r"regex = '^(?<label>\d)_(?<speaker>[a-z]+)_(?<take>\d+)$'").unwrap();
    assert_eq!(
        rows(&listing),
        [
            ["0_theo_1", "0", "theo", ""],
            ["7_jackson_32", "7", "jackson", "words"]
        ]
    );
}

#[test]
fn sessions_and_splits() {
    let dir = corpus(&["dev/s1/sad.wav", "odd/s2/sad.wav", "s3/sad.wav"]);
    let listing = read(
        &dir,
        r"regex = '^(?:(?<split>[^/]+)/)?(?<session>[^/]+)/(?<label>[^/]+)$'",
    )
    .unwrap();
    let found: Vec<_> = listing
        .utterances
        .iter()
        .map(|u| (u.session.as_str(), u.split))
        .collect();
    assert_eq!(found, [("s1", Some(Split::Validation)), ("s3", None)]);
    assert_eq!(
        skipped(&listing),
        [(
            "odd/s2/sad.wav",
            "split \"odd\" is none of train, validation, test"
        )]
    );
}

#[test]
fn a_label_that_took_no_part_is_skipped() {
    let dir = corpus(&["a.wav"]);
    let listing = read(&dir, "regex = '^a(?<label>b)?'").unwrap();
    assert_eq!(skipped(&listing), [("a.wav", "the group `label` is empty")]);
}

#[test]
fn a_bad_regex_is_an_error_of_its_key() {
    let dir = corpus(&["a.wav"]);
    for (keys, key, found) in [
        ("", "regex", "missing"),
        ("regex = '(?<label>'", "regex", "unclosed group"),
        ("regex = 'a'", "regex", "no named group"),
        ("regex = '(?<lable>a)'", "regex", "the groups lable"),
        (
            "regex = '(?<label>a)'\nspeakers = { a = 'b' }",
            "speakers",
            "a group `speaker`",
        ),
        (
            "regex = '(?<label>a)'\ntexts = { a = 'b' }",
            "texts",
            "a group `text`",
        ),
    ] {
        let error = read(&dir, keys).unwrap_err();
        assert_eq!(error.key(), Some(key), "{keys}");
        assert!(error.to_string().contains(found), "{keys}: {error}");
    }
    let error = read(&dir, "regex = '(?<lable>a)'").unwrap_err();
    assert_eq!(
        error.hint().as_deref(),
        Some("the group has to be called `label`")
    );
}
