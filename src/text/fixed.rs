//! What stands in a text for something else and stays as it is: addresses, mentions, tags and placeholders like
//! `[NAME]`.

use std::ops::Range;

/// The bytes of everything that no fill may touch and no translation may lose, in order.
#[must_use]
pub fn fixed(text: &str) -> Vec<Range<usize>> {
    let mut found = placeholders(text);
    let mut start = 0;
    for part in text.split_inclusive(char::is_whitespace) {
        let word = part.trim_end();
        let bare = word.trim_start_matches(['(', '"', '\'', '“', '‘']);
        let from = start + word.len() - bare.len();
        let kept = bare.trim_end_matches(['.', ',', '!', '?', ':', ';', ')', '"', '\'', '”', '’', '…']);
        if is_address(kept) {
            found.push(from..from + kept.len());
        }
        start += part.len();
    }
    found.sort_by_key(|range| (range.start, range.end));
    found
}

/// `[NAME]`, `<url>`, `{user_1}`: one word of letters, digits and underscores in brackets.
fn placeholders(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, sign) in text.char_indices() {
        match (sign, open) {
            ('[' | '<' | '{', _) => open = Some((at, sign)),
            (']' | '>' | '}', Some((start, opened))) => {
                let pair = matches!((opened, sign), ('[', ']') | ('<', '>') | ('{', '}'));
                if pair && at > start + 1 {
                    found.push(start..at + 1);
                }
                open = None;
            }
            (sign, Some(_)) if !sign.is_alphanumeric() && sign != '_' => open = None,
            _ => {}
        }
    }
    found
}

fn is_address(word: &str) -> bool {
    let mut signs = word.chars();
    match signs.next() {
        Some('@' | '#') => return signs.next().is_some_and(char::is_alphanumeric),
        None => return false,
        Some(_) => {}
    }
    let lower = word.to_lowercase();
    let forum = ["r/", "/r/", "u/", "/u/"]
        .iter()
        .any(|start| lower.strip_prefix(start).is_some_and(|rest| !rest.is_empty()));
    let mail = word
        .split_once('@')
        .is_some_and(|(user, host)| !user.is_empty() && host.contains('.'));
    forum || mail || lower.contains("://") || lower.starts_with("www.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_mentions_tags_and_placeholders() {
        let text = "Hi [NAME], (see https://example.org/a?b=c), ask @you_1 or me@example.org #so_true! in r/ask <url> \
                    {user_1}";
        let found: Vec<&str> = fixed(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(
            found,
            [
                "[NAME]",
                "https://example.org/a?b=c",
                "@you_1",
                "me@example.org",
                "#so_true",
                "r/ask",
                "<url>",
                "{user_1}"
            ]
        );
    }

    #[test]
    fn plain_text_holds_none() {
        for text in [
            "I <3 you",
            "see [the note] here",
            "a @ b # c",
            "either/or",
            "1 < 2 > 0",
            "[]",
            "@",
            "",
            "😀 [",
        ] {
            assert_eq!(fixed(text), Vec::<Range<usize>>::new(), "{text}");
        }
    }
}
