//! Apertium's stream format: what stands for itself in a text has to be escaped, and what is no word goes into blanks.
//! <https://wiki.apertium.org/wiki/Apertium_stream_format>

/// Characters with a meaning in the stream.
const SPECIAL: [char; 11] = ['[', ']', '{', '}', '^', '$', '/', '\\', '@', '<', '>'];

/// A text as words and blanks, ended by a full stop that is taken off again: without it the last word would be tagged
/// with what follows.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' | '\r' | '\t' => {
                let mut blank = String::from(c);
                while let Some(next) = chars.next_if(|next| matches!(next, '\n' | '\r' | '\t')) {
                    blank.push(next);
                }
                // An empty line ends a sentence.
                if blank.matches('\n').count() > 1 {
                    out.push_str(".[]");
                }
                out.push('[');
                out.push_str(&blank);
                out.push(']');
            }
            // It wakes up the last step of some modes.
            '~' => out.push_str("[~]"),
            c if c.is_control() => out.push(' '),
            c => {
                if SPECIAL.contains(&c) {
                    out.push('\\');
                }
                out.push(c);
            }
        }
    }
    out.push_str(".[]");
    out
}

/// The text of an answer to `source`.
pub fn plain(source: &str, answer: &str) -> String {
    let mut out = String::with_capacity(answer.len());
    let mut chars = answer.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            '[' => {
                let mut blank = String::new();
                while let Some(c) = chars.next() {
                    match c {
                        ']' => break,
                        '\\' => blank.extend(chars.next()),
                        c => blank.push(c),
                    }
                }
                // A full stop of ours, see above.
                if blank.is_empty() && out.ends_with('.') {
                    out.pop();
                }
                out.push_str(&blank);
            }
            c => out.push(c),
        }
    }
    // A word that translates to nothing leaves two spaces.
    while !source.contains("  ") && out.contains("  ") {
        out = out.replace("  ", " ");
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_has_a_meaning_is_escaped() {
        assert_eq!(escaped("a [b] ^c$"), r"a \[b\] \^c\$.[]");
        assert_eq!(escaped(r"{x} / \ @ <b>"), r"\{x\} \/ \\ \@ \<b\>.[]");
        assert_eq!(
            escaped(" one\ntwo\n\nthree~\u{0}x "),
            "one[\n]two.[][\n\n]three[~] x.[]"
        );
        assert_eq!(escaped(""), ".[]");
    }

    #[test]
    fn what_nothing_was_done_to_comes_back() {
        for text in [
            "",
            "Hello.",
            "Hello...",
            "a [b] ^c$ {d} / \\ @ <e> ~ é 😀",
            "one\ntwo\n\nthree\t\tfour",
            "two  spaces",
            "\\",
            "[[]]",
        ] {
            assert_eq!(plain(text, &escaped(text)), text, "{text:?}");
        }
        assert_eq!(plain("a the b", "a  b.[]"), "a b");
        assert_eq!(plain("x", "broken [blank"), "broken blank");
        assert_eq!(plain("x", "ends in \\"), "ends in");
    }
}
