//! Fills: a word of a sentence replaced by another that a masked language model finds likely in its place.

mod antonyms;
mod article;
mod emotions;
mod guards;
mod kinds;
mod nearness;
pub mod neighbours;
mod picks;
mod polarity;
mod slots;
mod vocabulary;

pub use guards::{FillGuards, FillLimits};
pub use kinds::Kinds;
pub use nearness::Nearness;
pub use picks::{Pick, PickSettings, ordered, shortlist};
pub use polarity::Polarity;
pub use slots::{SlotSettings, Slots, slots};
pub use vocabulary::Vocabulary;

use super::casing;
use super::words::spliced;

/// A text with the words of some of its slots replaced, each in the casing of the word that it replaces. The slots
/// are byte ranges of the text that do not overlap, in any order.
#[must_use]
pub fn filled(text: &str, fills: &[(std::ops::Range<usize>, &str)]) -> String {
    let upper = casing::is_upper_text(text);
    let mut fills: Vec<_> = fills.to_vec();
    // From the end, so that earlier places stay where they are.
    fills.sort_by_key(|(range, _)| std::cmp::Reverse(range.start));
    fills.iter().fold(text.to_owned(), |done, (range, word)| {
        let cased = casing::like(word, &text[range.clone()], upper);
        spliced(&done, range, &cased)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_keep_place_and_casing() {
        let text = "Happy DOGS bark, ünlike cats.";
        let at = |word: &str| {
            let start = text.find(word).unwrap();
            start..start + word.len()
        };
        let fills = [
            (at("cats"), "cows"),
            (at("Happy"), "glad"),
            (at("DOGS"), "wolves"),
        ];
        assert_eq!(filled(text, &fills), "Glad WOLVES bark, ünlike cows.");
        assert_eq!(filled("I AM SO SAD.", &[(8..11, "angry")]), "I AM SO ANGRY.");
    }
}
