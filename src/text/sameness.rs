//! Whether two sentences are really different: not only in case, contractions, punctuation or blanks.

use super::words::words;

/// What all ways of writing one sentence have in common: lower case, contractions written out, no punctuation, one
/// blank between words. Two sentences with one key count as the same.
#[must_use]
pub fn key(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for part in parts(text) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&part);
    }
    if out.is_empty() {
        // Nothing but signs: then these tell sentences apart.
        out = text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    out
}

/// The words of a sentence in lower case, contractions written out: `don't`, `DON’T` and `do n't` are `do`, `not`.
#[must_use]
pub fn parts(text: &str) -> Vec<String> {
    let text = joined_clitics(&text.to_lowercase().replace(['’', '‘', 'ʼ', '`'], "'"));
    let mut out = Vec::new();
    for word in words(&text) {
        expand(word.text, &mut out);
    }
    out
}

/// Tokenised text keeps clitics apart (`do n't`, `i 'm`): joined again.
fn joined_clitics(text: &str) -> String {
    const CLITICS: [&str; 7] = ["n't", "'m", "'re", "'ve", "'ll", "'d", "'s"];
    let mut out = String::with_capacity(text.len());
    for (index, word) in text.split(' ').enumerate() {
        let clitic = CLITICS.iter().any(|clitic| {
            word.strip_prefix(clitic)
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        });
        let after_word = out.chars().next_back().is_some_and(char::is_alphanumeric);
        if index > 0 && !(clitic && after_word) {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn expand(word: &str, out: &mut Vec<String>) {
    let mut push = |words: &[&str]| out.extend(words.iter().map(|word| (*word).to_owned()));
    match word {
        "cannot" | "can't" => return push(&["can", "not"]),
        "won't" => return push(&["will", "not"]),
        "shan't" => return push(&["shall", "not"]),
        "ain't" => return push(&["is", "not"]),
        "let's" => return push(&["let", "us"]),
        "gonna" => return push(&["going", "to"]),
        "wanna" => return push(&["want", "to"]),
        "gotta" => return push(&["got", "to"]),
        _ => {}
    }
    if let Some(stem) = word.strip_suffix("n't") {
        return push(&[stem, "not"]);
    }
    let (stem, rest) = match word.rsplit_once('\'') {
        Some((stem, "m")) => (stem, "am"),
        Some((stem, "re")) => (stem, "are"),
        Some((stem, "ve")) => (stem, "have"),
        Some((stem, "ll")) => (stem, "will"),
        // "had" or "would": nobody can tell, but both ways of writing it are the same.
        Some((stem, "d")) => (stem, "'d"),
        Some((
            stem @ ("it" | "he" | "she" | "that" | "there" | "here" | "what" | "who" | "where" | "how"
            | "this"),
            "s",
        )) => (stem, "is"),
        _ => (word, ""),
    };
    push(&[stem]);
    if !rest.is_empty() {
        push(&[rest]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_alone_is_no_difference() {
        for (a, b) in [
            (
                "DON'T TALK TO ME LIKE I'M A CHILD.",
                "do n't talk to me like I 'm a child .",
            ),
            ("I am here", "I'm here!"),
            ("You can't!", "you cannot"),
            ("It’s   fine…", "it is fine"),
            ("WON'T", "will not"),
            ("?!", " ?! "),
        ] {
            assert_eq!(key(a), key(b));
        }
    }

    #[test]
    fn other_words_are() {
        for (a, b) in [
            ("I am glad", "I am sad"),
            ("I do", "I don't"),
            ("?!", "..."),
            ("the dog's bone", "the dogs bone"),
            ("Я знаю", "Я не знаю"),
        ] {
            assert_ne!(key(a), key(b));
        }
    }
}
