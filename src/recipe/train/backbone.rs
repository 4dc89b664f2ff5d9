//! `[backbone]`: what turns images into maps.

use serde::Deserialize;

use super::data::cache_limit;
use crate::recipe::{RecipeError, Table};
use crate::train::networks::{IMAGENET_MEAN, IMAGENET_STD};

/// The validated `[backbone]`.
#[derive(Debug, Clone, PartialEq)]
pub struct BackboneSection {
    /// The image encoder, as models are named.
    pub model: String,
    /// The value of its graph that is the map; none to find the last one.
    pub output: Option<String>,
    /// Means of red, green and blue, from 0 to 1, that it was trained with.
    pub mean: [f64; 3],
    /// Their standard deviations, above 0 to 1.
    pub std: [f64; 3],
    /// Most bytes of all cached maps.
    pub cache_limit: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    model: String,
    output: Option<String>,
    mean: Option<[f64; 3]>,
    std: Option<[f64; 3]>,
    cache_limit: Option<u64>,
}

/// MB that cached maps may take where the recipe says nothing: some ten thousand of 2048 × 12 × 16 numbers.
const CACHE_LIMIT: u64 = 8192;

pub(super) fn read(root: &Table<'_>) -> Result<Option<BackboneSection>, RecipeError> {
    let Some(table) = root.table("backbone")? else {
        return Ok(None);
    };
    let raw = table.read::<Raw>(&[])?;
    let mean = raw.mean.unwrap_or(IMAGENET_MEAN);
    if !mean.iter().all(|number| (0.0..=1.0).contains(number)) {
        let message = format!("found {mean:?}, expected three numbers from 0 to 1, of red, green and blue");
        return Err(table.error("mean", message, None));
    }
    let std = raw.std.unwrap_or(IMAGENET_STD);
    if !std.iter().all(|number| *number > 0.0 && *number <= 1.0) {
        let message = format!("found {std:?}, expected three numbers above 0 to 1, of red, green and blue");
        return Err(table.error("std", message, None));
    }
    Ok(Some(BackboneSection {
        model: raw.model,
        output: raw.output,
        mean,
        std,
        cache_limit: cache_limit(&table, raw.cache_limit, CACHE_LIMIT)?,
    }))
}
