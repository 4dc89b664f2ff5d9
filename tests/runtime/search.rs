//! Where the library is looked for, in which order, and what is said of one that can't be used.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::home::{Home, LIBRARY, Ran};
use super::support;

/// The place and path of the library that `augment doctor` takes.
fn taken(ran: &Ran) -> Option<(String, String)> {
    let report = ran.json();
    let places = report["search"].as_array().unwrap();
    let place = places.iter().find(|place| place["state"] == "taken")?;
    assert_eq!(place["version"], "1.31.1");
    let text = |key: &str| place[key].as_str().unwrap().to_owned();
    Some((text("origin"), text("path")))
}

/// A home with a library in all five places.
fn everywhere() -> Home {
    let home = Home::new();
    home.library("flag/libonnxruntime.so");
    home.library("variable/libonnxruntime.so");
    home.install();
    home.library(&format!("site/onnxruntime/capi/{LIBRARY}"));
    home.python("bin/python3", Some(&home.path("site/onnxruntime")), None);
    home.library("system/libonnxruntime.so");
    home
}

fn doctor(home: &Home, flag: bool, variable: bool) -> Command {
    let path = home.text("flag/libonnxruntime.so");
    let mut arguments = vec!["doctor", "--json", "--device", "cpu"];
    if flag {
        arguments.extend(["--onnxruntime", &path]);
    }
    let mut command = home.command(&arguments);
    command.env("LD_LIBRARY_PATH", home.path("system"));
    if variable {
        command.env("ORT_DYLIB_PATH", home.path("variable/libonnxruntime.so"));
    }
    command
}

#[test]
fn each_place_comes_before_the_next() {
    let home = everywhere();
    let look = |flag, variable| Ran::from(doctor(&home, flag, variable).output().unwrap()).ends(0);
    let at = |path: &str| fs::canonicalize(home.path(path)).unwrap().display().to_string();

    let path = at("flag/libonnxruntime.so");
    assert_eq!(taken(&look(true, true)), Some(("--onnxruntime".to_owned(), path)));

    let path = at("variable/libonnxruntime.so");
    assert_eq!(
        taken(&look(false, true)),
        Some(("ORT_DYLIB_PATH".to_owned(), path))
    );

    let path = at(&format!("data/augment/onnxruntime/1.31.1-cpu/{LIBRARY}"));
    assert_eq!(
        taken(&look(false, false)),
        Some(("augment setup".to_owned(), path))
    );

    fs::remove_dir_all(home.path("data")).unwrap();
    let path = at(&format!("site/onnxruntime/capi/{LIBRARY}"));
    assert_eq!(
        taken(&look(false, false)),
        Some(("Python's package".to_owned(), path))
    );

    fs::remove_dir_all(home.path("site")).unwrap();
    let path = "libonnxruntime.so".to_owned();
    assert_eq!(taken(&look(false, false)), Some(("the system".to_owned(), path)));

    fs::remove_dir_all(home.path("system")).unwrap();
    let none = Ran::from(doctor(&home, false, false).output().unwrap()).ends(2);
    assert_eq!(taken(&none), None);
    assert_eq!(none.json()["missing"][0]["what"], "ONNX Runtime was not found");
}

#[test]
fn an_empty_variable_is_none() {
    let home = everywhere();
    let mut command = doctor(&home, false, false);
    command.env("ORT_DYLIB_PATH", "");
    let ran = Ran::from(command.output().unwrap()).ends(0);
    assert_eq!(taken(&ran).unwrap().0, "augment setup");
}

#[test]
fn the_active_environment_comes_before_the_python_on_the_path() {
    let home = Home::new();
    for (name, python) in [("venv", "venv/bin/python"), ("plain", "bin/python3")] {
        let package = home.path(&format!("{name}/site/onnxruntime"));
        home.library(&format!("{name}/site/onnxruntime/capi/{LIBRARY}"));
        home.python(python, Some(&package), None);
    }
    for variable in ["VIRTUAL_ENV", "CONDA_PREFIX"] {
        let mut command = doctor(&home, false, false);
        command.env(variable, home.path("venv"));
        let ran = Ran::from(command.output().unwrap()).ends(0);
        assert!(taken(&ran).unwrap().1.contains("/venv/site/"));
    }
    let ran = Ran::from(doctor(&home, false, false).output().unwrap()).ends(0);
    assert!(taken(&ran).unwrap().1.contains("/plain/site/"));
}

/// The real library with another version in it: the string is of the same length.
fn old(home: &Home) {
    let mut bytes = fs::read(support::runtime()).unwrap();
    let (now, then) = (b"\x001.31.1\x00", b"\x001.20.1\x00");
    let places: Vec<usize> = (0..bytes.len() - now.len())
        .filter(|&at| bytes[at] == 0 && bytes[at..].starts_with(now))
        .collect();
    for at in places {
        bytes[at..at + then.len()].copy_from_slice(then);
    }
    home.write("old.so", bytes);
}

/// A library that is none of ONNX Runtime: one that this very process has loaded.
fn foreign() -> String {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mut paths = maps.lines().filter_map(|line| line.split_whitespace().nth(5));
    paths
        .find(|path| path.contains("/libgcc_s") || path.contains("/libc.so") || path.contains("/libc-"))
        .unwrap()
        .to_owned()
}

