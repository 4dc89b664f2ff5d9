//! `[data]`: the datasets that are trained on, and `[encoder]`: what reads their texts.

use std::path::PathBuf;

use serde::Deserialize;

use crate::onnx::folder::Precision;
use crate::onnx::pooling::Pooling;
use crate::recipe::text_section::{precision, within};
use crate::recipe::{RecipeError, Table};

/// The validated `[data]`.
#[derive(Debug, Clone, PartialEq)]
pub struct DataSection {
    /// A dataset of `augment audio`.
    pub audio: Option<PathBuf>,
    /// A dataset of `augment text`.
    pub text: Option<PathBuf>,
    /// The share of training transcripts that a new sentence of the same source replaces, from 0 to 1.
    pub augmented_text: f64,
}

/// The validated `[encoder]`.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderSection {
    /// The encoder, as models are named.
    pub model: String,
    /// In which numbers it computes.
    pub precision: Precision,
    /// How the vectors of tokens become one.
    pub pooling: Pooling,
    /// Most bytes of all cached features.
    pub cache_limit: u64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawData {
    audio: Option<PathBuf>,
    text: Option<PathBuf>,
    augmented_text: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEncoder {
    model: String,
    precision: Option<String>,
    pooling: Option<String>,
    cache_limit: Option<u64>,
}

/// MB that cached features may take where the recipe says nothing: some three million vectors of 384 numbers.
const CACHE_LIMIT: u64 = 2048;
/// Largest limit, in MB.
const MAX_CACHE_LIMIT: u64 = 1 << 24;

/// Reads `[data]`; paths are relative to the recipe, those of flags to where the program was started.
pub(super) fn read(
    root: &Table<'_>,
    audio: Option<PathBuf>,
    text: Option<PathBuf>,
) -> Result<DataSection, RecipeError> {
    let table = root.table("data")?;
    let raw = match &table {
        Some(table) => table.read::<RawData>(&[])?,
        None => RawData::default(),
    };
    let at = table.as_ref().unwrap_or(root);
    within(at, "augmented_text", raw.augmented_text, 0.0, 1.0)?;
    let base = root.base();
    let below = |path: PathBuf| base.join(path);
    let data = DataSection {
        audio: audio.or(raw.audio.map(below)),
        text: text.or(raw.text.map(below)),
        augmented_text: raw.augmented_text,
    };
    if data.augmented_text > 0.0 && (data.audio.is_none() || data.text.is_none()) {
        let message =
            "takes the place of transcripts, so it needs both a dataset of speech and one of sentences";
        let hint = Some("[data] audio = \"...\" and text = \"...\"".to_owned());
        return Err(at.error("augmented_text", message, hint));
    }
    Ok(data)
}

/// Reads `[encoder]`.
pub(super) fn encoder(root: &Table<'_>) -> Result<Option<EncoderSection>, RecipeError> {
    let Some(table) = root.table("encoder")? else {
        return Ok(None);
    };
    let raw = table.read::<RawEncoder>(&[])?;
    let pooling = match &raw.pooling {
        None => Pooling::Auto,
        Some(name) => name
            .parse()
            .map_err(|message: String| table.error("pooling", message, None))?,
    };
    Ok(Some(EncoderSection {
        precision: precision(Some(&table), raw.precision)?,
        model: raw.model,
        pooling,
        cache_limit: cache_limit(&table, raw.cache_limit, CACHE_LIMIT)?,
    }))
}

/// `cache_limit` in bytes; recipes give it in MB.
pub(super) fn cache_limit(
    table: &Table<'_>,
    megabytes: Option<u64>,
    otherwise: u64,
) -> Result<u64, RecipeError> {
    let megabytes = megabytes.unwrap_or(otherwise);
    if megabytes > MAX_CACHE_LIMIT {
        let message = format!("found {megabytes} MB, allowed are 0 (no cache) to {MAX_CACHE_LIMIT}");
        return Err(table.error("cache_limit", message, None));
    }
    Ok(megabytes << 20)
}
