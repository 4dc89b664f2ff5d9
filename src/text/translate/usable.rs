//! Whether what came back is text that may go on: into the next hop, and into a dataset.

/// The translation; a run of line breaks and tabs that the text has none of becomes one blank.
///
/// # Errors
/// It is empty, unchanged, or holds characters that are no text.
pub fn usable(text: &str, found: &str) -> Result<String, String> {
    let found = flat(found, |c| is_break(c) && !text.contains(c));
    if let Some(bad) = found.chars().find(|&c| is_no_text(c) && !is_break(c)) {
        return Err(format!("came back with the character U+{:04X}", u32::from(bad)));
    }
    if found.trim().is_empty() {
        return Err("came back empty".to_owned());
    }
    if flat(&found, is_break).trim() == flat(text, is_break).trim() {
        return Err("came back unchanged".to_owned());
    }
    Ok(found)
}

/// Controls, also those that turn the direction of what follows (the embeddings, overrides and isolates of Unicode
/// Standard Annex 9), and the private-use planes 15 and 16.
pub fn is_no_text(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{F0000}'..='\u{10FFFF}')
}

/// Line breaks and tabs.
fn is_break(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// With one blank in place of each run of such characters.
fn flat(text: &str, is: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(&is) {
        out.push_str(&rest[..at]);
        out.push(' ');
        rest = rest[at..].trim_start_matches(&is);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_breaks_and_tabs_that_are_new_become_blanks() {
        assert_eq!(usable("a\nb", "A\n\tB"), Ok("A\n B".to_owned()));
        assert_eq!(
            usable("a", "one\r\n\ttwo\u{2028}three"),
            Ok("one two three".to_owned())
        );
        assert_eq!(
            usable("a", "çà 😀 \u{200D}\u{200F}\u{E000}"),
            Ok("çà 😀 \u{200D}\u{200F}\u{E000}".to_owned())
        );
    }

    #[test]
    fn what_is_no_text_is_told() {
        for (found, says) in [
            ("a\0b", "U+0000"),
            ("\u{1B}[31m", "U+001B"),
            ("a\u{7F}", "U+007F"),
            ("a\u{9B}b", "U+009B"),
            ("\u{202E}abc", "U+202E"),
            ("abc\u{2066}", "U+2066"),
            ("\u{F0000}gap", "U+F0000"),
            ("\u{10FFFD}", "U+10FFFD"),
            (" \n", "came back empty"),
            (" x y\n", "came back unchanged"),
        ] {
            let error = usable("x\ny", found).unwrap_err();
            assert!(error.contains(says), "{found:?}: {error}");
        }
    }
}
