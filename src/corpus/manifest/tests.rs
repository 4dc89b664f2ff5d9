use std::fs;

use super::*;
use crate::corpus::Split;

/// Writes a manifest and reads it with the given keys of a recipe.
fn read(name: &str, content: impl AsRef<[u8]>, keys: &str) -> Result<Listing, CorpusError> {
    read_as(name, content, keys, Required::SPEECH)
}

fn read_as(
    name: &str,
    content: impl AsRef<[u8]>,
    keys: &str,
    required: Required,
) -> Result<Listing, CorpusError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), content).unwrap();
    list(
        &toml::from_str(&format!("path = '{name}'\n{keys}")).unwrap(),
        dir.path(),
        required,
    )
}

fn rows(listing: &Listing) -> Vec<[&str; 3]> {
    listing
        .utterances
        .iter()
        .map(|u| [u.id.as_str(), &u.label, &u.text])
        .collect()
}

fn skipped(listing: &Listing) -> Vec<(&str, &str)> {
    listing
        .skipped
        .iter()
        .map(|skipped| (skipped.id.as_str(), skipped.reason.as_str()))
        .collect()
}

#[test]
fn csv_with_mark_quotes_newlines_and_usual_names() {
    let content = "\u{feff}file_name,text,emotion,speaker,split\r\n\
        ./wav/a.wav,\"He said \"\"no\"\",\nand left.\",angry,S1,dev\r\n\
        \r\n\
        wav//b.c.wav, Fine. ,happy,S2,\r\n";
    let listing = read("list.csv", content, "").unwrap();
    assert_eq!(
        rows(&listing),
        [
            ["wav/a", "angry", "He said \"no\",\nand left."],
            ["wav/b.c", "happy", "Fine."]
        ]
    );
    let found: Vec<_> = listing
        .utterances
        .iter()
        .map(|u| (u.speaker.as_str(), u.split))
        .collect();
    assert_eq!(found, [("S1", Some(Split::Validation)), ("S2", None)]);
    assert!(listing.utterances[0].audio.ends_with("wav/a.wav"));
    assert_eq!(listing.skipped, []);
}

#[test]
fn numbered_columns_are_for_files_without_a_header() {
    let keys = "columns = { audio = 2, label = 0 }";
    let listing = read("list.csv", "sad,x,a.wav\nhappy,y,b.wav\n", keys).unwrap();
    assert_eq!(rows(&listing), [["a", "sad", ""], ["b", "happy", ""]]);
    let listing = read(
        "list.csv",
        "label,x,wav\nhappy,y,b.wav\n",
        &format!("{keys}\nheader = true"),
    )
    .unwrap();
    assert_eq!(rows(&listing), [["b", "happy", ""]]);
    let error = read("list.csv", "sad,a.wav\n", keys).unwrap_err();
    assert_eq!(error.key(), Some("columns.audio"));
    assert!(
        error
            .to_string()
            .ends_with("no column 2; the columns are `0`, `1`"),
        "{error}"
    );
    let error = read(
        "list.csv",
        "sad,a.wav\n",
        "columns = { audio = 1, label = 'emotion' }",
    )
    .unwrap_err();
    assert!(error.hint().unwrap().contains("header = true"));
}

#[test]
fn tsv_takes_quotes_as_they_are_where_they_enclose_nothing() {
    let plain =
        "path\ttext\tlabel\na.wav\t\"No\" she said\tsad\nb.wav\t\"Go on\thappy\nc.wav\tit's 5\"\tsad\n";
    let listing = read("list.tsv", plain, "").unwrap();
    assert_eq!(
        rows(&listing),
        [
            ["a", "sad", "\"No\" she said"],
            ["b", "happy", "\"Go on"],
            ["c", "sad", "it's 5\""]
        ]
    );
    let quoted = "path\ttext\tlabel\na.wav\t\"a\ttab and \"\"no\"\"\"\tsad\n";
    assert_eq!(
        rows(&read("list.tsv", quoted, "").unwrap()),
        [["a", "sad", "a\ttab and \"no\""]]
    );
    let kept = read(
        "list.tsv",
        "path\ttext\tlabel\na.wav\t\"x\"\tsad\n",
        "quotes = false",
    )
    .unwrap();
    assert_eq!(rows(&kept), [["a", "sad", "\"x\""]]);
}

#[test]
fn a_quote_that_is_never_closed_is_an_error_with_its_line() {
    let content = "path,label,text\na.wav,sad,x\nb.wav,sad,\"x\nc.wav,sad,y\n";
    let error = read("list.csv", content, "").unwrap_err();
    assert!(error.to_string().contains("list.csv:3: found a quote"), "{error}");
    assert_eq!(error.key(), Some("path"));
    assert_eq!(
        read("list.csv", content, "quotes = false")
            .unwrap()
            .utterances
            .len(),
        3
    );
}

