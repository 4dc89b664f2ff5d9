//! Keys: where they go, and where they must not.

use augment::run::interrupt::Interrupt;
use augment::text::translate::{BackendError, HttpSettings, Remote};

use crate::lab::{KEY, KINDS, Lab};
use crate::server::Kind;

#[test]
fn no_key_in_what_is_kept_or_shown() {
    for kind in KINDS {
        let lab = Lab::new(kind);
        let chains = lab.chains();
        assert!(!format!("{chains:?}").contains(KEY));
        lab.translate(&["here"]).unwrap();
        let kept = lab.kept();
        assert!(
            kept.contains("HERE") && !kept.contains(KEY) && !kept.contains("127.0.0.1"),
            "{kept}"
        );
        assert!(lab.server.log().iter().all(|request| !request.path.contains(KEY)));
    }
}

#[test]
fn no_key_goes_out_in_the_open() {
    for kind in [Kind::DeepL, Kind::Google, Kind::LibreTranslate] {
        let lab = Lab::new(kind);
        let settings = HttpSettings {
            // Never asked: RFC 6761 keeps this name from meaning anything.
            url: Some("http://service.invalid/".parse().unwrap()),
            ..lab.settings()
        };
        let open = Remote::with_key(lab.service(), &settings, lab.key(), &[]).connect(&Interrupt::default());
        let error = open.unwrap_err();
        assert!(matches!(error, BackendError::PlainKey { .. }), "{error}");
        assert!(!error.to_string().contains(KEY));
    }
}

#[test]
fn services_that_need_a_key_say_which_variable() {
    for (kind, variable) in [
        (Kind::DeepL, "AUGMENT_DEEPL_KEY"),
        (Kind::Google, "GOOGLE_TRANSLATE_API_KEY"),
    ] {
        let lab = Lab::new(kind);
        let open = Remote::with_key(lab.service(), &lab.settings(), None, &[]).connect(&Interrupt::default());
        let error = open.unwrap_err().to_string();
        assert!(error.contains(&format!("hint: export {variable}=")), "{error}");
    }
    let lab = Lab::new(Kind::LibreTranslate);
    let mut remote = Remote::with_key(lab.service(), &lab.settings(), None, &[]);
    assert!(remote.connect(&Interrupt::default()).is_ok());
}
