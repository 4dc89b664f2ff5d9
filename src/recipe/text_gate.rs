//! `[text.gate]`: what a new sentence has to pass.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::text_section::{precision, within};
use super::{RecipeError, Table};
use crate::onnx::folder::Precision;
use crate::text::gate::GateSettings;
use crate::text::language::Language;

/// The validated section.
#[derive(Debug, Clone, PartialEq)]
pub struct GateSection {
    /// The sentence encoder, as models are named.
    pub model: String,
    /// In which numbers it computes.
    pub precision: Precision,
    /// Whether negations, numbers, names and polarity are compared.
    pub guarded: bool,
    /// Words on either side of a change that the second cosine is over; 0 leaves it out.
    pub window_words: usize,
    /// The least second cosine.
    pub window_threshold: f64,
    /// The least share of its fluency that a translation keeps; 0 leaves that test out.
    pub fluency: f64,
    /// The model that has to agree on the label.
    pub classifier: Option<ClassifierSection>,
}

/// `[text.gate] classifier`.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifierSection {
    /// The text classifier, as models are named.
    pub model: String,
    /// In which numbers it computes.
    pub precision: Precision,
    /// Labels of the corpus with those of the model that stand for them, where their names differ.
    pub labels: BTreeMap<String, String>,
    /// The least probability of the label: 0 to 1.
    pub min_probability: f64,
}

impl GateSection {
    /// What the gate is set to.
    #[must_use]
    pub fn settings(&self, threshold: f64, language: Language) -> GateSettings {
        GateSettings {
            threshold,
            guarded: self.guarded,
            window_threshold: self.window_threshold,
            window_words: self.window_words,
            fluency: self.fluency,
            language,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    model: Option<String>,
    precision: Option<String>,
    guard: RawGuard,
    window_words: Option<usize>,
    window_threshold: Option<f64>,
    fluency: Option<f64>,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum RawGuard {
    None,
    #[default]
    Standard,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClassifier {
    model: String,
    precision: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    min_probability: Option<f64>,
}

/// docs/text-quality.md shows what it is good for.
const FLUENCY: f64 = 0.6;

/// Reads the section; all of it may be left out.
pub(super) fn read(table: Option<&Table<'_>>, language: &Language) -> Result<GateSection, RecipeError> {
    let raw: Raw = table.map_or(Ok(Raw::default()), |table| table.read(&["classifier"]))?;
    let guarded = raw.guard == RawGuard::Standard;
    let section = GateSection {
        model: raw.model.unwrap_or_else(|| "all-MiniLM-L6-v2".to_owned()),
        precision: precision(table, raw.precision)?,
        guarded,
        window_words: raw.window_words.unwrap_or(if guarded { 3 } else { 0 }),
        window_threshold: raw.window_threshold.unwrap_or(0.7),
        fluency: raw.fluency.unwrap_or(match guarded && language.code == "en" {
            true => FLUENCY,
            false => 0.0,
        }),
        classifier: table.map_or(Ok(None), classifier)?,
    };
    if let Some(table) = table {
        within(table, "window_words", section.window_words as f64, 0.0, 100.0)?;
        within(table, "window_threshold", section.window_threshold, 0.0, 1.0)?;
        within(table, "fluency", section.fluency, 0.0, 1.0)?;
    }
    Ok(section)
}

/// The classifier, given by its name alone or as a table.
fn classifier(gate: &Table<'_>) -> Result<Option<ClassifierSection>, RecipeError> {
    if !gate.has("classifier") {
        return Ok(None);
    }
    if let Ok(Some(model)) = gate.get::<String>("classifier") {
        return Ok(Some(ClassifierSection {
            model,
            precision: Precision::Fp32,
            labels: BTreeMap::new(),
            min_probability: 0.0,
        }));
    }
    let Some(table) = gate.table("classifier").map_err(|mut error| {
        error.message = error.message.replace("a table", "the name of a model or a table");
        error
    })?
    else {
        return Ok(None);
    };
    let raw: RawClassifier = table.read(&[])?;
    let min_probability = raw.min_probability.unwrap_or(0.0);
    within(&table, "min_probability", min_probability, 0.0, 1.0)?;
    Ok(Some(ClassifierSection {
        model: raw.model,
        precision: precision(Some(&table), raw.precision)?,
        labels: raw.labels,
        min_probability,
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Document, TextOverrides, TextRecipe};
    use super::*;

    fn gate(lines: &str) -> Result<GateSection, RecipeError> {
        let text = format!(
            "[corpus]\nkind = \"manifest\"\npath = \"a.csv\"\n[balance]\ntrain_per_class = 1\n[text.gate]\n{lines}\n"
        );
        TextRecipe::of(Document::of(Path::new("r.toml"), &text), TextOverrides::default())
            .map(|recipe| recipe.text.gate)
    }

    #[test]
    fn a_classifier_by_name_or_as_a_table() {
        assert_eq!(gate("").unwrap().classifier, None);
        let named = gate("classifier = \"../emotions\"").unwrap().classifier.unwrap();
        assert_eq!(
            (named.model.as_str(), named.min_probability),
            ("../emotions", 0.0)
        );
        let table = gate(
            "classifier = { model = \"m\", precision = \"int8\", labels = { joy = \"HAPPY\" }, min_probability = 0.4 }",
        );
        let table = table.unwrap().classifier.unwrap();
        assert_eq!(table.precision, Precision::Int8);
        assert_eq!(table.labels["joy"], "HAPPY");
        assert_eq!(table.min_probability, 0.4);
    }

    #[test]
    fn what_is_wrong_with_a_classifier_is_told_at_its_line() {
        for (lines, told) in [
            (
                "classifier = 3",
                "found a whole number, expected the name of a model or a table",
            ),
            ("classifier = { labels = {} }", "the key model is missing"),
            (
                "classifier = { model = \"m\", min_probability = 1.5 }",
                "found 1.5, allowed are 0 to 1",
            ),
            (
                "classifier = { model = \"m\", label = {} }",
                "did you mean \"labels\"?",
            ),
            (
                "classifier = { model = \"m\", precision = \"fp8\" }",
                "expected fp32",
            ),
        ] {
            let error = gate(lines).unwrap_err().to_string();
            assert!(error.contains(told), "{lines}: {error}");
            assert!(error.starts_with("r.toml:7: "), "{lines}: {error}");
        }
    }
}