#[test]
fn a_quote_that_swallows_the_next_row_is_noticed() {
    let content = "path,label,text\na.wav,sad,\"Go on\nb.wav,sad,\"No\"\nc.wav,sad,\"No\" she said\n";
    let listing = read("list.csv", content, "").unwrap();
    assert_eq!(rows(&listing), [["c", "sad", "No she said"]]);
    assert_eq!(
        skipped(&listing),
        [(
            "list.csv:2",
            "lines 2 to 3 are one row: is a quote in it not closed?"
        )]
    );
}

#[test]
fn broken_rows_are_skipped_and_named_by_line() {
    let content = b"path,label,text\na.wav,sad\n\nb.wav,,x\n ,sad,x\nc.wav,sad,caf\xe9\n\"d\nd.wav\",sad,x,y\ne.wav,sad,x\ne.wav,happy,z\n";
    let listing = read("list.csv", content, "").unwrap();
    assert_eq!(rows(&listing), [["e", "sad", "x"]]);
    assert_eq!(
        skipped(&listing),
        [
            ("list.csv:2", "found 2 fields; expected 3"),
            ("list.csv:4", "the label is empty"),
            ("list.csv:5", "the audio is empty"),
            ("list.csv:6", "the text is not UTF-8"),
            (
                "list.csv:7",
                "lines 7 to 8 are one row: is a quote in it not closed?"
            ),
            ("list.csv:10", "the id `e` is taken by list.csv:9"),
        ]
    );
}

#[test]
fn unknown_splits_are_skipped() {
    let listing = read("list.csv", "path,label,split\na.wav,sad,fold1\n", "").unwrap();
    assert_eq!(
        skipped(&listing),
        [("list.csv:2", "split \"fold1\" is none of train, validation, test")]
    );
}

#[test]
fn jsonl_with_numbers_missing_keys_and_broken_lines() {
    let content = b"\xef\xbb\xbf{\"audio_filepath\": \"a.wav\", \"label\": 3, \"text\": null}\r\n\
        \n\
        {\"audio_filepath\": \"b.wav\"}\n\
        {\"audio_filepath\": \"c.wav\", \"label\": true, \"text\": \"so\", \"duration\": 1.5}\n\
        {\"audio_filepath\": \"d.wav\", \"label\": [1, 2]}\n\
        {\"audio_filepath\": \"e.wav\", \"label\": 1\n\
        [1]\n\
        {\"label\": \"caf\xe9\"}\n";
    let listing = read("list.jsonl", content, "").unwrap();
    assert_eq!(rows(&listing), [["a", "3", ""], ["c", "true", "so"]]);
    let named: Vec<&str> = listing
        .skipped
        .iter()
        .map(|skipped| skipped.id.as_str())
        .collect();
    assert_eq!(named, [3, 5, 6, 7, 8].map(|line| format!("list.jsonl:{line}")));
    assert_eq!(
        listing.skipped[1].reason,
        "the label is a list; expected a text or number"
    );
    assert!(
        listing.skipped[2]
            .reason
            .starts_with("expected one JSON object: EOF"),
        "{:?}",
        listing.skipped[2]
    );
    assert!(
        !listing.skipped[2].reason.contains("line"),
        "{:?}",
        listing.skipped[2]
    );
}

#[test]
fn jsonl_refuses_what_means_nothing_there() {
    for (keys, key) in [
        ("delimiter = ';'", "delimiter"),
        ("header = false", "header"),
        ("columns = { label = 1 }", "columns"),
        ("columns = { label = 'emotoin' }", "columns.label"),
    ] {
        let error = read(
            "list.jsonl",
            "{\"audio\": \"a.wav\", \"emotion\": \"sad\"}\n",
            keys,
        )
        .unwrap_err();
        assert_eq!(error.key(), Some(key), "{error}");
    }
}

#[test]
fn a_missing_column_lists_the_columns_there_are() {
    let error = read(
        "list.csv",
        "wav,Emotion,text\n",
        "columns = { label = 'emotion' }",
    )
    .unwrap_err();
    assert_eq!(error.key(), Some("columns.label"));
    assert!(
        error
            .to_string()
            .ends_with("no column `emotion`; the columns are `wav`, `Emotion`, `text`"),
        "{error}"
    );
    assert_eq!(error.hint().as_deref(), Some("did you mean `Emotion`?"));
    let error = read("list.csv", "wav,mood,text\n", "").unwrap_err();
    assert_eq!(error.key(), Some("columns"));
    assert_eq!(
        error.hint().as_deref(),
        Some("name it: columns = { label = \"...\" }")
    );
    let error = read("list.csv", "wav;label;text\n", "").unwrap_err();
    assert_eq!(
        error.hint().as_deref(),
        Some("the header is one column: is delimiter = \";\" meant?")
    );
    assert!(read("list.csv", "wav,label,label\n", "columns = { label = 'label' }").is_err());
    assert!(read("list.csv", "", "").is_err());
}

