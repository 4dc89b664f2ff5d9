use std::fmt::Write as _;

use super::*;
use crate::corpus::Skipped;

/// Label of each turn by its id, for one dialogue.
struct Dialogue {
    name: &'static str,
    turns: Vec<(&'static str, &'static str)>,
}

fn dialogues() -> Vec<Dialogue> {
    let impro1 = [
        ("F000", "neu"),
        ("F001", "neu"),
        ("M000", "ang"),
        ("M001", "exc"),
        ("F002", "xxx"),
        ("M002", "hap"),
        ("F003", "fru"),
        ("M003", "sad"),
        ("F004", "oth"),
        ("M004", "neu"),
    ];
    let impro2 = [
        ("M000", "sad"),
        ("F000", "sad"),
        ("F001", "exc"),
        ("M001", "neu"),
        ("M002", "hap"),
        ("F002", "neu"),
    ];
    let script = [
        ("F000", "ang"),
        ("F001", "ang"),
        ("M000", "neu"),
        ("M001", "exc"),
        ("F002", "xxx"),
        ("MXX0", "sad"),
        ("F003", "sur"),
        ("M003", "hap"),
        ("F004", "dis"),
        ("M004", "fea"),
        ("F005", "fru"),
    ];
    vec![
        Dialogue {
            name: "Ses01F_impro01",
            turns: impro1.to_vec(),
        },
        Dialogue {
            name: "Ses01M_script01_1b",
            turns: script.to_vec(),
        },
        Dialogue {
            name: "Ses03M_impro08a",
            turns: impro2.to_vec(),
        },
    ]
}

/// A corpus of 27 turns in two sessions, with the oddities of the real one.
fn corpus() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: String, content: &[u8]| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    for Dialogue { name, turns } in dialogues() {
        let session = format!("Session{}", &name[4..5]);
        let mut labels = String::from("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\r\n\r\n");
        let mut texts = String::new();
        for (turn, label) in turns {
            let id = format!("{name}_{turn}");
            let _ = write!(
                labels,
                "[6.2901 - 8.2357]\t{id}\t{label}\t[2.5000, 2.5000, 2.5000]\r\n"
            );
            labels.push_str("C-E2:\tNeutral;\t()\r\nA-E3:\tval 3; act 2; dom  2;\t()\r\n\r\n");
            if id != "Ses01F_impro01_M004" {
                let _ = write!(
                    texts,
                    "{id} [006.2901-008.2357]: Words of {id}: all [LAUGHTER].\r\n"
                );
            }
            if id != "Ses03M_impro08a_F002" {
                write(format!("{session}/sentences/wav/{name}/{id}.wav"), b"");
            }
            write(format!("{session}/sentences/wav/{name}/._{id}.wav"), b"");
        }
        texts.push_str("M: [006.2901-008.2357]: a line without a turn\r\n");
        write(
            format!("{session}/dialog/EmoEvaluation/{name}.txt"),
            labels.as_bytes(),
        );
        write(
            format!("{session}/dialog/EmoEvaluation/._{name}.txt"),
            b"\0\x05\x16\x07[Mac]\tresource\tfork",
        );
        write(
            format!("{session}/dialog/EmoEvaluation/Categorical/{name}_e1_cat.txt"),
            b"[0 - 1]\tnot\tread\n",
        );
        // The letter e with an accent, in Latin-1.
        let latin: Vec<u8> = texts
            .chars()
            .map(|c| if c == 'W' { 0xe9 } else { c as u8 })
            .collect();
        write(format!("{session}/dialog/transcriptions/{name}.txt"), &latin);
    }
    dir
}

fn read(root: &Path, keys: &str) -> Listing {
    let settings = toml::from_str(&format!("root = '.'\n{keys}")).unwrap();
    list(&settings, root).unwrap()
}

fn labels(listing: &Listing) -> String {
    listing
        .utterances
        .iter()
        .map(|u| u.label.as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

fn reason<'a>(listing: &'a Listing, id: &str) -> &'a str {
    listing
        .skipped
        .iter()
        .find(|skipped| skipped.id == id)
        .map_or("", |skipped| skipped.reason.as_str())
}

