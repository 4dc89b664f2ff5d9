//! `[text]`: how new sentences are made, and what they have to pass.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::text::TextOverrides;
use super::text_fill::{self, FillSection};
use super::text_gate::{self, GateSection};
use super::text_translate::{self, TranslateSection};
use super::{RecipeError, Table};
use crate::onnx::folder::Precision;
use crate::text::language::Language;

/// The validated section.
#[derive(Debug, Clone, PartialEq)]
pub struct TextSection {
    /// The language of the sentences.
    pub language: Language,
    /// The least similarity of a new sentence to its original: a cosine of 0 to 1.
    pub threshold: f64,
    /// Attempts of each candidate.
    pub attempts: u32,
    /// The share of attempts that translate.
    pub p_backtranslate: f64,
    /// Candidates beyond the number needed, as a share of it.
    pub reserve: f64,
    /// What becomes of a candidate that no attempt brings through the gate.
    pub on_failure: OnFailure,
    /// Sentences of one of these words are not augmented, and the words are never replaced. Lower case.
    pub short_words: BTreeSet<String>,
    /// In which letters new sentences are written.
    pub case: Case,
    /// The gate.
    pub gate: GateSection,
    /// Fills.
    pub fill: FillSection,
    /// Translation.
    pub translate: TranslateSection,
}

/// In which letters new sentences are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Case {
    /// As their originals are.
    #[default]
    Source,
    /// In capitals.
    Upper,
    /// In small letters.
    Lower,
}

impl Case {
    /// A sentence in these letters.
    #[must_use]
    pub fn of(self, text: &str) -> String {
        match self {
            Case::Source => text.to_owned(),
            Case::Upper => text.to_uppercase(),
            Case::Lower => text.to_lowercase(),
        }
    }
}

/// What becomes of a candidate that fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// Another candidate takes its place.
    #[default]
    Replace,
    /// The original is kept, marked as such: the paper's way.
    Keep,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    language: Option<String>,
    threshold: Option<f64>,
    attempts: Option<u32>,
    p_backtranslate: Option<f64>,
    reserve: Option<f64>,
    on_failure: OnFailure,
    short_words: Option<Vec<String>>,
    case: Case,
}

/// The paper's list of words that make no sentence worth augmenting.
const SHORT_WORDS: [&str; 4] = ["please", "god", "what", "yeah"];

/// Reads `[text]` and the tables in it; all of it may be left out.
pub(super) fn read(root: &Table<'_>, overrides: TextOverrides) -> Result<TextSection, RecipeError> {
    let table = root.table("text")?;
    let raw = match &table {
        Some(table) => table.read::<Raw>(&["gate", "fill", "translate"])?,
        None => Raw::default(),
    };
    let at = table.as_ref().unwrap_or(root);
    let code = raw.language.unwrap_or_else(|| "en".to_owned());
    let language = Language::of(&code);
    if code.is_empty() || language.code != code {
        let known: Vec<&str> = Language::known().collect();
        return Err(at.error(
            "language",
            format!("found {code:?}, expected one of {}", known.join(", ")),
            None,
        ));
    }
    let threshold = overrides.threshold.or(raw.threshold).unwrap_or(0.9);
    within(at, "threshold", threshold, 0.0, 1.0)?;
    let attempts = overrides.attempts.or(raw.attempts).unwrap_or(10);
    within(at, "attempts", f64::from(attempts), 1.0, 1000.0)?;
    let p_backtranslate = raw.p_backtranslate.unwrap_or(0.5);
    within(at, "p_backtranslate", p_backtranslate, 0.0, 1.0)?;
    let reserve = raw.reserve.unwrap_or(1.0);
    within(at, "reserve", reserve, 0.0, 100.0)?;
    let short_words = match raw.short_words {
        Some(words) => words.iter().map(|word| word.to_lowercase()).collect(),
        None => SHORT_WORDS.map(str::to_owned).into(),
    };
    let inner = |key: &str| -> Result<Option<Table<'_>>, RecipeError> {
        match &table {
            Some(table) => table.table(key),
            None => Ok(None),
        }
    };
    let (gate, fill, translate) = (inner("gate")?, inner("fill")?, inner("translate")?);
    Ok(TextSection {
        threshold,
        attempts,
        p_backtranslate,
        reserve,
        on_failure: raw.on_failure,
        short_words,
        case: raw.case,
        gate: text_gate::read(gate.as_ref(), &language)?,
        fill: text_fill::read(fill.as_ref())?,
        translate: text_translate::read(translate.as_ref(), language.code)?,
        language,
    })
}

pub(super) fn precision(table: Option<&Table<'_>>, name: Option<String>) -> Result<Precision, RecipeError> {
    let Some((table, name)) = table.zip(name) else {
        return Ok(Precision::Fp32);
    };
    name.parse()
        .map_err(|message: String| table.error("precision", message, None))
}

pub(super) fn within(
    table: &Table<'_>,
    key: &str,
    found: f64,
    least: f64,
    most: f64,
) -> Result<(), RecipeError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(table.error(key, format!("found {found}, allowed are {least} to {most}"), None))
}
