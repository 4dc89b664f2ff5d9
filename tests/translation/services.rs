//! Each service is asked as it documents, and its answers are taken.

use serde_json::json;

use crate::lab::{KEY, KINDS, Lab};
use crate::server::{Kind, Reply, field};

#[test]
fn a_chain_goes_there_and_back_and_only_once() {
    for kind in KINDS {
        let lab = Lab::new(kind);
        let texts = ["I am here.", "Why \"not\"?\nü 😀 <b>&amp;</b>", "I am here."];
        for round in 0..2 {
            let found = lab.translate(&texts).unwrap();
            assert_eq!(found[0], Ok("i am here. again".to_owned()), "{kind:?}");
            assert_eq!(found[1], Ok("why \"not\"?\nü 😀 <b>&amp;</b> again".to_owned()));
            assert_eq!(found[2], found[0]);
            let hops = if kind == Kind::Apy { 4 } else { 2 };
            // The second run has all of it on disk.
            assert_eq!(
                lab.server.log().len(),
                if round == 0 { hops } else { 0 },
                "{kind:?}"
            );
            lab.server.script(|_| None);
        }
    }
}

#[test]
fn requests_are_as_documented() {
    for kind in KINDS {
        let lab = Lab::new(kind);
        lab.translate(&["a"]).unwrap();
        let log = lab.server.log();
        let (out, back) = (&log[0], &log[1]);
        let header = |name: &str| out.headers.get(name).map(String::as_str);
        assert_eq!(out.method, "POST");
        match kind {
            Kind::LibreTranslate => {
                assert_eq!(out.path, "/translate");
                let sent =
                    json!({ "q": ["a"], "source": "en", "target": "fr", "format": "text", "api_key": KEY });
                assert_eq!(out.json(), sent);
            }
            Kind::DeepL => {
                assert_eq!(out.path, "/v2/translate");
                assert_eq!(header("authorization").unwrap(), format!("DeepL-Auth-Key {KEY}"));
                assert_eq!(
                    out.json(),
                    json!({ "text": ["a"], "source_lang": "EN", "target_lang": "FR" })
                );
                assert_eq!(back.json()["target_lang"], "EN-US");
            }
            Kind::Google => {
                assert_eq!(out.path, "/language/translate/v2");
                assert_eq!(header("x-goog-api-key"), Some(KEY));
                let sent = json!({ "q": ["a"], "source": "en", "target": "fr", "format": "text" });
                assert_eq!(out.json(), sent);
            }
            Kind::Apy => {
                assert_eq!(out.path, "/translate");
                assert_eq!(header("content-type"), Some("application/x-www-form-urlencoded"));
                assert_eq!(field(&out.body, "langpair"), "en|fr");
                assert_eq!(field(&out.body, "markUnknown"), "no");
                assert_eq!(field(&back.body, "q"), "A");
            }
        }
    }
}

#[test]
fn many_texts_go_in_portions_and_come_back_in_order() {
    for (kind, most) in [(Kind::LibreTranslate, 32), (Kind::DeepL, 50), (Kind::Google, 128)] {
        let mut lab = Lab::new(kind);
        lab.concurrency = 4;
        let texts: Vec<String> = (0..300).map(|n| format!("text number {n}")).collect();
        let shown: Vec<&str> = texts.iter().map(String::as_str).collect();
        let found = lab.translate(&shown).unwrap();
        for (text, found) in texts.iter().zip(found) {
            assert_eq!(found.unwrap(), format!("{text} again"));
        }
        let portions = 2 * 300_usize.div_ceil(most);
        assert_eq!(lab.server.log().len(), portions, "{kind:?}");
    }
}

#[test]
fn large_texts_are_spread_and_too_large_ones_left_out() {
    let lab = Lab::new(Kind::DeepL);
    let large: Vec<String> = (0..4).map(|n| format!("{n}{}", "word ".repeat(8_000))).collect();
    let mut texts: Vec<&str> = large.iter().map(String::as_str).collect();
    let huge = "word ".repeat(40_000);
    texts.push(&huge);
    let found = lab.translate(&texts).unwrap();
    assert!(found[..4].iter().all(Result::is_ok));
    assert!(found[4].as_ref().unwrap_err().contains("too long"));
    assert!(
        lab.server
            .log()
            .iter()
            .all(|request| request.body.len() < 128 << 10)
    );
}

#[test]
fn unchanged_with_200_is_no_translation_and_not_asked_again() {
    let lab = Lab::new(Kind::LibreTranslate);
    lab.server.script(|request| {
        let texts = request.json()["q"].clone();
        Some(Reply::json(200, &json!({ "translatedText": texts })))
    });
    for round in 0..2 {
        let found = lab.translate(&["lol", "rofl"]).unwrap();
        assert!(found.iter().all(Result::is_err), "{found:?}");
        // One request for the first hop of the first run; none later.
        assert_eq!(lab.server.log().len(), 1, "round {round}");
    }
}