#[test]
fn improvised_dialogues_are_the_default() {
    let dir = corpus();
    let listing = read(dir.path(), "");
    // Ten turns less one without agreement, then six less one without a file.
    assert_eq!(
        labels(&listing),
        "neu neu fru oth ang exc hap sad neu sad exc sad neu hap"
    );
    let first = &listing.utterances[0];
    assert_eq!(first.id, "Ses01F_impro01_F000");
    assert_eq!(first.text, "\u{e9}ords of Ses01F_impro01_F000: all [LAUGHTER].");
    assert_eq!(
        (first.speaker.as_str(), first.session.as_str(), first.split),
        ("Ses01F", "Ses01", None)
    );
    assert_eq!(
        first.audio,
        dir.path()
            .join("./Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav")
    );
    let last = &listing.utterances[13];
    assert_eq!(
        (last.id.as_str(), last.speaker.as_str()),
        ("Ses03M_impro08a_M002", "Ses03M")
    );
}

#[test]
fn what_cannot_be_used_is_named() {
    let listing = read(corpus().path(), "");
    assert_eq!(
        reason(&listing, "Ses01F_impro01_F002"),
        "label \"xxx\": the annotators do not agree"
    );
    assert_eq!(
        reason(&listing, "Ses03M_impro08a_F002"),
        "its wav file is missing"
    );
    assert!(reason(&listing, "Ses01F_impro01_M004").contains("transcript: missing"));
    assert_eq!(
        listing
            .utterances
            .iter()
            .find(|u| u.id == "Ses01F_impro01_M004")
            .unwrap()
            .text,
        ""
    );
    for session in ["Session2", "Session4", "Session5"] {
        assert!(reason(&listing, session).contains("missing"));
    }
    assert_eq!(listing.skipped.len(), 6);
}

#[test]
fn scripted_dialogues_and_all() {
    let dir = corpus();
    let scripted = read(dir.path(), "dialogues = 'scripted'");
    assert_eq!(labels(&scripted), "ang ang sur dis fru neu exc hap fea sad");
    assert_eq!(scripted.utterances[9].id, "Ses01M_script01_1b_MXX0");
    assert_eq!(scripted.utterances[9].speaker, "Ses01M");
    let all = read(dir.path(), "dialogues = 'all'");
    assert_eq!(all.utterances.len(), 24);
    assert!(all.utterances.is_sorted_by(|a, b| a.id < b.id));
}

#[test]
fn excited_is_merged_on_request() {
    let count = |listing: &Listing, label| listing.utterances.iter().filter(|u| u.label == label).count();
    let dir = corpus();
    let (apart, merged) = (read(dir.path(), ""), read(dir.path(), "merge_excited = true"));
    assert_eq!((count(&apart, "hap"), count(&apart, "exc")), (2, 2));
    assert_eq!((count(&merged, "hap"), count(&merged, "exc")), (4, 0));
}

#[test]
fn malformed_turns_are_named_by_line() {
    let dir = corpus();
    let path = dir
        .path()
        .join("Session1/dialog/EmoEvaluation/Ses01F_impro09.txt");
    fs::write(
        path,
        "[0 - 1]\t../../etc_F000\tneu\n[0 - 1]\n[0 - 1]\tSes\tneu\n[0 - 1]\tSes01F_impro09_F0\t\n",
    )
    .unwrap();
    let listing = read(dir.path(), "");
    let bad: Vec<&Skipped> = listing
        .skipped
        .iter()
        .filter(|s| s.id.starts_with("Ses01F_impro09"))
        .collect();
    let places: Vec<&str> = bad.iter().map(|skipped| skipped.id.as_str()).collect();
    assert_eq!(
        places,
        [1, 2, 3, 4].map(|line| format!("Ses01F_impro09.txt:{line}"))
    );
    assert!(
        bad.iter()
            .all(|skipped| skipped.reason.starts_with("expected [start - end]"))
    );
}

#[test]
fn missing_folders_are_errors_that_say_which() {
    let dir = corpus();
    fs::rename(
        dir.path().join("Session3/dialog/transcriptions"),
        dir.path().join("elsewhere"),
    )
    .unwrap();
    let settings = |root: &str| IemocapSettings {
        root: root.into(),
        ..IemocapSettings::default()
    };
    let error = list(&settings("."), dir.path()).unwrap_err();
    assert!(
        error.to_string().contains("Session3/dialog/transcriptions"),
        "{error}"
    );
    let error = list(&settings("Session1"), dir.path()).unwrap_err();
    assert!(error.to_string().contains("Session1 to Session5"), "{error}");
    assert_eq!(error.key(), Some("root"));
    assert!(error.hint().is_some());
}
