//! From the labels of a corpus to the classes of a dataset: separate, map, choose, and check that each class can have
//! a folder of its own on any file system.

use std::collections::BTreeMap;

use super::error::did_you_mean;
use super::{CorpusError, Listing, Skipped, Utterance};

pub use super::slug::slug;

/// The longest name of a label's folder, in ASCII characters: half of what file systems allow, and
/// 20 letters of a script outside ASCII.
pub const MAX_SLUG: usize = 120;

/// The name of a label's folder.
#[must_use]
pub fn folder_name(label: &str) -> String {
    slug(label, MAX_SLUG)
}

/// What to do with an utterance that has several labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MultiLabel {
    /// Leave it out.
    #[default]
    Drop,
    /// Take the first one.
    First,
}

/// The keys of `[corpus]` that are about labels, the same for all readers.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelRules {
    /// The labels to keep, after mapping; empty for all.
    pub classes: Vec<String>,
    /// The number of utterances that a class is cut to before anything else. Checked here, applied by the plan.
    pub keep: BTreeMap<String, usize>,
    /// From labels of the corpus to labels of the dataset; what is not in it stays.
    pub label_map: BTreeMap<String, String>,
    /// What stands between the labels of an utterance that has several.
    pub label_separator: Option<String>,
    /// What to do with an utterance that has several labels.
    pub multi_label: MultiLabel,
}

impl LabelRules {
    /// The one label of an utterance, or why it has none.
    fn label<'a>(&'a self, text: &'a str) -> Result<&'a str, String> {
        let parts: Vec<&str> = match &self.label_separator {
            Some(separator) => text.split(separator.as_str()).collect(),
            None => vec![text],
        };
        let mut labels = Vec::<&str>::new();
        for part in parts.into_iter().map(str::trim).filter(|part| !part.is_empty()) {
            let label = self.label_map.get(part).map_or(part, |mapped| mapped.trim());
            // Two labels that are mapped to one class agree.
            if !labels.contains(&label) {
                labels.push(label);
            }
        }
        match (labels.as_slice(), self.multi_label) {
            ([], _) => Err("the label is empty".to_owned()),
            ([label], _) | ([label, ..], MultiLabel::First) => Ok(label),
            ([..], MultiLabel::Drop) => Err(format!("has {} labels", labels.len())),
        }
    }
}

/// Applies the rules: separates several labels, maps, and leaves out what is not in `classes`. Utterances
/// that are left out are added to the skipped ones, the same reason for each label that is not a class.
///
/// # Errors
/// A rule that cannot be applied, a class or a key of `keep` that no utterance has, two labels that would share a
/// folder, a label that can have none, or no utterance left.
pub fn apply(rules: &LabelRules, listing: Listing) -> Result<Listing, CorpusError> {
    check(rules)?;
    let Listing {
        utterances,
        mut skipped,
    } = listing;
    let mut labelled = Vec::with_capacity(utterances.len());
    let mut counts = BTreeMap::<String, usize>::new();
    for utterance in utterances {
        match rules.label(&utterance.label) {
            Ok(label) => {
                let label = label.to_owned();
                if let Some(count) = counts.get_mut(&label) {
                    *count += 1;
                } else {
                    counts.insert(label.clone(), 1);
                }
                labelled.push(Utterance { label, ..utterance });
            }
            Err(reason) => skipped.push(Skipped {
                id: utterance.id,
                reason,
            }),
        }
    }
    check_classes(rules, &counts)?;
    check_folders(rules, &counts)?;

    let is_class = |label: &String| rules.classes.is_empty() || rules.classes.contains(label);
    let mut utterances = Vec::with_capacity(labelled.len());
    for utterance in labelled {
        if is_class(&utterance.label) {
            utterances.push(utterance);
        } else {
            let reason = format!("label \"{}\" is not in classes", utterance.label);
            skipped.push(Skipped {
                id: utterance.id,
                reason,
            });
        }
    }
    let listing = Listing { utterances, skipped };
    if listing.utterances.is_empty() {
        let reasons = listing.skipped_by_reason();
        return Err(CorpusError::Nothing {
            reasons: reasons
                .into_iter()
                .map(|(reason, count)| (reason.to_owned(), count))
                .collect(),
        });
    }
    Ok(listing)
}

/// What can be told without the corpus.
fn check(rules: &LabelRules) -> Result<(), CorpusError> {
    let setting = |key: &str, found: String, expected: &str| {
        Err(CorpusError::Setting {
            key: key.to_owned(),
            found,
            expected: expected.to_owned(),
            hint: None,
        })
    };
    if rules.label_separator.as_deref() == Some("") {
        return setting(
            "label_separator",
            "an empty text".to_owned(),
            "what stands between two labels, such as \",\"",
        );
    }
    if let Some((label, _)) = rules.label_map.iter().find(|(_, to)| to.trim().is_empty()) {
        return setting("label_map", format!("an empty label for `{label}`"), "a label");
    }
    for (index, class) in rules.classes.iter().enumerate() {
        if rules.classes.iter().take(index).any(|other| other == class) {
            return setting("classes", format!("`{class}` twice"), "each class once");
        }
        if class.trim() != class || class.is_empty() {
            return setting(
                "classes",
                format!("`{class}`"),
                "a label without white space at its ends",
            );
        }
    }
    Ok(())
}

/// Each class has utterances, and `keep` names classes.
fn check_classes(rules: &LabelRules, counts: &BTreeMap<String, usize>) -> Result<(), CorpusError> {
    if let Some(class) = rules.classes.iter().find(|class| !counts.contains_key(*class)) {
        let mut found: Vec<_> = counts
            .iter()
            .map(|(label, &count)| (label.clone(), count))
            .collect();
        found.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        return Err(CorpusError::EmptyClass {
            class: class.clone(),
            found,
        });
    }
    let known: Vec<&str> = if rules.classes.is_empty() {
        counts.keys().map(String::as_str).collect()
    } else {
        rules.classes.iter().map(String::as_str).collect()
    };
    if let Some(label) = rules.keep.keys().find(|label| !known.contains(&label.as_str())) {
        return Err(CorpusError::Setting {
            key: format!("keep.{label}"),
            found: format!("`{label}`"),
            expected: format!("one of the classes {}", known.join(", ")),
            hint: did_you_mean(label, known.into_iter()),
        });
    }
    Ok(())
}

/// No two labels share a folder. A label that is not a class may not look like one either: `Happy` beside
/// the class `happy` is a slip of the corpus, and leaving it out in silence would lose utterances.
fn check_folders(rules: &LabelRules, counts: &BTreeMap<String, usize>) -> Result<(), CorpusError> {
    let is_class = |label: &String| rules.classes.is_empty() || rules.classes.contains(label);
    let mut folders = BTreeMap::<String, &String>::new();
    let classes = counts.keys().filter(|label| is_class(label));
    let others = counts.keys().filter(|label| !is_class(label));
    for label in classes.chain(others) {
        let slug = folder_name(label);
        if let Some(&other) = folders.get(&slug) {
            let key = (is_class(label) && !rules.classes.is_empty()).then_some("classes");
            let (first, second) = (other.clone(), label.clone());
            return Err(CorpusError::LabelCollision {
                first,
                second,
                slug,
                key,
            });
        }
        if is_class(label) {
            if slug.is_empty() {
                return Err(CorpusError::EmptySlug { label: label.clone() });
            }
            folders.insert(slug, label);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
