//! Whether a word can follow the article that stands before it: "an idea", "a plan".

use crate::text::words::words;

/// Words that begin with a vowel's letter and a consonant's sound, by their first letters.
const CONSONANTS: [&str; 9] = ["uni", "use", "usu", "uti", "eu", "ewe", "one", "once", "ubi"];
/// Words that begin with a silent h.
const SILENT: [&str; 4] = ["hour", "honest", "honor", "honour"];
/// What "uni" begins and still sounds like a vowel: "unimportant", "uninterested".
const VOWELS: [&str; 3] = ["unim", "unin", "unide"];

/// Whether an English word in lower case can stand behind `left`: after "a" it begins with a consonant's sound, after
/// "an" with a vowel's.
#[must_use]
pub(super) fn agrees(left: &str, word: &str) -> bool {
    let Some(before) = words(left).pop() else {
        return true;
    };
    // Anything but blanks between takes them apart.
    if !left[before.range.end..].chars().all(char::is_whitespace) {
        return true;
    }
    match before.text.to_lowercase().as_str() {
        "a" => !begins_with_vowel(word),
        "an" => begins_with_vowel(word),
        _ => true,
    }
}

fn begins_with_vowel(word: &str) -> bool {
    let any = |list: &[&str]| list.iter().any(|start| word.starts_with(start));
    if any(&SILENT) || any(&VOWELS) {
        return true;
    }
    word.starts_with(['a', 'e', 'i', 'o', 'u']) && !any(&CONSONANTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_agree() {
        for (left, word) in [
            ("It was a ", "plan"),
            ("It was an ", "idea"),
            ("An ", "hour"),
            ("a ", "university"),
            ("a ", "one"),
            ("an ", "unimportant"),
            ("plan A: ", "idea"),
            ("the ", "idea"),
            ("", "idea"),
        ] {
            assert!(agrees(left, word), "{left}{word}");
        }
        for (left, word) in [
            ("It was a ", "idea"),
            ("AN ", "plan"),
            ("a ", "honest"),
            ("an ", "user"),
        ] {
            assert!(!agrees(left, word), "{left}{word}");
        }
    }
}
