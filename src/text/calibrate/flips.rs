//! Changes of meaning made by rule, so that any corpus shows what its gate would let through.

use std::ops::Range;

use crate::draw::Draw;
use crate::text::casing;
use crate::text::language::Language;
use crate::text::sameness;
use crate::text::words::{Word, is_joined, spliced, words};

/// A change of meaning that a rule can make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flip {
    /// A negation is put in or taken out.
    Negation,
    /// A number becomes another.
    Number,
    /// Two content words change places.
    Order,
}

impl Flip {
    /// All of them.
    pub const ALL: [Flip; 3] = [Flip::Negation, Flip::Number, Flip::Order];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Flip::Negation => "negation put in or taken out",
            Flip::Number => "a number changed",
            Flip::Order => "two words swapped",
        }
    }
}

/// The sentence with its meaning changed; `None` where the rule finds nothing to change. Negations are known for
/// English, and where one word makes them for a few others.
#[must_use]
pub fn flipped(text: &str, flip: Flip, language: &Language, draw: &mut Draw) -> Option<String> {
    let new = match flip {
        Flip::Negation => taken_out(text, language).or_else(|| put_in(text, language)),
        Flip::Number => other_number(text, language, draw),
        Flip::Order => swapped(text, language, draw),
    }?;
    (sameness::key(text) != sameness::key(&new)).then_some(new)
}

/// Words without their negation; an empty one goes with the blank before it.
const POSITIVE: [(&str, &str, &str); 13] = [
    ("en", "not", ""),
    ("en", "never", ""),
    ("en", "hardly", ""),
    ("en", "barely", ""),
    ("en", "cannot", "can"),
    ("en", "nothing", "something"),
    ("en", "nobody", "somebody"),
    ("en", "nowhere", "somewhere"),
    ("en", "without", "with"),
    ("de", "nicht", ""),
    ("de", "nie", ""),
    ("es", "no", ""),
    ("ru", "не", ""),
];

fn taken_out(text: &str, language: &Language) -> Option<String> {
    let upper = casing::is_upper_text(text);
    for word in words(text) {
        let lower = word.text.to_lowercase().replace('’', "'");
        let known = POSITIVE
            .iter()
            .find(|(code, negative, _)| *code == language.code && *negative == lower);
        let positive = match (known, lower.strip_suffix("n't")) {
            (Some((_, _, positive)), _) => (*positive).to_owned(),
            (None, Some(stem)) if language.code == "en" => match stem {
                "ca" => "can".to_owned(),
                "wo" => "will".to_owned(),
                "sha" => "shall".to_owned(),
                "ai" => "is".to_owned(),
                stem => stem.to_owned(),
            },
            _ => continue,
        };
        let range = match positive.is_empty() {
            true => with_blank(text, &word.range),
            false => word.range.clone(),
        };
        return Some(spliced(text, &range, &casing::like(&positive, word.text, upper)));
    }
    None
}

/// A word's bytes with the blank beside it.
fn with_blank(text: &str, range: &Range<usize>) -> Range<usize> {
    if text[..range.start].ends_with(' ') {
        range.start - 1..range.end
    } else if text[range.end..].starts_with(' ') {
        range.start..range.end + 1
    } else {
        range.clone()
    }
}

const AUXILIARIES: [&str; 21] = [
    "am", "are", "is", "was", "were", "have", "has", "had", "do", "does", "did", "can", "could", "will",
    "would", "shall", "should", "must", "may", "might", "ought",
];
const PRONOUNS: [&str; 7] = ["i", "you", "he", "she", "it", "we", "they"];

fn put_in(text: &str, language: &Language) -> Option<String> {
    if language.code != "en" {
        return None;
    }
    let upper = casing::is_upper_text(text);
    let found = words(text);
    let lower = |word: &Word<'_>| word.text.to_lowercase().replace('’', "'");
    let carries = |word: &Word<'_>| {
        let word = lower(word);
        let clitic = ["'m", "'re", "'ll"].iter().any(|clitic| word.ends_with(clitic));
        let short = matches!(word.as_str(), "it's" | "he's" | "she's" | "that's" | "there's");
        clitic || short || AUXILIARIES.contains(&word.as_str())
    };
    let (word, negator) = match found.iter().find(|word| carries(word)) {
        Some(word) => (word, " not"),
        None => (
            found
                .first()
                .filter(|first| PRONOUNS.contains(&lower(first).as_str()))?,
            " never",
        ),
    };
    let negator = if upper {
        negator.to_uppercase()
    } else {
        negator.to_owned()
    };
    Some(spliced(text, &(word.range.end..word.range.end), &negator))
}

/// Numbers in words that stand for nothing else.
const NUMBERS: [&str; 9] = [
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
];

