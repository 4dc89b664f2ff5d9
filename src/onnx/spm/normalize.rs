//! What SentencePiece does to a text before it looks for pieces: replacements, spaces, the leading space.

use super::charsmap::CharsMap;
use super::pieces::Pieces;

/// What pieces have in place of a space.
pub const SPACE: &str = "\u{2581}";

/// The rules of one model.
#[derive(Debug, Clone)]
pub struct Normalizer {
    pub map: CharsMap,
    pub add_dummy_prefix: bool,
    pub remove_extra_spaces: bool,
    pub escape_spaces: bool,
    pub space_as_suffix: bool,
}

impl Normalizer {
    /// The text in which pieces are looked for. `kept` are symbols that no rule touches.
    pub fn apply(&self, text: &str, kept: &Pieces) -> String {
        let space = if self.escape_spaces { SPACE } else { " " };
        let mut rest = text;
        if self.remove_extra_spaces {
            while !rest.is_empty() {
                let (length, replacement) = self.next(rest, kept);
                if replacement != " " {
                    break;
                }
                rest = &rest[length..];
            }
        }
        if rest.is_empty() {
            return String::new();
        }
        let mut out = String::with_capacity(text.len() + text.len() / 2 + space.len());
        if self.add_dummy_prefix && !self.space_as_suffix {
            out.push_str(space);
        }
        let mut after_space = self.remove_extra_spaces;
        while !rest.is_empty() {
            let (length, replacement) = self.next(rest, kept);
            let replacement = if after_space {
                replacement.trim_start_matches(' ')
            } else {
                replacement
            };
            if !replacement.is_empty() {
                if self.escape_spaces {
                    out.extend(replacement.chars().map(|c| if c == ' ' { '\u{2581}' } else { c }));
                } else {
                    out.push_str(replacement);
                }
                after_space = self.remove_extra_spaces && replacement.ends_with(' ');
            }
            rest = &rest[length..];
        }
        if self.remove_extra_spaces {
            out.truncate(out.trim_end_matches(space).len());
        }
        if self.add_dummy_prefix && self.space_as_suffix {
            out.push_str(space);
        }
        out
    }

    /// How many bytes the next step takes from a text that is not empty, always up to a boundary, and what they
    /// become.
    fn next<'t>(&'t self, text: &'t str, kept: &Pieces) -> (usize, &'t str) {
        if let Some(length) = kept.longest(text) {
            return (length, &text[..length]);
        }
        self.map.longest(text).unwrap_or_else(|| {
            let length = text.chars().next().map_or(text.len(), char::len_utf8);
            (length, &text[..length])
        })
    }
}