#[test]
fn one_that_was_named_works_or_is_an_error() {
    let home = everywhere();
    old(&home);
    fs::create_dir(home.path("empty")).unwrap();
    home.write("text.so", "no library");
    home.write("zero.so", "");
    let whole = fs::read(support::runtime()).unwrap();
    home.write("cut.so", &whole[..whole.len() / 3]);
    let foreign = foreign();
    for (path, says) in [
        ("nowhere.so", "nowhere.so: there is no such file"),
        (
            "empty",
            "empty: cannot be loaded: it is a folder without a library of ONNX Runtime",
        ),
        ("text.so", "text.so: cannot be loaded: "),
        ("zero.so", "zero.so: cannot be loaded: "),
        ("cut.so", "cut.so: cannot be loaded: it is cut off: found "),
        ("/dev/null", "/dev/null: cannot be loaded: it is no regular file"),
        (foreign.as_str(), "is no ONNX Runtime (it has no OrtGetApiBase)"),
        ("old.so", "old.so: is ONNX Runtime 1.20.1, expected 1.24 or later"),
    ] {
        let flag = home.run(&["doctor", "--device", "cpu", "--onnxruntime", path]);
        flag.ends(2)
            .shows("problem: --onnxruntime: ")
            .shows(says)
            .shows("\nhint: `augment setup` installs a version that fits");
        let mut command = doctor(&home, false, false);
        command.env("ORT_DYLIB_PATH", path);
        let variable = Ran::from(command.output().unwrap()).ends(2);
        assert_eq!(taken(&variable), None, "{path}");
        let what = variable.json()["missing"][0]["what"].as_str().unwrap().to_owned();
        assert!(
            what.starts_with("ORT_DYLIB_PATH: ") && what.contains(says),
            "{what}"
        );
    }
    // A folder is as good as the file in it.
    home.run(&["doctor", "--device", "cpu", "--onnxruntime", "flag"])
        .ends(0);
}

#[test]
fn one_that_was_only_found_gives_way_to_the_next() {
    let home = everywhere();
    let look = || Ran::from(doctor(&home, false, false).output().unwrap());
    let broken = |ran: &Ran| -> Vec<String> {
        let report = ran.json();
        let places = report["search"].as_array().unwrap().iter();
        places
            .filter(|place| place["state"] == "broken")
            .map(|place| place["reason"].as_str().unwrap().to_owned())
            .collect()
    };
    let spoil = |path: &Path, bytes: &[u8]| {
        // A new file: the old one is a link to that of other tests.
        fs::remove_file(path).unwrap();
        fs::write(path, bytes).unwrap();
    };

    let whole = fs::read(support::runtime()).unwrap();
    spoil(&home.installed(LIBRARY), &whole[..whole.len() / 2]);
    let ran = look().ends(0);
    assert_eq!(taken(&ran).unwrap().0, "Python's package");
    assert!(broken(&ran)[0].contains("it is cut off"));

    fs::remove_file(home.installed("installed.json")).unwrap();
    let ran = look().ends(0);
    assert!(broken(&ran)[0].contains("not complete"), "{:?}", broken(&ran));

    spoil(&home.path("site/onnxruntime/capi").join(LIBRARY), b"text");
    let ran = look().ends(0);
    assert_eq!(taken(&ran).unwrap().0, "the system");
    assert_eq!(broken(&ran).len(), 2);

    spoil(&home.path("system/libonnxruntime.so"), b"text");
    let ran = look().ends(2);
    assert_eq!(taken(&ran), None);
    let what = ran.json()["missing"][0]["what"].as_str().unwrap().to_owned();
    assert!(
        what.starts_with("ONNX Runtime was not found\n  Python's package: "),
        "{what}"
    );
}

#[test]
fn a_python_that_hangs_or_babbles_is_passed_over() {
    let home = Home::new();
    home.library("system/libonnxruntime.so");
    for text in [
        "head -c 1000000 /dev/zero",
        "printf '\\377\\376'",
        "echo /nowhere",
        "exit 3",
        "kill -9 $$",
        // It ends, and something that it began keeps its output open.
        "sleep 1 & echo ''",
    ] {
        home.script("bin/python3", text);
        let ran = Ran::from(doctor(&home, false, false).output().unwrap()).ends(0);
        assert_eq!(taken(&ran).unwrap().0, "the system", "{text}");
    }
}

#[test]
fn a_python_sees_nothing_of_the_current_folder() {
    let home = Home::new();
    home.library("system/libonnxruntime.so");
    // A module that would be taken for Python's own, were the folder looked at.
    home.write("importlib/__init__.py", "open('ran', 'w')");
    home.write("runpy.py", "open('ran', 'w')");
    home.write("pip/__main__.py", "open('ran', 'w')");
    home.write("onnxruntime/__init__.py", "open('ran', 'w')");
    let mut command = doctor(&home, false, false);
    command.env("PATH", std::env::var_os("PATH").unwrap());
    // A Python may be found by way of the real home.
    command.env("HOME", std::env::var_os("HOME").unwrap());
    let ran = Ran::from(command.output().unwrap()).ends(0);
    assert!(
        ran.json()["pip"]["pip"].is_string(),
        "these tests need a Python with pip"
    );
    assert!(!home.path("ran").exists());
}

#[test]
fn audio_needs_no_runtime() {
    let home = Home::new();
    let recipe = concat!(env!("CARGO_MANIFEST_DIR"), "/recipes/demo.toml");
    let mut command = home.command(&["audio", recipe, "--limit", "3", "--out", "out"]);
    command.env("ORT_DYLIB_PATH", "/nowhere.so");
    Ran::from(command.output().unwrap()).ends(0);
    assert!(home.path("out/train").is_dir());
}
