//! The whole way, with wheels made for the purpose. The real ones are fetched by `support::runtime`, so that all
//! tests with models are tests of setup, too.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::begin::begin_with;
use super::package::{Package, Taken};
use super::*;
use crate::run::interrupt::Interrupt;
use crate::run::progress::Silent;
use crate::support;

const FILE: &str = "onnxruntime-1.31.1-test.whl";

const TAKE: &[Taken] = &[
    (
        "onnxruntime/capi/libonnxruntime.so.1.31.1",
        "libonnxruntime.so.1.31.1",
    ),
    ("onnxruntime/LICENSE", "LICENSE"),
];

/// A folder of wheels and a data folder.
struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        Case {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn wheels(&self) -> PathBuf {
        let wheels = self.dir.path().join("wheels");
        fs::create_dir_all(&wheels).unwrap();
        wheels
    }

    /// A wheel of these files, and the package that it is.
    fn wheel(&self, files: &[(&str, &[u8])]) -> &'static [Package] {
        let path = self.wheels().join(FILE);
        let mut zip = zip::ZipWriter::new(fs::File::create(&path).unwrap());
        let options = zip::write::SimpleFileOptions::default();
        for (name, bytes) in files {
            zip.start_file(*name, options).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap();
        let unpacked = files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        pinned(&fs::read(&path).unwrap(), unpacked)
    }

    /// A wheel with the real library.
    fn sound(&self) -> &'static [Package] {
        let library = fs::read(support::runtime()).unwrap();
        self.wheel(&[(TAKE[0].0, &library), (TAKE[1].0, b"licence"), ("other", b"")])
    }

    fn begin(&self, packages: &'static [Package], again: bool) -> Begun {
        let interrupt = Interrupt::default();
        begin_with(&self.data(), Flavour::Cpu, packages, again, &interrupt, &Silent).unwrap()
    }

    fn install(&self, packages: &'static [Package]) -> Result<Done, SetupError> {
        match self.begin(packages, true) {
            Begun::Already(done) => Ok(done),
            Begun::Open(job) => job.run(&Source::Folder(self.wheels()), &Interrupt::default(), &Silent),
        }
    }

    fn names(&self, below: &str) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.data().join("onnxruntime").join(below))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

fn pinned(wheel: &[u8], unpacked: u64) -> &'static [Package] {
    let hash: String = Sha256::digest(wheel)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    // A package is a constant of the program; the few of the tests may stay.
    Box::leak(Box::new([Package {
        name: "onnxruntime",
        version: VERSION,
        file: FILE,
        platform: "any",
        sha256: hash.leak(),
        bytes: wheel.len() as u64,
        unpacked,
        take: TAKE,
    }]))
}

