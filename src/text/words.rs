//! Words of a text with the bytes they stand at, so that one can be replaced and all else stays as it was.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// A word as Unicode's word boundaries give it (UAX #29): `don't` is one word, `well-known` two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its bytes in the text.
    pub range: Range<usize>,
    /// Its letters.
    pub text: &'a str,
}

impl Word<'_> {
    /// Whether it holds letters and nothing else.
    #[must_use]
    pub fn is_letters(&self) -> bool {
        self.text.chars().all(char::is_alphabetic)
    }

    /// Whether it holds a digit.
    #[must_use]
    pub fn has_digit(&self) -> bool {
        self.text.chars().any(char::is_numeric)
    }
}

/// The words of a text, in order.
#[must_use]
pub fn words(text: &str) -> Vec<Word<'_>> {
    text.unicode_word_indices()
        .map(|(start, text)| Word {
            range: start..start + text.len(),
            text,
        })
        .collect()
}

/// Whether a word begins a sentence: nothing stands before it, or the last sign before it ends one.
#[must_use]
pub fn begins_sentence(text: &str, word: &Word<'_>) -> bool {
    let before = text[..word.range.start].trim_end_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '"' | '\'' | '(' | '[' | '“' | '‘' | '«' | '¿' | '¡' | '-' | '–' | '—'
            )
    });
    before
        .chars()
        .next_back()
        .is_none_or(|last| matches!(last, '.' | '!' | '?' | '…' | ':' | ';' | '\n'))
}

/// Whether a word hangs on a neighbour: joined to it by a hyphen or an apostrophe, or a part of something like
/// `user@example.org`, `#tag`, `a/b` or `_x`. Replacing it would change the whole.
#[must_use]
pub fn is_joined(text: &str, word: &Word<'_>) -> bool {
    let joins = |sign: char| {
        matches!(
            sign,
            '-' | '\'' | '’' | '@' | '#' | '/' | '\\' | '_' | '.' | '&' | '*' | '%'
        )
    };
    let mut after = text[word.range.end..].chars();
    let before = text[..word.range.start].chars().next_back();
    if before.is_some_and(|sign| joins(sign) && sign != '.') {
        return true;
    }
    match (after.next(), after.next()) {
        // A full stop joins only if the word goes on behind it.
        (Some('.'), next) => next.is_some_and(char::is_alphanumeric),
        (Some(sign @ ('-' | '\'' | '’')), next) => joins(sign) && next.is_some_and(char::is_alphanumeric),
        (Some(sign), _) => joins(sign),
        (None, _) => false,
    }
}

/// The text with one stretch of bytes replaced.
#[must_use]
pub fn spliced(text: &str, range: &Range<usize>, new: &str) -> String {
    [&text[..range.start], new, &text[range.end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        words(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn words_keep_their_apostrophes_and_places() {
        assert_eq!(
            texts("I don't — know, 3.14 well-known!"),
            ["I", "don't", "know", "3.14", "well", "known"]
        );
        assert_eq!(texts("Я не знаю. 😀 你好"), ["Я", "не", "знаю", "你", "好"]);
        let text = "Ünï «cödé»!";
        for word in words(text) {
            assert_eq!(&text[word.range.clone()], word.text);
        }
    }

    #[test]
    fn sentence_beginnings() {
        let text = "Hello there. \"How are you?\" So he said: Fine";
        let begins: Vec<&str> = words(text)
            .iter()
            .filter(|word| begins_sentence(text, word))
            .map(|word| word.text)
            .collect();
        // What stands behind a closing quote may go on with the sentence or begin one; it counts as a beginning.
        assert_eq!(begins, ["Hello", "How", "So", "Fine"]);
    }

    #[test]
    fn joined_words() {
        let text = "a well-known man's e.g. end. me@here #tag it's 'quoted' x/y";
        let free: Vec<&str> = words(text)
            .iter()
            .filter(|word| !is_joined(text, word))
            .map(|word| word.text)
            .collect();
        assert_eq!(free, ["a", "man's", "e.g", "end", "it's"]);
        assert_eq!(spliced("so good!", &(3..7), "bad"), "so bad!");
    }
}
