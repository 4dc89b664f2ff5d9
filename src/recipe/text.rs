//! The recipe of `augment text`.

use std::path::{Path, PathBuf};

use super::{
    CorpusSection, Document, RecipeError, SplitSection, TextSection, balance, corpus, hash, split,
    text_section,
};
use crate::corpus::CorpusError;
use crate::plan::BalanceSettings;

/// A validated recipe.
#[derive(Debug)]
pub struct TextRecipe {
    /// The text, for errors that turn up later.
    pub document: Document,
    /// The run's seed.
    pub seed: u64,
    /// What comes in.
    pub corpus: CorpusSection,
    /// What is held out.
    pub split: SplitSection,
    /// How much is made.
    pub balance: BalanceSettings,
    /// How it is made and tested.
    pub text: TextSection,
}

/// What flags put in place of a recipe's own values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TextOverrides {
    /// The seed.
    pub seed: Option<u64>,
    /// The gate's threshold.
    pub threshold: Option<f64>,
    /// The number of attempts.
    pub attempts: Option<u32>,
}

const SECTIONS: [&str; 5] = ["seed", "corpus", "split", "balance", "text"];

impl TextRecipe {
    /// Reads and validates a recipe file.
    ///
    /// # Errors
    /// [`RecipeError`] for the first fault.
    pub fn read(path: &Path, overrides: TextOverrides) -> Result<Self, RecipeError> {
        Self::of(Document::read(path)?, overrides)
    }

    /// Validates a recipe.
    ///
    /// # Errors
    /// [`RecipeError`] for the first fault.
    pub fn of(document: Document, overrides: TextOverrides) -> Result<Self, RecipeError> {
        let root = document.root()?;
        root.only(&SECTIONS)?;
        let own: Option<u64> = root.get("seed")?;
        let text = text_section::read(&root, overrides)?;
        let corpus = corpus::read(&root)?;
        let split = split::read(&root)?;
        let balance = balance::read(&root)?;
        Ok(TextRecipe {
            seed: overrides.seed.or(own).unwrap_or(0),
            corpus,
            split,
            balance,
            text,
            document,
        })
    }

    /// The folder that the recipe's relative paths start from.
    #[must_use]
    pub fn base(&self) -> PathBuf {
        self.document.base()
    }

    /// Hash of what the recipe asks for, values of flags included.
    ///
    /// # Errors
    /// None for a recipe that was read.
    pub fn hash(&self) -> Result<String, RecipeError> {
        let overrides = [
            ("seed", self.seed.into()),
            ("threshold", self.text.threshold.into()),
            ("attempts", self.text.attempts.into()),
        ];
        hash::recipe_hash(&self.document, &overrides)
    }

    /// An error about a key of a table, by their names.
    #[must_use]
    pub fn error(&self, table: &str, key: &str, message: String, hint: Option<String>) -> RecipeError {
        self.document.error(table, key, &message, hint.as_ref())
    }

    /// Puts an error of the corpus at its line.
    #[must_use]
    pub fn at_corpus(&self, error: &CorpusError) -> RecipeError {
        self.error(
            "corpus",
            error.key().unwrap_or(""),
            error.to_string(),
            error.hint(),
        )
    }
}
