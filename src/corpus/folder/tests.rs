use std::fs;

use super::*;

fn write(root: &Path, relative: &str, content: impl AsRef<[u8]>) {
    let path = root.join(relative);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

fn read(root: &Path) -> Listing {
    let settings: FolderSettings = toml::from_str("root = 'corpus'").unwrap();
    list(&settings, root).unwrap()
}

fn rows(listing: &Listing) -> Vec<(&str, &str, Option<Split>)> {
    listing
        .utterances
        .iter()
        .map(|u| (u.id.as_str(), u.label.as_str(), u.split))
        .collect()
}

#[test]
fn a_folder_per_class_at_any_depth() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "sad/b.wav",
        "happy/deep/er/a.b.flac",
        "happy/a.wav",
        "loose.wav",
        "empty/readme.txt",
    ] {
        write(dir.path(), &format!("corpus/{name}"), "");
    }
    let listing = read(dir.path());
    assert_eq!(
        rows(&listing),
        [
            ("happy/a", "happy", None),
            ("happy/deep/er/a.b", "happy", None),
            ("sad/b", "sad", None)
        ]
    );
    assert_eq!(listing.utterances[2].audio, dir.path().join("corpus/sad/b.wav"));
    assert_eq!(listing.skipped.len(), 1);
    assert_eq!(
        (listing.skipped[0].id.as_str(), listing.skipped[0].reason.as_str()),
        ("loose.wav", "lies in no class folder")
    );
}

#[test]
fn split_folders_of_classes() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "train/happy/a.wav",
        "Train/sad/c.wav",
        "val/happy/x/b.wav",
        "test/d.wav",
        "notes/readme.md",
    ] {
        write(dir.path(), &format!("corpus/{name}"), "");
    }
    let listing = read(dir.path());
    assert_eq!(
        rows(&listing),
        [
            ("Train/sad/c", "sad", Some(Split::Train)),
            ("train/happy/a", "happy", Some(Split::Train)),
            ("val/happy/x/b", "happy", Some(Split::Validation)),
        ]
    );
    assert_eq!(listing.skipped.len(), 1);
    assert!(listing.skipped[0].reason.contains("names of splits"));
}

#[test]
fn a_class_may_be_called_test_beside_other_classes() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["test/a.wav", "speech/b.wav"] {
        write(dir.path(), &format!("corpus/{name}"), "");
    }
    assert_eq!(
        rows(&read(dir.path())),
        [("speech/b", "speech", None), ("test/a", "test", None)]
    );
}

#[test]
fn transcripts_lie_beside_the_audio() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        write(dir.path(), &format!("corpus/x/{name}.wav"), "");
    }
    write(dir.path(), "corpus/x/a.txt", "\u{feff}  Excuse me. \r\n");
    write(dir.path(), "corpus/x/b.txt", b"caf\xe9");
    let listing = read(dir.path());
    let texts: Vec<&str> = listing.utterances.iter().map(|u| u.text.as_str()).collect();
    assert_eq!(texts, ["Excuse me.", "", ""]);
    assert_eq!(listing.skipped.len(), 1);
    assert_eq!(listing.skipped[0].id, "x/b");
    assert!(listing.skipped[0].reason.contains("not UTF-8") && listing.skipped[0].reason.contains("stays"));
}

#[test]
fn the_second_file_of_an_id_is_skipped() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["x/a.wav", "x/a.flac"] {
        write(dir.path(), &format!("corpus/{name}"), "");
    }
    let listing = read(dir.path());
    assert_eq!(rows(&listing), [("x/a", "x", None)]);
    assert!(listing.utterances[0].audio.ends_with("x/a.flac"));
    assert_eq!(listing.skipped[0].id, "x/a.wav");
    assert_eq!(listing.skipped[0].reason, "the id `x/a` is taken by x/a.flac");
}

#[test]
fn an_unknown_key_is_refused() {
    let error = toml::from_str::<FolderSettings>("root = 'x'\nroots = 'y'").unwrap_err();
    assert!(error.to_string().contains("roots"), "{error}");
}
