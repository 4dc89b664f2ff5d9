//! Any text as a recipe: an error that names the file, or a recipe, never a panic.

#![no_main]

use std::path::Path;

use augment::recipe::{AudioRecipe, Document};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match AudioRecipe::of(Document::of(Path::new("fuzz.toml"), text), None) {
        Ok(recipe) => {
            assert!(recipe.hash().is_ok());
            assert!(
                recipe
                    .error("balance", "train_per_class", "wrong".to_owned(), None)
                    .line
                    .is_some()
            );
        }
        Err(error) => {
            assert!(error.to_string().starts_with("fuzz.toml"));
            let lines = text.lines().count().max(1) + 1;
            assert!(error.line.is_none_or(|line| (1..=lines).contains(&line)));
        }
    }
});
