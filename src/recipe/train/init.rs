//! `[init]`: models whose parameters a network begins with.

use std::path::PathBuf;

use serde::Deserialize;

use super::NetworkSection;
use crate::recipe::{RecipeError, Table};

/// What begins as in another model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// The whole network.
    Model,
    /// The speech branch of `bimer`.
    Speech,
    /// The text branch of `bimer`.
    Text,
}

impl Beginning {
    /// The key of recipes.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Beginning::Model => "model",
            Beginning::Speech => "speech",
            Beginning::Text => "text",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    model: Option<PathBuf>,
    speech: Option<PathBuf>,
    text: Option<PathBuf>,
}

/// What begins as in which folder of a model, as the recipe names it: one for the whole, or one for each branch.
pub(super) fn read(
    root: &Table<'_>,
    network: &NetworkSection,
) -> Result<Vec<(Beginning, PathBuf)>, RecipeError> {
    let Some(table) = root.table("init")? else {
        return Ok(Vec::new());
    };
    let raw = table.read::<Raw>(&[])?;
    let is_bimer = matches!(network, NetworkSection::Bimer { .. });
    let named = [
        (Beginning::Model, raw.model),
        (Beginning::Speech, raw.speech),
        (Beginning::Text, raw.text),
    ];
    let named: Vec<(Beginning, PathBuf)> = named
        .into_iter()
        .filter_map(|(what, path)| Some((what, path?)))
        .collect();
    for (what, _) in &named {
        let key = what.key();
        if *what != Beginning::Model && !is_bimer {
            let message = format!("{} has no branches, expected model = ...", network.name());
            return Err(table.error(key, message, None));
        }
        if *what == Beginning::Text && network.reader().is_none() {
            let message = "found a bimer whose texts a frozen encoder reads: nothing of that is trained";
            let hint = "[network] text = \"bert-text\" has the encoder within".to_owned();
            return Err(table.error(key, message, Some(hint)));
        }
    }
    match named.as_slice() {
        [] => {
            let keys = if is_bimer {
                "model, speech or text"
            } else {
                "model"
            };
            Err(table.error("", format!("the key {keys} is missing"), None))
        }
        [(Beginning::Model, _), _, ..] => {
            let message = "begins the whole network, so it takes no other key beside it";
            Err(table.error("model", message, None))
        }
        _ => Ok(named),
    }
}