fn other_number(text: &str, language: &Language, draw: &mut Draw) -> Option<String> {
    let upper = casing::is_upper_text(text);
    for word in words(text) {
        let lower = word.text.to_lowercase();
        let new = match (
            word.text.parse::<u32>(),
            NUMBERS.iter().position(|number| *number == lower),
        ) {
            (Ok(number), _) => (u64::from(number) + 1 + draw.below(9)).to_string(),
            (_, Some(place)) if language.code == "en" => {
                // Any of the others.
                let count = NUMBERS.len();
                let other = (place + 1 + draw.below(count as u64 - 1) as usize) % count;
                casing::like(NUMBERS[other], word.text, upper)
            }
            _ => continue,
        };
        return Some(spliced(text, &word.range, &new));
    }
    None
}

fn swapped(text: &str, language: &Language, draw: &mut Draw) -> Option<String> {
    let upper = casing::is_upper_text(text);
    let found: Vec<Word<'_>> = words(text)
        .into_iter()
        .filter(|word| {
            word.is_letters()
                && !is_joined(text, word)
                && !language.is_function(&word.text.to_lowercase())
                && word.text.chars().count() > 1
        })
        .collect();
    let count = found.len() as u64;
    let first = draw.below(count) as usize;
    let second = (first + 1 + draw.below(count.checked_sub(1)?) as usize) % found.len();
    let (first, second) = (found.get(first.min(second))?, found.get(first.max(second))?);
    if first.range == second.range {
        return None;
    }
    let later = casing::like(&first.text.to_lowercase(), second.text, upper);
    let earlier = casing::like(&second.text.to_lowercase(), first.text, upper);
    // The later one first, so that the earlier one stays where it is.
    let text = spliced(text, &second.range, &later);
    Some(spliced(&text, &first.range, &earlier))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flip(text: &str, flip: Flip, code: &str) -> Option<String> {
        flipped(text, flip, &Language::of(code), &mut Draw::new(1, "a", "test"))
    }

    #[test]
    fn negations_come_and_go() {
        let both = |text: &str| flip(text, Flip::Negation, "en");
        for (old, new) in [
            ("I am not sad.", "I am sad."),
            ("I don’t know.", "I do know."),
            ("WE CAN'T STAY", "WE CAN STAY"),
            ("Won't you come?", "Will you come?"),
            ("Nothing helps.", "Something helps."),
            ("I am sad.", "I am not sad."),
            ("I'M SAD.", "I'M NOT SAD."),
            ("They love it.", "They never love it."),
            ("The dog was here.", "The dog was not here."),
        ] {
            assert_eq!(both(old).as_deref(), Some(new), "{old}");
        }
        assert_eq!(both("Go away!"), None);
        assert_eq!(flip("Я не знаю", Flip::Negation, "ru").as_deref(), Some("Я знаю"));
        assert_eq!(
            flip("Das ist nicht gut", Flip::Negation, "de").as_deref(),
            Some("Das ist gut")
        );
        assert_eq!(flip("Das ist gut", Flip::Negation, "de"), None);
    }

    #[test]
    fn numbers_become_others() {
        for text in ["I saw 12 dogs", "I saw two dogs", "TEN DOGS"] {
            let new = flip(text, Flip::Number, "en").unwrap();
            assert_ne!(new, text);
            assert_eq!(new.split(' ').count(), text.split(' ').count());
            assert_eq!(casing::is_upper_text(&new), casing::is_upper_text(text));
        }
        assert_eq!(flip("no one saw", Flip::Number, "en"), None);
        assert_eq!(flip("4294967295", Flip::Number, "en").unwrap().len(), 10);
    }

    #[test]
    fn words_change_places_and_keep_the_casing_of_the_place() {
        assert_eq!(
            flip("Dogs bite.", Flip::Order, "en").as_deref(),
            Some("Bite dogs.")
        );
        assert_eq!(flip("it is so", Flip::Order, "en"), None);
        assert_eq!(flip("dogs!", Flip::Order, "en"), None);
        assert_eq!(flip("dogs dogs", Flip::Order, "en"), None);
        assert_eq!(flip("", Flip::Order, "en"), None);
    }

    #[test]
    fn any_text_is_flipped_or_left() {
        for text in [
            "",
            " ",
            "😀",
            "not",
            "n't",
            "'",
            "don't",
            "ß ẞ İ ı",
            "не",
            "9 9",
            "\u{0}",
        ] {
            for kind in Flip::ALL {
                for code in ["en", "ru", "xx"] {
                    if let Some(new) = flip(text, kind, code) {
                        assert_ne!(sameness::key(text), sameness::key(&new));
                    }
                }
            }
        }
    }
}
