//! What can be wrong with a recipe: file, line, key, what was found, what is allowed, what to do.

use std::fmt;
use std::path::PathBuf;

/// An error in a recipe. `Display` gives `file:line: key: message` and, on its own line, a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeError {
    /// The recipe.
    pub path: PathBuf,
    /// 1-based line.
    pub line: Option<usize>,
    /// Table and key.
    pub key: Option<String>,
    /// What was found and what is expected.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = self.key.as_ref().filter(|key| !key.is_empty()) {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RecipeError {}

/// `did you mean "..."?` for the allowed word that is nearest, if one is near.
#[must_use]
pub fn did_you_mean(found: &str, allowed: &[&str]) -> Option<String> {
    allowed
        .iter()
        .map(|word| (strsim::damerau_levenshtein(found, word), *word))
        .filter(|&(distance, word)| distance <= (word.len().max(found.len()) / 3).max(1))
        .min()
        .map(|(_, word)| format!("did you mean {word:?}?"))
}
