//! The real Apertium, with Debian's packages apertium, apertium-eo-en, apertium-en-es, apertium-fr-es and
//! apertium-apy. Where they are not installed these tests say so and pass over.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use augment::run::interrupt::Interrupt;
use augment::text::models::{BackTranslator, Request};
use augment::text::translate::{Apertium, Apy, BackendError, Chains, HttpSettings, Modes, Pair, Remote};

use crate::lab::{chain, last};

const LONG: Duration = Duration::from_secs(120);

/// The backend for a chain, if all its modes are installed.
fn installed(codes: &[&str]) -> Option<Apertium> {
    match Apertium::open(&Pair::of_chains(&[chain(codes)]), &BTreeMap::new(), LONG) {
        Ok(backend) => Some(backend),
        Err(BackendError::NotInstalled { .. }) => {
            eprintln!("skipped: apertium is not installed");
            None
        }
        Err(BackendError::NoMode { pair, .. }) => {
            eprintln!("skipped: apertium is not installed for {pair}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn chains(codes: &[&str], folder: &Path) -> Option<Chains> {
    let backend = installed(codes)?;
    Some(Chains::new(&[chain(codes)], Box::new(backend), ("apertium", folder), None).unwrap())
}

fn hops(chains: &mut Chains, text: &str) -> Vec<String> {
    let request = Request {
        text: text.to_owned(),
        number: 0,
    };
    let found = chains.translate(&[request], &Interrupt::default()).unwrap();
    let hops = found.into_iter().next().unwrap().unwrap();
    hops.into_iter()
        .map(|hop| format!("{}: {}", hop.language, hop.text))
        .collect()
}

#[test]
fn to_esperanto_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut chains) = chains(&["en", "eo", "en"], dir.path()) else {
        return;
    };
    let found = hops(&mut chains, "I love my sister.");
    assert_eq!(found, ["eo: mi amas mian fratinon.", "en: I love my sister."]);
}

#[test]
fn over_two_languages_and_back() {
    let dir = tempfile::tempdir().unwrap();
    let codes = ["en", "es", "fr", "es", "en"];
    let Some(mut chains) = chains(&codes, dir.path()) else {
        return;
    };
    let found = hops(&mut chains, "The red house is very big.");
    assert_eq!(found.len(), 4);
    assert_eq!(found[0], "es: La casa roja es muy grande.");
    assert!(found[1].starts_with("fr: La maison rouge"), "{found:?}");
    assert!(found[3].starts_with("en: The red house"), "{found:?}");
}

/// `apertium-tagger` remembers what it should not: after "THE" it takes "dead" for an adverb wherever an unknown word
/// comes before it.
#[test]
fn a_text_becomes_the_same_whatever_comes_before_it() {
    let texts = [
        "THE",
        "The blorf seems dead.",
        "I have a book",
        "",
        "Wow",
        "The blorf is actually dead!",
    ];
    let mut seen = Vec::new();
    for order in [
        vec![0, 1, 2, 4, 5],
        vec![5, 4, 2, 1, 0],
        vec![1],
        vec![5],
        vec![2],
        vec![4],
    ] {
        let dir = tempfile::tempdir().unwrap();
        let Some(mut chains) = chains(&["en", "eo", "en"], dir.path()) else {
            return;
        };
        let asked: Vec<&str> = order.iter().map(|&at| texts[at]).collect();
        // One by one through the same processes: together they would be sorted.
        for (&at, text) in order.iter().zip(asked) {
            let found = last(&mut chains, &[text]).unwrap().remove(0);
            seen.push((at, found));
        }
    }
    for (at, found) in &seen {
        for (other, same) in &seen {
            assert!(
                at != other || found == same,
                "{}: {found:?} and {same:?}",
                texts[*at]
            );
        }
    }
    assert!(seen.iter().any(|(at, found)| *at == 1 && found.is_ok()));
}

#[test]
fn signs_and_lines_survive() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut chains) = chains(&["en", "eo", "en"], dir.path()) else {
        return;
    };
    let text = "My [house] is {big} ^and^ red$ 1/2 @home <b>new</b> back\\slash ~ 😀 é\nThe dog is here.\n\nIt sleeps.";
    let found = last(&mut chains, &[text, "x", "\u{0}\u{1}", "* # + | %"]).unwrap();
    let back = found[0].as_ref().unwrap();
    // Its rules for Esperanto double a bracket here and there, but none is lost or takes words with it.
    for sign in "[]{}^$/@<>\\~😀".chars() {
        assert!(back.contains(sign), "{sign}: {back}");
    }
    assert_eq!(back.matches('\n').count(), 3, "{back}");
    for word in ["house", "big", "red", "home", "new", "dog"] {
        assert!(back.contains(word), "{word}: {back}");
    }
    assert!(
        back.contains("\nThe dog") && back.ends_with('.') && !back.contains(".."),
        "{back}"
    );
    // Nothing to translate in these, and nothing breaks.
    assert!(found[1..].iter().all(Result::is_err), "{found:?}");
}

