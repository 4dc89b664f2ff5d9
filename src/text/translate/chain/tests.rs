//! Chains over a backend that spells texts out.

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::text::translate::Keep;

/// What was asked: hop and texts.
type Log = Rc<RefCell<Vec<(String, Vec<String>)>>>;

/// Marks a text with the hop it went through; what holds "stay" stays as it is, "fail" fails, "void" comes back empty,
/// "bell" comes back with a control character as the best one, and after so many batches the quota is used up.
#[derive(Debug)]
struct Spelling {
    log: Log,
    best: usize,
    bills: bool,
    batches: usize,
}

impl Backend for Spelling {
    fn identity(&self, pair: &Pair) -> [u8; 32] {
        *blake3::hash(pair.to_string().as_bytes()).as_bytes()
    }

    fn most(&self) -> usize {
        self.best
    }

    fn bills(&self) -> bool {
        self.bills
    }

    fn translate(
        &mut self,
        pair: &Pair,
        texts: &[&str],
        _interrupt: &Interrupt,
        keep: &mut Keep<'_>,
    ) -> Result<(), RoundError> {
        let shown = texts.iter().map(|&text| text.to_owned()).collect();
        self.log.borrow_mut().push((pair.to_string(), shown));
        for (at, text) in texts.iter().enumerate() {
            if self.batches == 0 {
                return Err(RoundError::Quota("no more".to_owned()));
            }
            self.batches -= 1;
            let answer = match *text {
                text if text.contains("fail") => Err("failed".to_owned()),
                text if text.contains("bell") => Ok((0..self.best)
                    .map(|rank| format!("{rank}{}", if rank == 0 { "\u{7}" } else { "" }))
                    .collect()),
                text if text.contains("void") => Ok(vec![" ".to_owned()]),
                text if text.contains("stay") => Ok(vec![text.to_owned()]),
                text => Ok((0..self.best)
                    .map(|rank| format!("{text}>{}{rank}", pair.target))
                    .collect()),
            };
            keep(&[(at, answer)])?;
        }
        Ok(())
    }
}

struct Lab {
    dir: tempfile::TempDir,
    log: Log,
}

impl Lab {
    fn new() -> Self {
        Lab {
            dir: tempfile::tempdir().unwrap(),
            log: Log::default(),
        }
    }

    fn chains(&self, chains: &[&[&str]], best: usize, batches: usize, budget: Option<u64>) -> Chains {
        let chains: Vec<Vec<String>> = chains
            .iter()
            .map(|chain| chain.iter().map(|&code| code.to_owned()).collect())
            .collect();
        let backend = Spelling {
            log: Rc::clone(&self.log),
            best,
            bills: budget.is_some(),
            batches,
        };
        Chains::new(&chains, Box::new(backend), ("spelling", self.dir.path()), budget).unwrap()
    }

    /// What was asked since the last call.
    fn asked(&self) -> Vec<(String, Vec<String>)> {
        std::mem::take(&mut *self.log.borrow_mut())
    }
}

fn requests(list: &[(&str, u64)]) -> Vec<Request> {
    list.iter()
        .map(|&(text, number)| Request {
            text: text.to_owned(),
            number,
        })
        .collect()
}

/// Translates; the last hop of each, or why there is none.
fn last(chains: &mut Chains, list: &[(&str, u64)]) -> Vec<Result<String, String>> {
    let found = chains.translate(&requests(list), &Interrupt::default()).unwrap();
    found
        .into_iter()
        .map(|hops| hops.map(|hops| hops.last().unwrap().text.clone()))
        .collect()
}

