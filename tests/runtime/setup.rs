//! `augment setup`: what is fetched is checked, what goes wrong is told, and nothing half-done is left.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::home::{Home, LIBRARY, Ran};

/// What pip would have to be told for this machine.
fn wheel() -> String {
    format!(
        "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_{}.whl",
        std::env::consts::ARCH
    )
}

#[test]
fn from_pip_then_nothing_to_do_then_from_its_wheel() {
    let home = Home::new();
    // The real pip; its wheel is kept for the second half.
    fs::create_dir(home.path("wheels")).unwrap();
    let path = std::env::var("PATH").unwrap();
    home.script(
        "bin/python3",
        &format!(
            "PATH='{path}'\npython3 \"$@\" || exit\n[ \"$3\" = download ] || exit 0\n\
             last=''; for word in \"$@\"; do [ \"$last\" = --dest ] && cp \"$word\"/* '{}'; last=\"$word\"; done",
            home.text("wheels")
        ),
    );
    let real = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_augment"));
        command
            .args(arguments)
            .env("PATH", home.path("bin"))
            .env("XDG_DATA_HOME", home.path("data"))
            .env_remove("VIRTUAL_ENV")
            .env_remove("CONDA_PREFIX")
            .env_remove("ORT_DYLIB_PATH");
        Ran::from(command.output().unwrap())
    };
    let first = real(&["setup", "--json"]).ends(0).says("24 MB").json();
    assert_eq!(
        (&first["made"], &first["version"]),
        (&true.into(), &"1.31.1".into())
    );
    assert_eq!(home.installations(), [".lock", "1.31.1-cpu"]);
    home.run(&["doctor"])
        .ends(0)
        .shows("augment setup")
        .shows("no problems");

    let second = real(&["setup", "--json"]).ends(0).says("nothing to do").json();
    assert_eq!(second["made"], false);

    // Elsewhere, without any Python, from the folder of wheels.
    fs::remove_dir_all(home.path("data")).unwrap();
    fs::remove_file(home.path("bin/python3")).unwrap();
    assert!(home.path("wheels").join(wheel()).is_file());
    home.run(&["setup", "--from", "wheels"])
        .ends(0)
        .says("is installed in");
    home.run(&["setup", "--from", "wheels"])
        .ends(0)
        .says("nothing to do");
    home.run(&["setup", "--from", "wheels", "--force"])
        .ends(0)
        .says("is installed in");
    home.run(&["doctor"]).ends(0);

    // A wheel that was damaged on its way leaves what is there.
    let path = home.path("wheels").join(wheel());
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    home.run(&["setup", "--from", "wheels", "--force"])
        .ends(1)
        .says("found SHA-256")
        .says("hint: the file is damaged");
    home.run(&["doctor"]).ends(0);
    assert_eq!(home.installations(), [".lock", "1.31.1-cpu"]);
}

#[test]
fn a_folder_without_the_wheel_names_it_and_how_to_fetch_it() {
    let home = Home::new();
    fs::create_dir(home.path("wheels")).unwrap();
    for folder in ["wheels", "nowhere"] {
        home.run(&["setup", "--from", folder])
            .ends(1)
            .says(&format!("{folder}: has no {}", wheel()))
            .says("hint: on a machine with a network: `python3 -m pip download --only-binary=:all: --no-deps")
            .says("onnxruntime==1.31.1`");
    }
    assert_eq!(home.installations(), [".lock"]);
}

#[test]
fn without_python_or_pip_the_ways_out_are_named() {
    let home = Home::new();
    home.run(&["setup"])
        .ends(1)
        .says("found no Python (looked for python3, python)")
        .says("hint: install Python and pip")
        .says("augment setup --from FOLDER");
    home.python("bin/python3", None, None);
    home.run(&["setup"])
        .ends(1)
        .says("found no pip in python3")
        .says("apt install python3-pip");
}

#[test]
fn an_environment_without_pip_is_passed_over() {
    let home = Home::new();
    home.python("venv/bin/python", None, None);
    home.python("bin/python3", None, Some("echo 'the one on the path'; exit 1"));
    let mut command = home.command(&["setup"]);
    command.env("VIRTUAL_ENV", home.path("venv"));
    Ran::from(command.output().unwrap())
        .ends(1)
        .says("`python3 -m pip download onnxruntime==1.31.1` failed (exit code 1):\n  the one on the path\n")
        .says("hint: pip goes by its own settings");
}