#[test]
fn long_and_many_texts_come_through() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut chains) = chains(&["en", "eo", "en"], dir.path()) else {
        return;
    };
    let long = "The dog sees the cat in the garden of my house. ".repeat(400);
    let mut texts = vec![long];
    texts.extend((0..150).map(|number| format!("The dog has {number} books.")));
    let shown: Vec<&str> = texts.iter().map(String::as_str).collect();
    let found = last(&mut chains, &shown).unwrap();
    let long = found[0].as_ref().unwrap();
    assert_eq!(long.matches("garden").count(), 400, "{long}");
    for (number, found) in found[1..].iter().enumerate() {
        // Some stay as they were, which counts as none.
        let shown = found.as_deref().unwrap_or("unchanged");
        assert!(
            shown == "unchanged" || shown.contains(&number.to_string()),
            "{shown}"
        );
    }
}

#[test]
fn what_is_not_installed_is_named() {
    let Some(_) = installed(&["en", "eo", "en"]) else {
        return;
    };
    let modes = Modes::find().unwrap();
    let error = modes.mode(&Pair::new("en", "ja"), None).unwrap_err().to_string();
    assert!(
        error.contains("no mode from en to ja; there are: ") && error.contains("en-eo"),
        "{error}"
    );
    assert!(error.contains("no package of Debian"), "{error}");
    let error = modes
        .mode(&Pair::new("en", "eo"), Some("eo-xx"))
        .unwrap_err()
        .to_string();
    assert!(error.contains("\"eo-xx\""), "{error}");
    let (out, back) = (
        modes.mode(&Pair::new("eng", "epo"), None).unwrap(),
        modes.mode(&Pair::new("eo", "en"), None).unwrap(),
    );
    assert_eq!((out.name.as_str(), back.name.as_str()), ("en-eo", "eo-en"));
    assert_ne!(out, back);
}

/// A server that is gone with its processes when it is dropped.
struct Apys(Child);

impl Drop for Apys {
    fn drop(&mut self) {
        let group = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        let _ = self.0.wait();
    }
}

#[test]
fn a_real_apy_gives_what_apertium_gives() {
    let dir = tempfile::tempdir().unwrap();
    let Some(mut local) = chains(&["en", "eo", "en"], dir.path()) else {
        return;
    };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let started = Command::new("apertium-apy")
        .args(["-p", &port.to_string(), "/usr/share/apertium"])
        .current_dir(dir.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
    let Ok(child) = started else {
        eprintln!("skipped: apertium-apy is not installed");
        return;
    };
    let mut server = Apys(child);
    let settings = HttpSettings {
        url: Some(format!("http://127.0.0.1:{port}").parse().unwrap()),
        concurrency: 2,
        timeout: LONG,
        retries: 1,
    };
    let pairs = Pair::of_chains(&[chain(&["en", "eo", "en"])]);
    let begun = Instant::now();
    let remote = loop {
        let mut remote = Remote::new(Box::new(Apy), &settings, &pairs);
        match remote.connect(&Interrupt::default()) {
            Ok(()) => break remote,
            Err(error) => {
                assert!(begun.elapsed() < LONG, "{error}");
                assert!(
                    server.0.try_wait().unwrap().is_none(),
                    "apertium-apy ended: {error}"
                );
            }
        }
    };
    let folder = dir.path().join("apy");
    let codes = [chain(&["en", "eo", "en"])];
    let mut remote = Chains::new(&codes, Box::new(remote), ("apy", &folder), None).unwrap();
    let texts = [
        "The big dog sleeps in my <b>house</b> & [garden].",
        "I see three red books.",
    ];
    assert_eq!(
        last(&mut remote, &texts).unwrap(),
        last(&mut local, &texts).unwrap()
    );
}