fn ok(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

fn asked(hop: &str, texts: &[&str]) -> (String, Vec<String>) {
    (
        hop.to_owned(),
        texts.iter().map(|&text| text.to_owned()).collect(),
    )
}

#[test]
fn all_advance_together_and_each_text_is_asked_once() {
    let lab = Lab::new();
    let mut chains = lab.chains(&[&["en", "fr", "en"], &["en", "fr", "de", "en"]], 1, 99, None);
    let found = last(&mut chains, &[("b", 0), ("a", 1), ("b", 1), ("b", 0)]);
    assert_eq!(
        found,
        [
            ok("b>fr0>en0"),
            ok("a>fr0>de0>en0"),
            ok("b>fr0>de0>en0"),
            ok("b>fr0>en0")
        ]
    );
    assert_eq!(
        lab.asked(),
        [
            asked("en to fr", &["a", "b"]),
            asked("fr to en", &["b>fr0"]),
            asked("fr to de", &["a>fr0", "b>fr0"]),
            asked("de to en", &["a>fr0>de0", "b>fr0>de0"]),
        ]
    );
    assert_eq!(last(&mut chains, &[("b", 1)]), [ok("b>fr0>de0>en0")]);
    assert_eq!(lab.asked(), []);
    // The next run finds them on disk, whatever its other chains are.
    let mut next = lab.chains(&[&["en", "fr", "en"]], 1, 0, None);
    assert_eq!(last(&mut next, &[("b", 0)]), [ok("b>fr0>en0")]);
    assert_eq!(lab.asked(), []);
}

#[test]
fn the_next_best_is_that_of_the_last_hop_and_beyond_it_nobody_is_asked() {
    let lab = Lab::new();
    let mut chains = lab.chains(&[&["en", "fr", "en"], &["en", "de", "en"]], 2, 99, None);
    let found = last(&mut chains, &[("a", 0), ("a", 1), ("a", 2), ("a", 3)]);
    assert_eq!(
        found,
        [ok("a>fr0>en0"), ok("a>de0>en0"), ok("a>fr0>en1"), ok("a>de0>en1")]
    );
    lab.asked();
    let beyond = last(&mut chains, &[("a", 4), ("new", u64::MAX)]);
    assert!(beyond.iter().all(Result::is_err), "{beyond:?}");
    assert_eq!(lab.asked(), []);
}

#[test]
fn what_failed_or_stayed_is_not_asked_again() {
    let lab = Lab::new();
    let mut chains = lab.chains(&[&["en", "fr", "en"]], 1, 99, None);
    for round in 0..2 {
        let found = last(
            &mut chains,
            &[("fail", 0), ("stay", 0), ("void", 0), ("  ", 0), ("a", 0)],
        );
        assert_eq!(found[4], ok("a>fr0>en0"));
        assert!(found[..4].iter().all(Result::is_err), "{found:?}");
        let log = lab.asked();
        match round {
            // None of them goes on to the second hop, and the blank one goes nowhere.
            0 => assert_eq!(
                log,
                [
                    asked("en to fr", &["a", "fail", "stay", "void"]),
                    asked("fr to en", &["a>fr0"])
                ]
            ),
            _ => assert_eq!(log, []),
        }
    }
}

#[test]
fn after_a_quota_the_next_run_asks_only_for_the_rest() {
    let lab = Lab::new();
    let list = [("a", 0), ("b", 0), ("c", 0), ("d", 0)];
    let mut chains = lab.chains(&[&["en", "fr", "en"]], 1, 3, None);
    let stopped = chains.translate(&requests(&list), &Interrupt::default());
    assert!(matches!(stopped, Err(RoundError::Quota(_))));
    lab.asked();
    let mut next = lab.chains(&[&["en", "fr", "en"]], 1, 99, None);
    assert!(last(&mut next, &list).iter().all(Result::is_ok));
    assert_eq!(lab.asked()[0], asked("en to fr", &["d"]));
}

#[test]
fn a_budget_is_not_exceeded_and_used_to_the_last_text_that_fits() {
    let lab = Lab::new();
    let list = [("aaaa", 0), ("bbbb", 0), ("üüüü", 0)];
    let mut chains = lab.chains(&[&["en", "fr", "en"]], 1, 99, Some(9));
    let stopped = chains.translate(&requests(&list), &Interrupt::default());
    let Err(RoundError::Quota(why)) = stopped else {
        panic!("{stopped:?}");
    };
    assert!(
        why.contains("budget_characters = 9") && why.contains("8 characters"),
        "{why}"
    );
    assert_eq!(chains.sent(), 8);
    assert_eq!(lab.asked(), [asked("en to fr", &["aaaa", "bbbb"])]);
    // The next run pays for the rest alone: one text, then three of eight characters.
    let mut next = lab.chains(&[&["en", "fr", "en"]], 1, 99, Some(100));
    assert!(last(&mut next, &list).iter().all(Result::is_ok));
    assert_eq!(next.sent(), 4 + 3 * 8);
}

#[test]
fn hops_of_another_identity_share_nothing() {
    let lab = Lab::new();
    let mut chains = lab.chains(&[&["en", "fr", "en"]], 1, 99, None);
    last(&mut chains, &[("a", 0)]);
    let log = Log::default();
    let backend = Spelling {
        log: Rc::clone(&log),
        best: 1,
        bills: false,
        batches: 99,
    };
    let other = [vec!["en".to_owned(), "fr".to_owned(), "en".to_owned()]];
    let mut other = Chains::new(&other, Box::new(backend), ("other", lab.dir.path()), None).unwrap();
    last(&mut other, &[("a", 0)]);
    assert_eq!(log.borrow().len(), 2);
    assert_eq!(chains.hash(), other.hash());
}

#[test]
fn why_there_is_no_translation_is_counted_by_texts() {
    let lab = Lab::new();
    let list = [
        ("fail 1", 0),
        ("fail 2", 0),
        ("fail 2", 1),
        ("stay", 0),
        ("stay", 0),
        ("bell", 0),
        ("a", 0),
    ];
    let told = [
        ("failed", 2),
        ("came back unchanged", 1),
        ("came back with the character U+0007", 1),
    ];
    let mut told = told.map(|(reason, count)| (reason.to_owned(), count));
    told[1..].sort();
    // The second run has what came in the cache, and asks for the others again.
    for asked in [
        &["a", "bell", "fail 1", "fail 2", "stay"][..],
        &["fail 1", "fail 2"],
    ] {
        let mut chains = lab.chains(&[&["en", "fr", "en"]], 2, 99, None);
        assert_eq!(chains.failures(), []);
        for _ in 0..2 {
            last(&mut chains, &list);
            assert_eq!(chains.failures(), told);
        }
        assert_eq!(lab.asked()[0].1, asked);
    }
}

#[test]
fn what_holds_a_control_character_is_none_and_the_next_best_stands() {
    let lab = Lab::new();
    let mut chains = lab.chains(&[&["en", "fr", "en"]], 2, 99, None);
    // As the first hop it ends the chain; as the last one it is one rank.
    assert!(last(&mut chains, &[("bell", 0)])[0].is_err());
    let backend = Spelling {
        log: Log::default(),
        best: 2,
        bills: false,
        batches: 99,
    };
    let dir = tempfile::tempdir().unwrap();
    let way = ["en".to_owned(), "bell".to_owned(), "en".to_owned()];
    let mut chains = Chains::new(&[way.to_vec()], Box::new(backend), ("x", dir.path()), None).unwrap();
    let found = last(&mut chains, &[("a", 0), ("a", 1)]);
    assert_eq!(found[0], Err("came back with the character U+0007".to_owned()));
    assert_eq!(found[1], ok("1"));
}