#[test]
fn a_wrong_download_is_refused_and_what_was_there_stays() {
    let home = Home::new();
    home.install();
    let hash = "0".repeat(64);
    let mismatch = format!(
        "echo 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES'; echo '  Expected sha256 x'; echo ' Got        {hash}'; exit 1"
    );
    for (pip, says) in [
        ("echo half > \"$dest\"/onnxruntime-1.31.1.whl", "found SHA-256 "),
        (mismatch.as_str(), "found SHA-256 0000"),
        ("exit 0", "(left no file): it printed nothing"),
        ("echo a > \"$dest\"/a; echo b > \"$dest\"/b", "(left no file)"),
        ("mkdir \"$dest\"/a", "(left no file)"),
        ("kill -9 $$", "(ended by signal 9)"),
        ("echo only this; exit 7", "(exit code 7):\n  only this\n"),
    ] {
        home.python("bin/python3", None, Some(pip));
        home.run(&["setup", "--force"])
            .ends(1)
            .says(says)
            .says("\nhint: ");
        assert_eq!(home.installations(), [".lock", "1.31.1-cpu"], "{pip}");
        home.run(&["doctor"]).ends(0);
    }
}

#[test]
fn pip_is_told_what_to_fetch_for_this_machine() {
    let home = Home::new();
    let body = format!(
        "for word in \"$@\"; do echo \"$word\"; done > '{0}'; cat \"${{word}}\" > '{1}'; env > '{2}'; exit 1",
        home.text("arguments"),
        home.text("requirements"),
        home.text("environment")
    );
    home.python("bin/python3", None, Some(&body));
    let mut command = home.command(&["setup"]);
    command
        .env("PIP_CONSTRAINT", "constraints.txt")
        .env("PIP_INDEX_URL", "https://mirror/simple")
        .env("PIP_REQUIRE_VIRTUALENV", "1");
    Ran::from(command.output().unwrap()).ends(1);
    let read = |name: &str| fs::read_to_string(home.path(name)).unwrap();
    let arguments = read("arguments");
    let arguments: Vec<&str> = arguments.lines().collect();
    let platform = format!("manylinux_2_28_{}", std::env::consts::ARCH);
    for word in [
        "download",
        "--only-binary=:all:",
        "--no-deps",
        "--no-input",
        &platform,
        "cp312",
    ] {
        assert!(arguments.contains(&word), "{word} in {arguments:?}");
    }
    let requirements = read("requirements");
    assert!(
        requirements.starts_with("onnxruntime==1.31.1 --hash=sha256:"),
        "{requirements}"
    );
    let environment = read("environment");
    let has = |line: &str| environment.lines().any(|found| found == line);
    // A mirror is the user's matter; what is about the user's environments is not.
    assert!(has("PIP_INDEX_URL=https://mirror/simple") && has("PIP_REQUIRE_VIRTUALENV=0"));
    assert!(!environment.contains("PIP_CONSTRAINT"));
    assert!(
        environment.contains(&format!("TMPDIR={}", home.text("data"))),
        "{environment}"
    );
}

#[test]
fn no_password_is_shown() {
    let home = Home::new();
    let body = "echo 'Looking in indexes: https://me:hunter%2122@host/simple'
        echo '401 for me:hunter%2122 (hunter!22), proxy http://p:otherword@proxy:3128/?key=thirdword'
        exit 1";
    home.python("bin/python3", None, Some(body));
    let mut command = home.command(&["setup"]);
    command.env("PIP_INDEX_URL", "https://me:hunter%2122@host/simple");
    Ran::from(command.output().unwrap())
        .ends(1)
        .says("Looking in indexes: https://***@host/simple")
        .hides("hunter")
        .hides("otherword")
        .hides("thirdword");
}

