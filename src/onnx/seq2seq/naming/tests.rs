use serde_json::{Value, json};

use super::*;

fn special(files: &[(&str, Value)]) -> (tempfile::TempDir, SpecialFiles) {
    let dir = tempfile::tempdir().unwrap();
    for (name, value) in files {
        std::fs::write(dir.path().join(name), value.to_string()).unwrap();
    }
    let special = SpecialFiles::open(&ModelFolder::new(dir.path())).unwrap();
    (dir, special)
}

fn marian(tokens: &[(&str, u32)], config: Value) -> Naming {
    let (_dir, special) = special(&[("tokenizer_config.json", config)]);
    let tokens = tokens.iter().map(|&(token, id)| (token.to_owned(), id));
    Naming::marian(tokens.collect(), &special)
}

fn m2m100(size: Option<usize>, files: &[(&str, Value)]) -> Result<Naming, FolderError> {
    let (dir, special) = special(files);
    Naming::m2m100(&ModelFolder::new(dir.path()), size, &special)
}

fn pair<'a>(source: &'a str, target: &'a str) -> Option<Languages<'a>> {
    Some(Languages { source, target })
}

#[test]
fn a_target_code_goes_before_the_text() {
    let naming = marian(&[("▁a", 1), (">>fra<<", 8), (">>deu<<", 9)], json!({}));
    let frame = naming.frame(pair("eng", "deu")).unwrap();
    assert_eq!(
        (frame.before, frame.first, frame.named_in_text),
        (vec![9], None, false)
    );
    let error = naming.frame(pair("eng", "tur")).unwrap_err().to_string();
    assert!(
        error.contains("\"tur\"") && error.contains("it knows deu, fra"),
        "{error}"
    );
    // Without languages a text may say it itself.
    assert!(naming.frame(None).unwrap().named_in_text);
}

#[test]
fn a_model_of_one_pair_needs_nothing_and_refuses_others() {
    let naming = marian(&[("▁a", 1)], json!({"source_lang": "en", "target_lang": "fr"}));
    let plain = Frame::default();
    assert_eq!(naming.frame(pair("en", "fr")).unwrap(), plain);
    // Codes of another length may mean the same language.
    assert_eq!(naming.frame(pair("eng", "fra")).unwrap(), plain);
    for asked in [pair("en", "de"), pair("fr", "en")] {
        let error = naming.frame(asked).unwrap_err().to_string();
        assert!(error.contains("expected en to fr"), "{error}");
    }
    let untold = marian(&[("▁a", 1)], json!({}));
    assert_eq!(untold.frame(pair("en", "de")).unwrap(), plain);
}

#[test]
fn language_tokens_are_looked_up_by_name() {
    let added = json!({"__en__": 50, "__fr__": 77, "<x>": 3});
    let naming = m2m100(Some(40), &[("added_tokens.json", added)]).unwrap();
    assert_eq!(naming.known().collect::<Vec<_>>(), ["en", "fr"]);
    let frame = naming.frame(pair("fr", "en")).unwrap();
    assert_eq!((frame.before, frame.first), (vec![77], Some(50)));
    let error = naming.frame(pair("en", "xx")).unwrap_err().to_string();
    assert!(
        error.contains("found language \"xx\"") && error.contains("it knows en, fr"),
        "{error}"
    );
    let error = naming.frame(None).unwrap_err().to_string();
    assert!(error.contains("found no languages"), "{error}");
}

#[test]
fn every_file_that_lists_language_tokens_is_asked() {
    let decoder = json!({"added_tokens_decoder": {"60": {"content": "__af__"}, "61": {"content": "__ a__"}}});
    let naming = m2m100(Some(40), &[("tokenizer_config.json", decoder)]).unwrap();
    assert_eq!(naming.known().collect::<Vec<_>>(), ["af"]);
    assert_eq!(naming.frame(pair("af", "af")).unwrap().first, Some(60));
    let whole = json!({"version": "1.0", "added_tokens": [
        {"id": 3, "content": "<unk>", "special": true}, {"id": 70, "content": "__af__", "special": true}
    ], "model": {"vocab": {"a": 1}}});
    let naming = m2m100(None, &[("tokenizer.json", whole)]).unwrap();
    assert_eq!(naming.frame(pair("af", "af")).unwrap().first, Some(70));
    let map = json!({"additional_special_tokens": ["__af__", {"content": "__zh_CN__"}]});
    let naming = m2m100(Some(40), &[("special_tokens_map.json", map)]).unwrap();
    let frame = naming.frame(pair("af", "zh_CN")).unwrap();
    assert_eq!((frame.before, frame.first), (vec![40], Some(41)));
}

#[test]
fn where_none_lists_them_language_tokens_follow_the_vocabulary() {
    let naming = m2m100(Some(128_004), &[]).unwrap();
    assert_eq!(naming.known().count(), 100);
    // The numbers of the first release.
    let frame = naming.frame(pair("en", "fr")).unwrap();
    assert_eq!((frame.before, frame.first), (vec![128_022], Some(128_028)));
    assert_eq!(naming.frame(pair("af", "zu")).unwrap().first, Some(128_103));
    let config = json!({"language_codes": "wmt21"});
    let naming = m2m100(Some(10), &[("tokenizer_config.json", config)]).unwrap();
    assert_eq!(naming.frame(pair("en", "de")).unwrap().first, Some(17));
    let error = m2m100(None, &[]).unwrap_err().to_string();
    assert!(error.contains("no language tokens"), "{error}");
}
