//! Upper and lower case: a replaced word gets the case of the one it replaces, a sentence that of its original.

/// How a word or text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Casing {
    /// Without capitals, or without letters that have case.
    Lower,
    /// A capital and then none.
    Title,
    /// Capitals only, more than one of them.
    Upper,
    /// Anything else.
    Mixed,
}

/// The casing of a word.
#[must_use]
pub fn of_word(word: &str) -> Casing {
    let mut letters = word.chars().filter(|c| c.is_uppercase() || c.is_lowercase());
    let Some(first) = letters.next() else {
        return Casing::Lower;
    };
    let (mut upper, mut lower) = (0, 0);
    for letter in letters {
        if letter.is_uppercase() {
            upper += 1;
        } else {
            lower += 1;
        }
    }
    match (first.is_uppercase(), upper, lower) {
        (false, 0, _) => Casing::Lower,
        (true, 0, _) => Casing::Title,
        (true, _, 0) => Casing::Upper,
        _ => Casing::Mixed,
    }
}

/// Whether a text is written in capitals only, as the transcripts of IEMOCAP are: it has capitals and no small
/// letter.
#[must_use]
pub fn is_upper_text(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

/// A word in the casing of another. `I` is one capital and tells nothing of the words around, so in a text of
/// capitals `upper_text` decides.
#[must_use]
pub fn like(new: &str, old: &str, upper_text: bool) -> String {
    match of_word(old) {
        _ if upper_text => new.to_uppercase(),
        Casing::Upper => new.to_uppercase(),
        Casing::Title => capitalised(new),
        Casing::Lower | Casing::Mixed => new.to_owned(),
    }
}

/// With its first letter as a capital.
#[must_use]
pub fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A text of capitals as it would be written otherwise: small letters, with a capital where a sentence begins and
/// for the English `I`. Translators and encoders that know case do badly on capitals.
#[must_use]
pub fn sentence_case(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut out = String::with_capacity(lower.len());
    let mut from = 0;
    for word in super::words::words(&lower) {
        let alone = word.text == "i" || word.text.starts_with("i'") || word.text.starts_with("i’");
        if alone || super::words::begins_sentence(&lower, &word) {
            out.push_str(&lower[from..word.range.start]);
            out.push_str(&capitalised(word.text));
            from = word.range.end;
        }
    }
    out.push_str(&lower[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn casings() {
        for (word, casing) in [
            ("word", Casing::Lower),
            ("Word", Casing::Title),
            ("I", Casing::Title),
            ("WORD", Casing::Upper),
            ("DON'T", Casing::Upper),
            ("iPhone", Casing::Mixed),
            ("123", Casing::Lower),
            ("слово", Casing::Lower),
            ("СЛОВО", Casing::Upper),
        ] {
            assert_eq!(of_word(word), casing, "{word}");
        }
    }

    #[test]
    fn a_fill_is_written_as_the_word_it_replaces() {
        assert_eq!(like("glad", "Happy", false), "Glad");
        assert_eq!(like("glad", "HAPPY", false), "GLAD");
        assert_eq!(like("glad", "happy", false), "glad");
        assert_eq!(like("me", "I", true), "ME");
        assert_eq!(like("straße", "WEG", true), "STRASSE");
    }

    #[test]
    fn capitals_become_sentences() {
        assert_eq!(
            sentence_case("DON'T TALK TO ME. I'M HERE, AND I KNOW!"),
            "Don't talk to me. I'm here, and I know!"
        );
        assert_eq!(sentence_case("ЧТО? ДА."), "Что? Да.");
        assert!(is_upper_text("OK, 1!") && !is_upper_text("Ok") && !is_upper_text("1!"));
    }
}
