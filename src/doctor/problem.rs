//! Something that stands in the way, and its cure.

use serde::Serialize;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What was found.
    pub what: String,
    /// What can be done about it; the program's own errors know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Problem {
    /// From an error, whose text may end in a line `hint: ...`.
    #[must_use]
    pub fn of(error: &impl ToString) -> Self {
        let text = error.to_string();
        match text.split_once("\nhint: ") {
            Some((what, hint)) => Problem {
                what: what.to_owned(),
                hint: Some(hint.to_owned()),
            },
            None => Problem {
                what: text,
                hint: None,
            },
        }
    }

    /// With a cure of its own.
    #[must_use]
    pub fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Problem {
            what: what.into(),
            hint: Some(hint.into()),
        }
    }
}