#[test]
fn a_disk_that_fills_up_ends_it_early() {
    let home = Home::new();
    let body = "echo \"ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\"; exit 1";
    home.python("bin/python3", None, Some(body));
    home.run(&["setup"]).ends(3).says("pip cannot write");
    assert_eq!(home.installations(), [".lock"]);
}

/// A pip that has begun to fetch and does not end; it writes its process number.
fn endless(home: &Home) -> Child {
    let body = format!(
        "echo half > \"$dest\"/x.whl; echo $$ > '{0}.new'; mv '{0}.new' '{0}'; sleep 600 & wait",
        home.text("pid")
    );
    home.python("bin/python3", None, Some(&body));
    let child = home
        .command(&["setup", "--force"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("pip to begin", || home.path("pid").exists());
    child
}

#[track_caller]
fn wait_for(what: &str, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "waited in vain for {what}"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(name: &str, process: &str) {
    let kill = format!("kill {name} {process}");
    let sent = Command::new("/bin/sh").args(["-c", &kill]).status().unwrap();
    assert!(sent.success());
}

/// Whether a process runs; one that ended and was not waited for does not.
fn runs(process: &str) -> bool {
    fs::read_to_string(Path::new("/proc").join(process).join("stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'))
}

#[test]
fn an_interruption_ends_pip_too_and_leaves_what_was_there() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let home = Home::new();
        home.install();
        let child = endless(&home);
        let pip = fs::read_to_string(home.path("pid")).unwrap().trim().to_owned();
        assert!(runs(&pip));
        signal(name, &child.id().to_string());
        Ran::from(child.wait_with_output().unwrap())
            .ends(code)
            .says("interrupted; nothing was changed");
        wait_for("pip to end", || !runs(&pip));
        assert_eq!(home.installations(), [".lock", "1.31.1-cpu"]);
        home.run(&["doctor"]).ends(0);
    }
}

#[test]
fn what_a_killed_setup_leaves_is_swept_by_the_next() {
    let home = Home::new();
    home.install();
    let mut child = endless(&home);
    let pip = fs::read_to_string(home.path("pid")).unwrap().trim().to_owned();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(home.installations().len() > 2, "{:?}", home.installations());
    home.run(&["doctor"]).ends(0);
    home.run(&["setup"]).ends(0).says("nothing to do");
    assert_eq!(home.installations(), [".lock", "1.31.1-cpu"]);
    // Its whole group: the shell and its sleep.
    signal("-KILL", &format!("-{pip}"));
}

#[test]
fn a_second_setup_waits_for_the_first() {
    let home = Home::new();
    home.install();
    let lock = fs::File::create(home.path("data/augment/onnxruntime/.lock")).unwrap();
    lock.lock().unwrap();
    let mut child = home.command(&["setup"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = [0; 200];
    let mut errors = child.stderr.take().unwrap();
    let read = errors.read(&mut said).unwrap();
    let said = String::from_utf8_lossy(&said[..read]).into_owned();
    assert!(said.contains("another setup is at work"), "{said}");
    assert!(child.try_wait().unwrap().is_none());
    drop(lock);
    let mut rest = String::new();
    errors.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success());
    assert!(rest.contains("nothing to do"), "{rest}");
}

#[test]
fn a_variable_that_comes_first_is_pointed_out() {
    let home = Home::new();
    home.install();
    let mut command = home.command(&["setup"]);
    command.env("ORT_DYLIB_PATH", "/elsewhere.so");
    Ran::from(command.output().unwrap())
        .ends(0)
        .says("warning: ORT_DYLIB_PATH is set");
}

#[test]
fn without_a_home_there_is_nowhere_to_install_to() {
    let home = Home::new();
    let mut command = home.command(&["setup"]);
    command.env_remove("HOME").env_remove("XDG_DATA_HOME");
    Ran::from(command.output().unwrap())
        .ends(1)
        .says("neither XDG_DATA_HOME nor HOME");
}

#[test]
fn an_installation_that_lost_its_library_is_made_again() {
    let home = Home::new();
    let library = home.install();
    assert!(library.ends_with(LIBRARY));
    fs::remove_file(library).unwrap();
    home.python("bin/python3", None, Some("echo asked; exit 1"));
    home.run(&["setup"]).ends(1).says("  asked\n");
}
