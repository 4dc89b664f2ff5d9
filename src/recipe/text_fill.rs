//! `[text.fill]`: which words are replaced, and by which.

use serde::Deserialize;

use super::text_section::{precision, within};
use super::{RecipeError, Table};
use crate::onnx::folder::Precision;
use crate::text::fill::{FillLimits, Slots};

/// The validated section.
#[derive(Debug, Clone, PartialEq)]
pub struct FillSection {
    /// The masked language model, as models are named.
    pub model: String,
    /// In which numbers it computes.
    pub precision: Precision,
    /// Which words are replaced.
    pub words: Slots,
    /// How many of the likeliest words may come.
    pub top_k: usize,
    /// How evenly they are drawn.
    pub temperature: f64,
    /// What they have to reach; of no effect with `guard = "none"`.
    pub limits: FillLimits,
    /// How many words of a sentence are replaced.
    pub count: usize,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    model: Option<String>,
    precision: Option<String>,
    words: Option<RawWords>,
    top_k: Option<usize>,
    temperature: Option<f64>,
    plausibility: Option<f64>,
    probability: Option<f64>,
    synonym: Option<f64>,
    kind: Option<f64>,
    nearness: Option<f64>,
    neighbours: Option<f64>,
    count: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum RawWords {
    Content,
    Any,
}

/// Reads the table; all of it may be left out. docs/text-quality.md shows what the limits are good for.
pub(super) fn read(table: Option<&Table<'_>>) -> Result<FillSection, RecipeError> {
    let raw: Raw = table.map_or(Ok(Raw::default()), |table| table.read(&[]))?;
    let section = FillSection {
        model: raw.model.unwrap_or_else(|| "distilbert-base-uncased".to_owned()),
        precision: precision(table, raw.precision)?,
        words: match raw.words {
            Some(RawWords::Any) => Slots::Any,
            Some(RawWords::Content) | None => Slots::Content,
        },
        top_k: raw.top_k.unwrap_or(10),
        temperature: raw.temperature.unwrap_or(1.0),
        limits: FillLimits {
            plausibility: raw.plausibility.unwrap_or(0.02),
            probability: raw.probability.unwrap_or(0.005),
            synonym: raw.synonym.unwrap_or(0.75),
            kind: raw.kind.unwrap_or(0.7),
            nearness: raw.nearness.unwrap_or(0.45),
            neighbours: raw.neighbours.unwrap_or(0.5),
        },
        count: raw.count.unwrap_or(1),
    };
    if let Some(table) = table {
        within(table, "top_k", section.top_k as f64, 1.0, 1000.0)?;
        within(table, "temperature", section.temperature, 0.01, 1000.0)?;
        let limits = section.limits;
        for (key, value) in [
            ("plausibility", limits.plausibility),
            ("probability", limits.probability),
            ("synonym", limits.synonym),
            ("kind", limits.kind),
            ("nearness", limits.nearness),
            ("neighbours", limits.neighbours),
        ] {
            within(table, key, value, 0.0, 1.0)?;
        }
        within(table, "count", section.count as f64, 1.0, 10.0)?;
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::recipe::Document;

    fn read(text: &str) -> Result<FillSection, String> {
        let document = Document::of(Path::new("r.toml"), &format!("[text]\n[text.fill]\n{text}"));
        let root = document.root().unwrap();
        let table = root.table("text").unwrap().unwrap();
        let fill = table.table("fill").unwrap();
        super::read(fill.as_ref()).map_err(|error| error.to_string())
    }

    #[test]
    fn limits_are_shares() {
        assert_eq!(read("kind = 0.5\nneighbours = 0").unwrap().limits.neighbours, 0.0);
        for key in [
            "plausibility",
            "probability",
            "synonym",
            "kind",
            "nearness",
            "neighbours",
        ] {
            let error = read(&format!("count = 2\n{key} = 1.5")).unwrap_err();
            let expected = format!("r.toml:4: [text.fill] {key}: found 1.5, allowed are 0 to 1");
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