fn error(result: Result<Done, SetupError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_pinned_runtime_is_installed_and_starts() {
    let installed = support::installed();
    assert_eq!(installed.version, VERSION);
    let engine = support::engine(1);
    assert_eq!(engine.runtime().library.version, VERSION);
    assert_eq!(
        engine.runtime().library.path,
        installed.library.canonicalize().unwrap()
    );
    let folder = installed.library.parent().unwrap();
    let mut size = 0;
    for (_, name) in package::pinned(Flavour::Cpu).unwrap()[0].take {
        size += fs::metadata(folder.join(name)).unwrap().len();
    }
    assert_eq!(size, package::pinned(Flavour::Cpu).unwrap()[0].unpacked);
}

#[test]
fn a_wheel_is_unpacked_as_far_as_needed_and_once() {
    let case = Case::new();
    let packages = case.sound();
    assert!(matches!(case.begin(packages, false), Begun::Open(_)));
    let done = case.install(packages).unwrap();
    assert_eq!(done.library.version, VERSION);
    assert_eq!(case.names(""), [".lock", "1.31.1-cpu"]);
    assert_eq!(
        case.names("1.31.1-cpu"),
        ["LICENSE", "installed.json", "libonnxruntime.so.1.31.1"]
    );
    assert_eq!(
        installed(&case.data(), Flavour::Cpu).unwrap().library,
        done.folder.join("libonnxruntime.so.1.31.1")
    );
    assert_eq!(installed(&case.data(), Flavour::Cuda), None);
    let Begun::Already(again) = case.begin(packages, false) else {
        panic!("it was to be found")
    };
    assert_eq!(again.library, done.library);
}

#[test]
fn what_is_not_whole_is_made_again() {
    let case = Case::new();
    let packages = case.sound();
    let folder = case.install(packages).unwrap().folder;
    let library = folder.join("libonnxruntime.so.1.31.1");
    let whole = fs::read(&library).unwrap();
    for harm in ["cut off", "no library", "no marker", "odd marker", "gone"] {
        match harm {
            "cut off" => {
                // Another file in its place: the one that is loaded into this process must stay as it is.
                fs::remove_file(&library).unwrap();
                fs::write(&library, &whole[..whole.len() / 2]).unwrap();
            }
            "no library" => fs::remove_file(&library).unwrap(),
            "no marker" => fs::remove_file(folder.join(MARKER)).unwrap(),
            "odd marker" => fs::write(folder.join(MARKER), b"{}").unwrap(),
            _ => fs::remove_dir_all(&folder).unwrap(),
        }
        let Begun::Open(job) = case.begin(packages, false) else {
            panic!("{harm}: expected it to be made again")
        };
        job.run(&Source::Folder(case.wheels()), &Interrupt::default(), &Silent)
            .unwrap();
        assert!(matches!(case.begin(packages, false), Begun::Already(_)), "{harm}");
        assert_eq!(case.names(""), [".lock", "1.31.1-cpu"], "{harm}");
    }
}

#[test]
fn a_bad_wheel_leaves_what_was_there() {
    let case = Case::new();
    case.install(case.sound()).unwrap();
    let marker = case.data().join("onnxruntime/1.31.1-cpu").join(MARKER);
    let before = fs::metadata(&marker).unwrap().modified().unwrap();
    let library = TAKE[0].0;

    // Of the right name, with other bytes.
    let packages = case.sound();
    fs::write(case.wheels().join(FILE), b"half").unwrap();
    let other = error(case.install(packages));
    assert!(
        other.contains("found SHA-256") && other.contains(packages[0].sha256),
        "{other}"
    );
    assert!(other.contains("\nhint: "), "{other}");

    fs::write(case.wheels().join(FILE), b"no zip").unwrap();
    let no_zip = error(case.install(pinned(b"no zip", 1000)));
    assert!(no_zip.contains("cannot be unpacked"), "{no_zip}");

    let lacks = error(case.install(case.wheel(&[("onnxruntime/LICENSE", b"x")])));
    assert!(lacks.contains(library), "{lacks}");

    let text = error(case.install(case.wheel(&[(library, b"text"), (TAKE[1].0, b"x")])));
    assert!(
        text.contains("cannot be used") && text.contains("hint: "),
        "{text}"
    );

    // A size that was not promised.
    case.wheel(&[(library, &[0; 5000]), (TAKE[1].0, b"x")]);
    let bytes = fs::read(case.wheels().join(FILE)).unwrap();
    let large = error(case.install(pinned(&bytes, 4999)));
    assert!(large.contains("more than 4999 bytes"), "{large}");

    fs::remove_file(case.wheels().join(FILE)).unwrap();
    let none = error(case.install(packages));
    assert!(none.contains(&format!("has no {FILE}")), "{none}");
    assert!(
        none.contains("pip download --only-binary=:all: --no-deps --platform any"),
        "{none}"
    );

    assert_eq!(case.names(""), [".lock", "1.31.1-cpu"]);
    assert_eq!(fs::metadata(&marker).unwrap().modified().unwrap(), before);
    assert!(matches!(case.begin(packages, false), Begun::Already(_)));
}

#[test]
fn a_full_disk_is_told_before_anything_is_fetched() {
    let case = Case::new();
    let wheel = b"never read";
    let error = case.install(pinned(wheel, 1 << 60)).unwrap_err();
    assert!(error.no_space());
    let text = error.to_string();
    assert!(text.contains("needs 1152921504.64 GB of free space"), "{text}");
    assert_eq!(case.names(""), [".lock"]);
}

#[test]
fn leftovers_go_and_other_versions_stay() {
    let case = Case::new();
    let home = case.data().join("onnxruntime");
    for folder in [
        ".fetch-1.augment-part/wheels",
        ".1.31.1-cpu.augment-part",
        "1.30.0-cpu",
    ] {
        fs::create_dir_all(home.join(folder)).unwrap();
    }
    let done = case.install(case.sound()).unwrap();
    assert_eq!(done.others, [home.join("1.30.0-cpu")]);
    assert_eq!(case.names(""), [".lock", "1.30.0-cpu", "1.31.1-cpu"]);
}

#[test]
fn setups_side_by_side_take_turns() {
    let case = Case::new();
    let packages = case.sound();
    let made: Vec<bool> = std::thread::scope(|scope| {
        let setups: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| match case.begin(packages, false) {
                    Begun::Already(_) => false,
                    Begun::Open(job) => job
                        .run(&Source::Folder(case.wheels()), &Interrupt::default(), &Silent)
                        .is_ok(),
                })
            })
            .collect();
        setups.into_iter().map(|setup| setup.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|&&made| made).count(), 1, "{made:?}");
}

#[test]
fn every_package_is_pinned_in_full() {
    let all = [Flavour::Cpu, Flavour::Cuda].map(|flavour| package::pinned(flavour).unwrap_or_default());
    for package in all.concat() {
        let name = package.name.replace('-', "_");
        assert!(
            package.file.starts_with(&format!("{name}-{}-", package.version)),
            "{}",
            package.file
        );
        assert!(
            package.file.ends_with(&format!("{}.whl", package.platform)),
            "{}",
            package.file
        );
        assert_eq!(package.sha256.len(), 64);
        for (_, place) in package.take {
            let place = Path::new(place);
            assert!(
                place.is_relative() && place.components().count() <= 2,
                "{}",
                place.display()
            );
        }
        assert!(package.take.iter().any(|(_, place)| place.contains("LICENSE")));
    }
}
