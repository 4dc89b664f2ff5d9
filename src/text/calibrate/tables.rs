//! The bundled tables: English pairs of sentences, and English sentences with one word replaced.

/// How the second sentence of an example differs from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One word by another of the same meaning.
    Synonym,
    /// The same said in other words.
    Paraphrase,
    /// Contractions, case, punctuation.
    Writing,
    /// One small word by another.
    FunctionWord,
    /// Who does what to whom.
    WordOrder,
    /// A negation put in or taken out.
    Negation,
    /// Another number.
    Number,
    /// Another name.
    Name,
    /// A word by its opposite.
    Opposite,
    /// A word by one that says something else, of the same feeling or of none.
    Shift,
    /// A word by one that turns the feeling or the claim around.
    Flip,
}

impl Kind {
    const ALL: [Kind; 11] = [
        Kind::Synonym,
        Kind::Paraphrase,
        Kind::Writing,
        Kind::FunctionWord,
        Kind::WordOrder,
        Kind::Negation,
        Kind::Number,
        Kind::Name,
        Kind::Opposite,
        Kind::Shift,
        Kind::Flip,
    ];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Synonym => "synonym",
            Kind::Paraphrase => "paraphrase",
            Kind::Writing => "writing",
            Kind::FunctionWord => "function word",
            Kind::WordOrder => "word order",
            Kind::Negation => "negation",
            Kind::Number => "number",
            Kind::Name => "name",
            Kind::Opposite => "opposite",
            Kind::Shift => "shift",
            Kind::Flip => "flip",
        }
    }

    /// Whether the meaning is kept.
    #[must_use]
    pub fn keeps(self) -> bool {
        matches!(
            self,
            Kind::Synonym | Kind::Paraphrase | Kind::Writing | Kind::FunctionWord
        )
    }
}

/// How long a sentence is: the longer, the less one word moves its vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Length {
    /// Up to 15 words.
    Short,
    /// 16 to 24 words.
    Long,
    /// 25 words and more.
    VeryLong,
}

impl Length {
    /// All lengths, the shortest first.
    pub const ALL: [Length; 3] = [Length::Short, Length::Long, Length::VeryLong];

    /// The length of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        match super::super::words::words(text).len() {
            ..16 => Length::Short,
            16..25 => Length::Long,
            25.. => Length::VeryLong,
        }
    }

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Length::Short => "up to 15 words",
            Length::Long => "16 to 24 words",
            Length::VeryLong => "25 words and more",
        }
    }
}

/// A sentence before and after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The kind of change.
    pub kind: Kind,
    /// Before.
    pub old: String,
    /// After.
    pub new: String,
    /// What was replaced, and by what.
    pub words: (String, String),
}

/// The bundled pairs.
#[must_use]
pub fn pairs() -> Vec<Example> {
    read(include_str!("pairs.txt"))
}

/// The bundled fills.
#[must_use]
pub fn fills() -> Vec<Example> {
    read(include_str!("fills.txt"))
}

/// Lines of `kind: a sentence with what {was|is} there`; a test holds that every line of the tables is one.
fn read(table: &str) -> Vec<Example> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(example).collect()
}

fn example(line: &str) -> Option<Example> {
    let (kind, text) = line.split_once(": ")?;
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind)?;
    let (before, rest) = text.split_once('{')?;
    let (choice, after) = rest.split_once('}')?;
    let (old, new) = choice.split_once('|')?;
    Some(Example {
        kind,
        old: [before, old, after].concat(),
        new: [before, new, after].concat(),
        words: (old.to_owned(), new.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn every_line_is_an_example() {
        for (table, found) in [
            (include_str!("pairs.txt"), pairs()),
            (include_str!("fills.txt"), fills()),
        ] {
            let lines = table.lines().filter(|line| !line.starts_with('#')).count();
            assert_eq!(found.len(), lines);
            let mut seen: Vec<(&str, &str)> = found.iter().map(|one| (&*one.old, &*one.new)).collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), lines);
            assert!(
                found
                    .iter()
                    .all(|one| one.old != one.new && !one.new.contains(['{', '|', '}']))
            );
        }
        let one = example("opposite: It was {good|bad}.").unwrap();
        assert_eq!((&*one.old, &*one.new), ("It was good.", "It was bad."));
        assert_eq!(one.words, ("good".to_owned(), "bad".to_owned()));
        assert_eq!(example("other: It was {good|bad}."), None);
    }

    #[test]
    fn the_tables_hold_enough_of_each_kind_and_length() {
        assert!(pairs().len() >= 120 && fills().len() >= 100);
        let mut kinds: BTreeMap<Kind, usize> = BTreeMap::new();
        let mut lengths: BTreeMap<(bool, Length), usize> = BTreeMap::new();
        for one in pairs().iter().chain(&fills()) {
            *kinds.entry(one.kind).or_default() += 1;
            *lengths
                .entry((one.kind.keeps(), Length::of(&one.old)))
                .or_default() += 1;
        }
        assert_eq!(kinds.len(), Kind::ALL.len());
        assert!(kinds.values().all(|&count| count >= 10), "{kinds:?}");
        assert_eq!(lengths.len(), 6);
        assert!(lengths.values().all(|&count| count >= 6), "{lengths:?}");
    }

    #[test]
    fn a_fill_replaces_one_word() {
        for one in fills() {
            assert!(
                one.words
                    .0
                    .chars()
                    .chain(one.words.1.chars())
                    .all(char::is_alphabetic),
                "{one:?}"
            );
        }
    }
}
