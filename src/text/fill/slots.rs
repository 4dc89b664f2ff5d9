//! Which words of a sentence may be replaced.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::text::fixed::fixed;
use crate::text::guard::is_name;
use crate::text::language::Language;
use crate::text::words::{is_joined, words};

/// Which words may be replaced at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slots {
    /// Words that carry meaning: no function words, negations, numbers or names.
    Content,
    /// Every word of letters, as the paper draws them.
    Any,
}

/// What decides about slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSettings {
    /// Which words.
    pub slots: Slots,
    /// The language of the sentences.
    pub language: Language,
    /// Words that are never replaced, in lower case.
    pub short_words: BTreeSet<String>,
}

/// The places of the words that may be replaced, in the order of the text. Never one in a contraction or joined to a
/// neighbour by a hyphen: a fill would leave half a word. Nor in an address, a mention, a tag or a placeholder.
#[must_use]
pub fn slots(text: &str, settings: &SlotSettings) -> Vec<Range<usize>> {
    let fixed = fixed(text);
    let is_fixed = |range: &Range<usize>| {
        fixed
            .iter()
            .any(|fixed| range.start < fixed.end && fixed.start < range.end)
    };
    words(text)
        .into_iter()
        .filter(|word| word.is_letters() && !is_joined(text, word) && !is_fixed(&word.range))
        .filter(|word| {
            let lower = word.text.to_lowercase();
            if settings.short_words.contains(&lower) {
                return false;
            }
            match settings.slots {
                Slots::Any => true,
                Slots::Content => {
                    lower.chars().count() > 1
                        && !settings.language.is_function(&lower)
                        && settings.language.number(&lower).is_none()
                        && !is_name(text, word)
                }
            }
        })
        .map(|word| word.range)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, which: Slots) -> Vec<&str> {
        let settings = SlotSettings {
            slots: which,
            language: Language::of("en"),
            short_words: BTreeSet::from(["god".to_owned()]),
        };
        slots(text, &settings)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn content_words_only() {
        assert_eq!(
            of(
                "I never saw Anna's two well-known dogs in Paris, oh god!",
                Slots::Content
            ),
            ["saw", "dogs"]
        );
        assert_eq!(of("YOU DON'T UNDERSTAND ME.", Slots::Content), ["UNDERSTAND"]);
        assert_eq!(
            of("[NAME] told https://example.org and @friend", Slots::Content),
            ["told"]
        );
        assert_eq!(of("Yes. I do.", Slots::Content), Vec::<&str>::new());
        // A name cannot be told from any other word where a sentence begins.
        assert_eq!(of("Dogs bark", Slots::Content), ["Dogs", "bark"]);
    }

    #[test]
    fn any_word_but_never_half_of_one() {
        assert_eq!(of("I don't re-do a 3rd god", Slots::Any), ["I", "a"]);
        assert_eq!(of("ask [NAME] #now", Slots::Any), ["ask"]);
    }
}
