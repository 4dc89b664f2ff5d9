//! Pieces back into a text.

use super::SentencePiece;
use super::model::Kind;
use super::normalize::SPACE;

impl SentencePiece {
    /// The text of pieces: `▁` of known pieces become spaces, the one at the beginning goes, control pieces have no
    /// text, and what the model does not know stays as it is.
    #[must_use]
    pub fn join(&self, pieces: &[&str]) -> String {
        let mut text = String::new();
        let mut bytes: Vec<u8> = Vec::new();
        let mut at_start = true;
        for piece in pieces {
            let number = self
                .model
                .pieces
                .get(piece)
                .or_else(|| self.model.reserved.get(piece));
            let kind = number.map(|number| self.model.kind(number));
            if kind == Some(Kind::Byte)
                && let Some(byte) = byte_of(piece)
            {
                bytes.push(byte);
                at_start = false;
                continue;
            }
            flush(&mut bytes, &mut text);
            match kind {
                Some(Kind::Control) => {}
                Some(Kind::Unknown) => {
                    text.push_str(&self.unknown_surface);
                    at_start = false;
                }
                None => {
                    text.push_str(piece);
                    at_start &= piece.is_empty();
                }
                Some(_) => {
                    let rules = &self.normalizer;
                    let drops = at_start && (rules.add_dummy_prefix || rules.remove_extra_spaces);
                    let stripped = piece.strip_prefix(SPACE).filter(|_| drops);
                    let shown = stripped.unwrap_or(piece).replace(SPACE, " ");
                    // Where runs of spaces count, only the one that was added in front goes.
                    if !shown.is_empty() || (stripped.is_some() && !rules.remove_extra_spaces) {
                        at_start = false;
                    }
                    text.push_str(&shown);
                }
            }
        }
        flush(&mut bytes, &mut text);
        text
    }
}

/// The byte that a piece such as `<0xE2>` stands for.
fn byte_of(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    u8::from_str_radix(digits, 16).ok()
}

fn flush(bytes: &mut Vec<u8>, text: &mut String) {
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // One sign for each byte that is no text, as the library has it.
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    bytes.clear();
}
