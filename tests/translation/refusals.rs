//! What becomes of answers that are none.

use std::net::TcpListener;
use std::time::Duration;

use augment::text::models::RoundError;
use augment::text::translate::BackendError;
use serde_json::{Value, json};

use crate::lab::{KEY, KINDS, Lab, last};
use crate::server::{Kind, Reply, texts as texts_of};

fn deepl(status: u16) -> Reply {
    Reply::json(status, &json!({ "message": "as documented" }))
}

fn google(status: u16, reason: &str) -> Reply {
    let error = json!({ "code": status, "message": "as documented", "errors": [{ "reason": reason }] });
    Reply::json(status, &json!({ "error": error }))
}

fn libre(status: u16, words: &str) -> Reply {
    Reply::json(status, &json!({ "error": words }))
}

/// What a run says that can't go on.
fn quota(lab: &Lab, texts: &[&str]) -> String {
    match lab.translate(texts) {
        Err(RoundError::Quota(why)) => why,
        other => panic!("{other:?}"),
    }
}

fn fault(lab: &Lab, texts: &[&str]) -> String {
    match lab.translate(texts) {
        Err(RoundError::Translator(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_quota_stops_and_what_came_is_kept() {
    for (kind, reply) in [
        (Kind::DeepL, deepl(456)),
        (Kind::Google, google(403, "dailyLimitExceeded")),
        (Kind::Google, google(403, "rateLimitExceeded")),
        (
            Kind::LibreTranslate,
            libre(403, "Too many request limits violations"),
        ),
    ] {
        let lab = Lab::new(kind);
        let texts: Vec<String> = (0..200).map(|n| format!("text {n}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut count = 0;
        let refusal = reply.clone();
        lab.server.script(move |_| {
            count += 1;
            (count > 1).then(|| refusal.clone())
        });
        let why = quota(&lab, &texts);
        assert!(why.contains("quota") && why.contains("hint:"), "{why}");
        // One request was answered, the second was not, and none came after it.
        assert_eq!(lab.server.log().len(), 2, "{kind:?}");
        let answered = texts_of(kind, &lab.server.log()[0]).len();
        lab.server.script(|_| None);
        let found = lab.translate(&texts).unwrap();
        assert!(found.iter().all(Result::is_ok));
        let asked = lab.server.texts();
        let again = asked
            .iter()
            .filter(|text| text.chars().any(char::is_lowercase))
            .count();
        assert_eq!(again, 200 - answered, "{kind:?}");
    }
}

#[test]
fn too_many_requests_and_trouble_within_are_waited_out() {
    for kind in KINDS {
        let lab = Lab::new(kind);
        lab.server.replies(vec![
            Reply::new(429, "{}").with("retry-after", "0"),
            Reply::new(503, "").with("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT"),
            Reply::new(500, "<html>oops</html>").with("retry-after", "0"),
        ]);
        let found = lab.translate(&["here"]).unwrap();
        assert_eq!(found, [Ok("here again".to_owned())], "{kind:?}");
        assert_eq!(lab.server.log().len(), 3 + 2);
    }
}

#[test]
fn patience_ends() {
    let mut lab = Lab::new(Kind::DeepL);
    lab.retries = 1;
    lab.server
        .script(|_| Some(Reply::new(429, "{}").with("retry-after", "0")));
    let why = quota(&lab, &["here"]);
    assert!(
        why.contains("gave up after 2 tries") && why.contains("are kept"),
        "{why}"
    );
    assert_eq!(lab.server.log().len(), 2);
    // An hour is not waited for.
    lab.server
        .script(|_| Some(Reply::new(429, "{}").with("retry-after", "3600")));
    let why = quota(&lab, &["here"]);
    assert!(why.contains("3600 s"), "{why}");
    assert_eq!(lab.server.log().len(), 1);
}

#[test]
fn a_service_that_says_nothing_is_given_up() {
    let mut lab = Lab::new(Kind::Google);
    lab.retries = 0;
    for bytes in [0, 5] {
        // Set up while the service still answers.
        lab.timeout = Duration::from_secs(1);
        lab.server.script(move |_| {
            let mut reply = Reply::new(200, "{\"data\":{}}");
            reply.stall = Some(bytes);
            Some(reply)
        });
        let why = quota(&lab, &["here"]);
        assert!(why.contains("gave up after 1 tries"), "{why}");
    }
}

#[test]
fn a_text_that_is_refused_does_not_take_others_with_it() {
    for kind in [Kind::LibreTranslate, Kind::DeepL, Kind::Google] {
        let lab = Lab::new(kind);
        lab.server.script(move |request| {
            let refused = request.body.contains("bad");
            refused.then(|| match kind {
                Kind::LibreTranslate => libre(400, "Invalid request: request (6) exceeds text limit (5)"),
                Kind::DeepL => deepl(413),
                _ => google(400, "invalid"),
            })
        });
        let found = lab.translate(&["one", "two", "bad", "four", "five"]).unwrap();
        assert_eq!(found.iter().filter(|found| found.is_ok()).count(), 4, "{kind:?}");
        assert!(found[2].as_ref().unwrap_err().contains("answered 4"), "{found:?}");
    }
}

#[test]
fn if_all_texts_are_refused_it_is_not_the_texts() {
    let lab = Lab::new(Kind::LibreTranslate);
    lab.server
        .script(|_| Some(libre(400, "Invalid request: something is missing")));
    let texts: Vec<String> = (0..100).map(|n| format!("text {n}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let why = fault(&lab, &texts);
    assert!(why.contains("something is missing"), "{why}");
    assert!(lab.server.log().len() < 60);
}

#[test]
fn a_wrong_key_is_told_from_a_quota() {
    for (kind, reply) in [
        (Kind::DeepL, deepl(403)),
        (Kind::Google, google(403, "forbidden")),
        (Kind::Google, google(400, "keyInvalid")),
        (Kind::DeepL, deepl(401)),
        (Kind::LibreTranslate, libre(403, "Invalid API key")),
        (
            Kind::LibreTranslate,
            libre(403, "Please contact the server operator to get an API key"),
        ),
        (
            Kind::LibreTranslate,
            libre(400, "Please contact the server operator to get an API key"),
        ),
        (
            Kind::LibreTranslate,
            libre(400, "Visit https://portal.example.org to get an API key"),
        ),
    ] {
        let lab = Lab::new(kind);
        lab.server.replies(vec![reply]);
        let why = fault(&lab, &["here"]);
        assert!(why.contains("hint: look whether the key in"), "{kind:?}: {why}");
        assert!(!why.contains("are kept"), "{why}");
        assert_eq!(lab.server.log().len(), 1);
    }
}

#[test]
fn a_key_that_ends_in_the_middle_ends_the_run_and_says_what_is_kept() {
    let lab = Lab::new(Kind::DeepL);
    let mut count = 0;
    lab.server.script(move |_| {
        count += 1;
        (count > 1).then(|| deepl(403))
    });
    let why = fault(&lab, &["one", "two", "three"]);
    assert!(
        why.contains("answered 403: as documented; the 3 translations of this run are kept"),
        "{why}"
    );
    assert!(why.contains("\nhint: look whether the key in"), "{why}");
    lab.server.script(|_| None);
    assert!(
        lab.translate(&["one", "two", "three"])
            .unwrap()
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(lab.server.log().len(), 1);
}

#[test]
fn answers_of_something_in_between_are_waited_out() {
    let page = || Reply::new(200, "<html>maintenance</html>").with("retry-after", "0");
    for kind in KINDS {
        let lab = Lab::new(kind);
        lab.server.replies(vec![
            page(),
            Reply::new(307, "")
                .with("location", "/login")
                .with("retry-after", "0"),
            Reply::new(200, "{}").with("retry-after", "0"),
        ]);
        assert_eq!(
            lab.translate(&["here"]).unwrap(),
            [Ok("here again".to_owned())],
            "{kind:?}"
        );
        assert_eq!(lab.server.log().len(), 3 + 2);
    }
    // When patience ends, what came before is kept.
    let mut lab = Lab::new(Kind::DeepL);
    lab.retries = 2;
    let mut count = 0;
    lab.server.script(move |_| {
        count += 1;
        (count > 1).then(page)
    });
    let why = quota(&lab, &["one", "two"]);
    assert!(
        why.contains("a page of HTML") && why.contains("gave up after 3 tries"),
        "{why}"
    );
    assert!(
        why.contains("all translations are kept\nhint: run the same command again"),
        "{why}"
    );
    assert_eq!(lab.server.log().len(), 1 + 3);
    lab.server.script(|_| None);
    assert!(lab.translate(&["one", "two"]).unwrap().iter().all(Result::is_ok));
    assert_eq!(lab.server.log().len(), 1);
}

#[test]
fn answers_that_make_no_sense_are_told() {
    let usual = |body: Value| Reply::json(200, &body);
    for (kind, reply, says) in [
        (
            Kind::DeepL,
            Reply::new(200, "{\"translations\": [{"),
            "found no JSON",
        ),
        (
            Kind::DeepL,
            Reply::new(200, " <!doctype html><p>Log in"),
            "a page of HTML",
        ),
        (
            Kind::DeepL,
            usual(json!({ "translations": [] })),
            "found 0 translations, expected 1",
        ),
        (Kind::Google, usual(json!({ "data": [] })), "another shape"),
        (Kind::Google, usual(json!(null)), "another shape"),
        (
            Kind::LibreTranslate,
            usual(json!({ "translatedText": "A" })),
            "another shape",
        ),
        (
            Kind::LibreTranslate,
            usual(json!({ "translatedText": ["A", "B"] })),
            "found 2 translations",
        ),
        (
            Kind::Apy,
            usual(json!({ "responseData": { "translatedText": 5 } })),
            "another shape",
        ),
        (
            Kind::DeepL,
            Reply::new(302, "").with("location", "http://127.0.0.1:9/"),
            "a redirect",
        ),
    ] {
        let mut lab = Lab::new(kind);
        lab.retries = 0;
        lab.server.replies(vec![reply]);
        let why = quota(&lab, &["here"]);
        assert!(why.contains(says), "{kind:?}, {says}: {why}");
        assert_eq!(lab.server.log().len(), 1);
    }
    for (kind, status, says) in [
        (Kind::Apy, 404, "is [text.translate] url the address"),
        (Kind::DeepL, 418, "answered 418"),
    ] {
        let lab = Lab::new(kind);
        lab.server.replies(vec![Reply::new(status, "{}")]);
        let why = fault(&lab, &["here"]);
        assert!(why.contains(says), "{kind:?}, {says}: {why}");
        assert_eq!(lab.server.log().len(), 1);
    }
}

#[test]
fn a_services_words_are_cut_and_never_hold_the_key() {
    let lab = Lab::new(Kind::DeepL);
    let words = format!("key {KEY} is wrong\u{7}\n{}", "x".repeat(5_000));
    lab.server
        .replies(vec![Reply::json(403, &json!({ "message": words }))]);
    let why = fault(&lab, &["here"]);
    assert!(
        why.contains("key (the key) is wrong") && !why.contains(KEY),
        "{why}"
    );
    assert!(why.len() < 1_000 && !why.contains('\u{7}'), "{why}");
}

#[test]
fn what_is_missing_is_found_at_the_start() {
    let lab = Lab::new(Kind::DeepL);
    let error = lab.connect(&["en", "xx", "en"]).unwrap_err();
    assert!(matches!(error, BackendError::Language { .. }));
    assert!(
        error
            .to_string()
            .contains("from en to xx\nhint: it knows EN-US, FR"),
        "{error}"
    );
    // Nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for kind in KINDS {
        let mut lab = Lab::new(kind);
        lab.retries = 0;
        lab.server.address = format!("http://{free}");
        let error = lab.connect(&["en", "fr", "en"]).unwrap_err().to_string();
        assert!(
            error.contains("no connection") && error.contains("hint: is it running"),
            "{error}"
        );
        // The first text says the same, and counts as sent to nobody.
        let mut chains = lab.chains();
        let Err(RoundError::Translator(why)) = last(&mut chains, &["here"]) else {
            panic!("{kind:?}");
        };
        assert_eq!((why, chains.sent()), (error, 0));
    }
}
