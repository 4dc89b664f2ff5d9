//! The whole way with wheels made for the purpose, which hold the real library.

use std::fs;

use super::*;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Silent;
use crate::support;

#[test]
fn the_pinned_runtime_is_installed_and_starts() {
    let installed = support::installed();
    assert_eq!(installed.version, VERSION);
    let folder = installed.library.parent().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "LICENSE",
            "ThirdPartyNotices.txt",
            "installed.json",
            "libonnxruntime.so.1.31.1",
            "libonnxruntime_providers_shared.so",
        ]
    );
    let engine = support::engine(1);
    assert_eq!(engine.runtime().library.version, VERSION);
    assert_eq!(
        engine.runtime().library.path,
        installed.library.canonicalize().unwrap()
    );
}

#[test]
fn what_is_there_is_not_made_again() {
    let again = begin(
        support::data(),
        Flavour::Cpu,
        false,
        &Interrupt::default(),
        &Silent,
    )
    .unwrap();
    let Begun::Already(done) = again else {
        panic!("expected nothing to do, found {again:?}")
    };
    assert_eq!(done.folder, folder_of(support::data(), Flavour::Cpu));
    assert_eq!(done.others, Vec::<std::path::PathBuf>::new());
}
