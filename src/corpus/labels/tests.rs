use super::*;

fn listing(labels: &[&str]) -> Listing {
    let utterance = |(index, label): (usize, &&str)| Utterance {
        id: format!("{index:03}"),
        label: (*label).to_owned(),
        ..Utterance::default()
    };
    Listing {
        utterances: labels.iter().enumerate().map(utterance).collect(),
        skipped: Vec::new(),
    }
}

fn applied(rules: &str, labels: &[&str]) -> Result<Listing, CorpusError> {
    apply(&toml::from_str(rules).unwrap(), listing(labels))
}

fn labels(listing: &Listing) -> Vec<&str> {
    listing
        .utterances
        .iter()
        .map(|utterance| utterance.label.as_str())
        .collect()
}

fn reasons(listing: &Listing) -> Vec<(&str, &str)> {
    listing
        .skipped
        .iter()
        .map(|skipped| (skipped.id.as_str(), skipped.reason.as_str()))
        .collect()
}

#[test]
fn without_rules_all_labels_stay() {
    let listing = applied("", &["sad", " happy ", "a,b"]).unwrap();
    assert_eq!(labels(&listing), ["sad", "happy", "a,b"]);
}

#[test]
fn foreign_labels_are_skipped_with_one_reason_each() {
    let listing = applied("classes = ['neu', 'sad']", &["neu", "fru", "sad", "fru", "oth"]).unwrap();
    assert_eq!(labels(&listing), ["neu", "sad"]);
    assert_eq!(
        listing.skipped_by_reason(),
        [
            ("label \"fru\" is not in classes", 2),
            ("label \"oth\" is not in classes", 1)
        ]
    );
}

#[test]
fn labels_are_mapped_before_classes_are_chosen() {
    let rules = "classes = ['happy']\nlabel_map = { 'hap' = 'happy', 'exc' = 'happy' }";
    let listing = applied(rules, &["hap", "exc", "neu"]).unwrap();
    assert_eq!(labels(&listing), ["happy", "happy"]);
}

#[test]
fn several_labels_are_dropped_or_the_first_is_taken() {
    let found = ["3,4", "3", "4, 4", ",", "5,3"];
    let dropped = applied("label_separator = ','", &found).unwrap();
    assert_eq!(labels(&dropped), ["3", "4"]);
    assert_eq!(
        reasons(&dropped),
        [
            ("000", "has 2 labels"),
            ("003", "the label is empty"),
            ("004", "has 2 labels")
        ]
    );
    let first = applied("label_separator = ','\nmulti_label = 'first'", &found).unwrap();
    assert_eq!(labels(&first), ["3", "3", "4", "5"]);
    let agreed = applied("label_separator = ','\nlabel_map = { 3 = 'a', 4 = 'a' }", &found).unwrap();
    assert_eq!(labels(&agreed), ["a", "a", "a"]);
}

#[test]
fn a_class_without_utterances_is_an_error_that_lists_the_labels() {
    let error = applied("classes = ['sad', 'neutral']", &["sad", "neu", "neu"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "class `neutral` has no utterance; the labels found are `neu` (2), `sad` (1)"
    );
    assert_eq!(error.hint().as_deref(), Some("did you mean `neu`?"));
    assert_eq!(error.key(), Some("classes"));
    let error = applied("classes = ['Sad']", &["sad"]).unwrap_err();
    assert_eq!(error.hint().as_deref(), Some("did you mean `sad`?"));
    let error = applied("classes = ['joy']", &["sad"]).unwrap_err();
    assert!(error.hint().unwrap().contains("label_map"));
}

#[test]
fn labels_that_would_share_a_folder_are_an_error() {
    for (rules, found) in [
        ("", ["Happy", "happy"]),
        ("", ["very sad", "very-sad"]),
        ("", ["Гнев", "гнев"]),
        ("classes = ['happy']", ["Happy", "happy"]),
        ("classes = ['happy', 'Happy']", ["Happy", "happy"]),
    ] {
        let error = applied(rules, &found).unwrap_err();
        assert!(
            matches!(error, CorpusError::LabelCollision { .. }),
            "{rules} {found:?}: {error}"
        );
        assert!(error.hint().unwrap().contains("label_map"));
    }
    // Labels that are left out may collide with one another.
    assert!(applied("classes = ['sad']", &["sad", "Happy", "happy"]).is_ok());
    assert!(applied("", &["гнев", "гневу"]).is_ok());
}

#[test]
fn a_label_needs_a_folder_name() {
    let error = applied("", &["sad", "?!"]).unwrap_err();
    assert!(
        matches!(&error, CorpusError::EmptySlug { label } if label == "?!"),
        "{error}"
    );
    assert!(applied("classes = ['sad']", &["sad", "?!"]).is_ok());
    assert_eq!(folder_name("гнев"), "u433-u43d-u435-u432");
}

#[test]
fn keep_names_classes() {
    assert!(applied("keep = { sad = 3 }", &["sad"]).is_ok());
    let error = applied("keep = { sda = 3 }", &["sad"]).unwrap_err();
    assert_eq!(
        (error.key(), error.hint().as_deref()),
        (Some("keep.sda"), Some("did you mean `sad`?"))
    );
    // Found, but no class.
    assert!(applied("classes = ['sad']\nkeep = { neu = 3 }", &["sad", "neu"]).is_err());
}

#[test]
fn rules_that_cannot_be_applied_are_errors_of_their_key() {
    for (rules, key) in [
        ("label_separator = ''", "label_separator"),
        ("label_map = { sad = ' ' }", "label_map"),
        ("classes = ['sad', 'sad']", "classes"),
        ("classes = ['']", "classes"),
    ] {
        assert_eq!(applied(rules, &["sad"]).unwrap_err().key(), Some(key), "{rules}");
    }
}

#[test]
fn nothing_left_is_an_error_that_says_why() {
    let error = applied("label_separator = ','", &["a,b", "b,a", ","]).unwrap_err();
    let expected =
        "the corpus has no utterance that can be used\n  2 × has 2 labels\n  1 × the label is empty";
    assert_eq!(error.to_string(), expected);
}
