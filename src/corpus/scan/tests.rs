use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;

fn touch(root: &Path, relative: impl AsRef<Path>) {
    let path = root.join(relative);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, b"").unwrap();
}

fn relatives(scan: &Scan) -> Vec<&str> {
    scan.files.iter().map(|file| file.relative.as_str()).collect()
}

fn reasons(scan: &Scan) -> Vec<(&str, &str)> {
    scan.skipped
        .iter()
        .map(|skipped| (skipped.id.as_str(), skipped.reason.as_str()))
        .collect()
}

#[test]
fn finds_audio_sorted_and_leaves_hidden_things_out() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        "b/2.WAV",
        "b/10.flac",
        "a.mp3",
        "b-c/x.ogg",
        ".git/x.wav",
        "b/._2.wav",
        "b/readme.md",
        "b/notes",
    ] {
        touch(dir.path(), name);
    }
    let scan = audio_files(dir.path()).unwrap();
    assert_eq!(relatives(&scan), ["a.mp3", "b-c/x.ogg", "b/10.flac", "b/2.WAV"]);
    assert_eq!(scan.files[3].id(), "b/2");
    assert_eq!(scan.files[3].path, dir.path().join("b/2.WAV"));
    assert_eq!(reasons(&scan), []);
}

#[test]
fn names_audio_that_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    touch(dir.path(), "x/a.m4a");
    fs::create_dir(dir.path().join("folder.wav")).unwrap();
    symlink("nowhere", dir.path().join("broken.wav")).unwrap();
    symlink("nowhere", dir.path().join("broken.md")).unwrap();
    let scan = audio_files(dir.path()).unwrap();
    assert_eq!(relatives(&scan), [""; 0]);
    let [(broken, why), (m4a, format)] = reasons(&scan)[..] else {
        panic!("{:?}", scan.skipped)
    };
    assert_eq!((broken, m4a), ("broken.wav", "x/a.m4a"));
    assert!(
        why.starts_with("cannot be read") && format.contains("flac, mp3"),
        "{why} {format}"
    );
}

#[test]
fn names_that_are_not_utf8_are_skipped_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    touch(dir.path(), OsStr::from_bytes(b"caf\xe9.wav"));
    touch(dir.path(), OsStr::from_bytes(b"caf\xe9.txt"));
    touch(dir.path(), Path::new(OsStr::from_bytes(b"fol\xff")).join("a.wav"));
    touch(dir.path(), "good.wav");
    let scan = audio_files(dir.path()).unwrap();
    assert_eq!(relatives(&scan), ["good.wav"]);
    assert_eq!(
        reasons(&scan),
        [
            ("caf\u{fffd}.wav", "its name is not UTF-8"),
            ("fol\u{fffd}", "its name is not UTF-8")
        ]
    );
}

#[test]
fn links_are_followed_once_and_loops_end() {
    let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    touch(dir.path(), "real/a.wav");
    touch(outside.path(), "deep/b.wav");
    symlink(outside.path(), outside.path().join("deep/up")).unwrap();
    symlink("real", dir.path().join("again")).unwrap();
    symlink(".", dir.path().join("real/here")).unwrap();
    symlink("..", dir.path().join("real/parent")).unwrap();
    symlink("/", dir.path().join("everything")).unwrap();
    symlink(outside.path(), dir.path().join("linked")).unwrap();
    symlink("real/a.wav", dir.path().join("file.wav")).unwrap();
    let scan = audio_files(dir.path()).unwrap();
    assert_eq!(relatives(&scan), ["file.wav", "linked/deep/b.wav", "real/a.wav"]);
    let skipped: Vec<&str> = reasons(&scan).into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        skipped,
        [
            "again",
            "everything",
            "linked/deep/up",
            "real/here",
            "real/parent"
        ]
    );
}

#[test]
fn text_files_are_bounded_and_regular() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.txt");
    fs::write(&path, b"12345").unwrap();
    assert_eq!(read_text_file(&path, 5).unwrap(), b"12345");
    assert!(
        read_text_file(&path, 4)
            .unwrap_err()
            .to_string()
            .contains("longer than 4 bytes")
    );
    assert!(read_text_file(dir.path(), 4).is_err());
    assert!(read_text_file(Path::new("/dev/zero"), 4).is_err());
}

#[test]
fn a_missing_root_is_an_error_that_names_the_key() {
    let dir = tempfile::tempdir().unwrap();
    let error = folder("root", dir.path(), Path::new("absent")).unwrap_err();
    assert_eq!(error.key(), Some("root"));
    assert!(error.to_string().contains("absent"), "{error}");
    assert!(error.hint().unwrap().contains("recipe file"));
    assert_eq!(
        folder("root", dir.path(), Path::new("")).unwrap_err().key(),
        Some("root")
    );
    let home = folder("root", dir.path(), Path::new("~/corpus")).unwrap_err();
    assert!(home.hint().unwrap().contains('~'));
}