#[test]
fn a_column_that_is_named_is_not_taken_for_another_field_too() {
    let listing = read("list.csv", "id,label\na.wav,sad\n", "columns = { audio = 'id' }").unwrap();
    assert_eq!(rows(&listing), [["a", "sad", ""]]);
}

#[test]
fn ids_and_audio_paths() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("audio")).unwrap();
    let inside = dir.path().join("audio/x/a.wav");
    let content = format!(
        "path,label\n{}\n/elsewhere/b.wav,sad\nsub\\c.wav,sad\n..,sad\n../d,sad\n",
        format_args!("{},sad", inside.display())
    );
    fs::write(dir.path().join("list.csv"), content).unwrap();
    let settings = toml::from_str("path = 'list.csv'\nroot = 'audio'").unwrap();
    let listing = list(&settings, dir.path(), Required::SPEECH).unwrap();
    assert_eq!(
        rows(&listing),
        [["../d", "sad", ""], ["sub/c", "sad", ""], ["x/a", "sad", ""]]
    );
    assert_eq!(listing.utterances[2].audio, inside);
    assert!(listing.utterances[1].audio.ends_with("audio/sub/c.wav"));
    let named: Vec<&str> = listing
        .skipped
        .iter()
        .map(|skipped| skipped.id.as_str())
        .collect();
    assert_eq!(named, ["list.csv:3", "list.csv:5"]);
    // With ids of its own, a manifest may name audio anywhere.
    let listing = read("list.csv", "id,path,label\nu1,/elsewhere/b.wav,sad\n", "").unwrap();
    assert_eq!(rows(&listing), [["u1", "sad", ""]]);
}

#[test]
fn a_text_corpus_needs_no_audio() {
    let keys = "columns = { text = 0, label = 1 }";
    let listing = read_as("train.tsv", "so\t3\n\t4\nno\t4,5\n", keys, Required::SENTENCES).unwrap();
    assert_eq!(rows(&listing), [["train-1", "3", "so"], ["train-3", "4,5", "no"]]);
    assert_eq!(listing.utterances[0].audio, PathBuf::new());
    assert_eq!(skipped(&listing), [("train.tsv:2", "the text is empty")]);
    let error = read("train.tsv", "text\tlabel\n", "").unwrap_err();
    assert!(
        error.to_string().contains("for the audio (tried `audio`"),
        "{error}"
    );
}

#[test]
fn settings_that_do_not_fit() {
    for (name, content, keys, found) in [
        ("list.txt", "", "", "extension \"txt\""),
        ("list.csv", "", "delimiter = 'ä'", "'ä'"),
        ("list.csv", "", "delimiter = '\"'", "quote"),
        ("list.csv", "\u{feff}", "root = 'absent'", "absent"),
    ] {
        let error = read(name, content, keys).unwrap_err();
        assert!(error.to_string().contains(found), "{error}");
    }
    let error = read("list.csv", b"\xff\xfea\0", "").unwrap_err();
    assert!(error.to_string().contains("UTF-16"), "{error}");
    assert!(read("list.txt", "audio,label\na.wav,sad\n", "format = 'csv'").is_ok());
    let error = toml::from_str::<ManifestSettings>("columns = { label = -1 }").unwrap_err();
    assert!(error.to_string().contains("number from 0"), "{error}");
    let error = toml::from_str::<ManifestSettings>("columns = { lable = 'x' }").unwrap_err();
    assert!(error.to_string().contains("lable"), "{error}");
    assert_eq!(
        (Column::from("3"), Column::from("x")),
        (Column::Number(3), Column::Name("x".to_owned()))
    );
}

#[test]
fn the_order_of_rows_does_not_matter() {
    let forwards = read("list.csv", "path,label\na.wav,x\nb.wav,y\n", "").unwrap();
    let backwards = read("list.csv", "path,label\nb.wav,y\na.wav,x\n", "").unwrap();
    assert_eq!(rows(&forwards), rows(&backwards));
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_listing_or_an_error(bytes in ".{0,80}", keys in 0usize..3, kind in 0usize..3) {
        let name = ["m.csv", "m.tsv", "m.jsonl"][kind];
        let keys = ["", "columns = { audio = 0, label = 1 }", "quotes = true"][keys];
        for prefix in ["", "audio,label\n", "audio\tlabel\n\"", "{\"audio\": \"a\", \"label\": \"b\"}\n{"] {
            if let Ok(listing) = read(name, format!("{prefix}{bytes}"), keys) {
                assert!(listing.utterances.is_sorted_by(|a, b| a.id < b.id));
            }
        }
    }
}
