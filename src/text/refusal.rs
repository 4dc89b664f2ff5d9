//! Why a new sentence was not taken; every reason is counted.

use std::fmt;

/// A reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No word of the sentence can be replaced, or none is left to try.
    NoWord,
    /// No likely word fits the place.
    NoFill,
    /// The translation failed.
    NoTranslation,
    /// It is the same sentence in other case, contractions or punctuation.
    Same,
    /// Its meaning is too far from the original's.
    Similarity,
    /// The meaning around the change is too far, in a long sentence.
    Window,
    /// It negates more or less often.
    Negation,
    /// It names other numbers.
    Number,
    /// It loses a name.
    Name,
    /// A word of opposite polarity came in.
    Polarity,
    /// The words beside a fill are much less likely than before.
    Neighbours,
    /// A translation reads much worse than its original.
    Fluency,
    /// The classifier gives it another label.
    Classifier,
}

impl Reason {
    /// All reasons, in the order in which they are tested.
    pub const ALL: [Reason; 13] = [
        Reason::NoWord,
        Reason::NoFill,
        Reason::NoTranslation,
        Reason::Same,
        Reason::Negation,
        Reason::Number,
        Reason::Name,
        Reason::Polarity,
        Reason::Similarity,
        Reason::Window,
        Reason::Neighbours,
        Reason::Fluency,
        Reason::Classifier,
    ];

    /// Its name in rows and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Reason::NoWord => "no word to replace",
            Reason::NoFill => "no plausible fill",
            Reason::NoTranslation => "no translation",
            Reason::Same => "not different",
            Reason::Similarity => "below the threshold",
            Reason::Window => "below the window threshold",
            Reason::Negation => "negation",
            Reason::Number => "number",
            Reason::Name => "name",
            Reason::Polarity => "polarity",
            Reason::Neighbours => "breaks its neighbours",
            Reason::Fluency => "reads badly",
            Reason::Classifier => "classifier",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
