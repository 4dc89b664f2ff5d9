//! `[split]`: what is held out, and what may not be torn apart.

use std::path::PathBuf;

use serde::Deserialize;

use super::{RecipeError, Table};
use crate::plan::Hold;

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupBy {
    /// Each utterance by itself.
    #[default]
    Utterance,
    /// All of a speaker.
    Speaker,
    /// All of a recording session.
    Session,
    /// All with the same words.
    Text,
}

impl GroupBy {
    /// The word in recipes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            GroupBy::Utterance => "utterance",
            GroupBy::Speaker => "speaker",
            GroupBy::Session => "session",
            GroupBy::Text => "text",
        }
    }
}

/// The validated section.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SplitSection {
    /// How validation is chosen.
    pub validation: Hold,
    /// How test is chosen.
    pub test: Hold,
    /// What a group is.
    pub group_by: GroupBy,
    /// The dataset whose split is taken over.
    pub from: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    validation_per_class: Option<usize>,
    validation_share: Option<f64>,
    validation_groups: Vec<String>,
    test_per_class: Option<usize>,
    test_share: Option<f64>,
    test_groups: Vec<String>,
    folds: Option<usize>,
    fold: Option<usize>,
    test_fold: Option<usize>,
    group_by: GroupBy,
    from: Option<PathBuf>,
}

/// Reads `[split]`; without it everything is for training, unless the corpus says otherwise.
pub(super) fn read(root: &Table<'_>) -> Result<SplitSection, RecipeError> {
    let Some(table) = root.table("split")? else {
        return Ok(SplitSection::default());
    };
    let raw = table.read::<Raw>(&[])?;
    let fail = |key: &str, message: String| Err(table.error(key, message, None));
    if let Some(folds) = raw.folds
        && !(2..=1000).contains(&folds)
    {
        return fail("folds", format!("found {folds}, allowed are 2 to 1000"));
    }
    if raw.folds.is_some() && raw.fold.is_none() {
        return fail(
            "folds",
            "the key fold is missing: which of the folds is held out, from 0".to_owned(),
        );
    }
    for (key, fold) in [("fold", raw.fold), ("test_fold", raw.test_fold)] {
        match (fold, raw.folds) {
            (Some(_), None) => return fail(key, "the key folds is missing: how many there are".to_owned()),
            (Some(fold), Some(folds)) if fold >= folds => {
                return fail(
                    key,
                    format!(
                        "found {fold}; with folds = {folds} they are numbered 0 to {}",
                        folds - 1
                    ),
                );
            }
            _ => {}
        }
    }
    if raw.test_fold.is_some() && raw.test_fold == raw.fold {
        return fail(
            "test_fold",
            "found the same as fold; a fold is held out for one split".to_owned(),
        );
    }
    let fold = |fold: Option<usize>| raw.folds.zip(fold);
    let validation = Hold {
        per_class: raw.validation_per_class,
        share: raw.validation_share,
        groups: raw.validation_groups,
        fold: fold(raw.fold),
    };
    let test = Hold {
        per_class: raw.test_per_class,
        share: raw.test_share,
        groups: raw.test_groups,
        fold: fold(raw.test_fold),
    };
    for (prefix, hold) in [("validation", &validation), ("test", &test)] {
        if hold.per_class.is_some() && hold.share.is_some() {
            return fail(
                &format!("{prefix}_share"),
                format!("{prefix}_per_class is given as well; expected one of them"),
            );
        }
        if let Some(share) = hold.share
            && !(share > 0.0 && share < 1.0)
        {
            return fail(
                &format!("{prefix}_share"),
                format!("found {share}, expected a share between 0 and 1"),
            );
        }
        if hold.per_class == Some(0) {
            return fail(
                &format!("{prefix}_per_class"),
                "found 0; leave the key out for no such split".to_owned(),
            );
        }
        if !hold.groups.is_empty() && hold.fold.is_some() {
            return fail(
                &format!("{prefix}_groups"),
                "a fold is given as well; expected one of them".to_owned(),
            );
        }
    }
    if let Some(name) = test.groups.iter().find(|name| validation.groups.contains(name)) {
        return fail(
            "test_groups",
            format!("{name:?} is in validation_groups as well; a group is held out for one split"),
        );
    }
    if raw.from.is_some() && (validation.is_some() || test.is_some()) {
        return fail(
            "from",
            "the split is taken over, and other keys ask for one of its own; expected either".to_owned(),
        );
    }
    Ok(SplitSection {
        validation,
        test,
        group_by: raw.group_by,
        from: raw.from,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::recipe::Document;

    #[test]
    fn a_group_is_held_out_for_one_split() {
        let read = |text: &str| {
            let document = Document::of(Path::new("r.toml"), &format!("[split]\n{text}"));
            super::read(&document.root().unwrap())
                .map(drop)
                .map_err(|e| e.to_string())
        };
        let both = read("validation_groups = [\"a\", \"b\"]\ntest_groups = [\"c\", \"b\"]").unwrap_err();
        assert!(
            both.starts_with("r.toml:3: [split] test_groups: \"b\" is in validation_groups"),
            "{both}"
        );
        assert_eq!(read("validation_groups = [\"a\"]\ntest_groups = [\"b\"]"), Ok(()));
    }
}
