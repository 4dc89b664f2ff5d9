//! From a corpus and what is in its sources to the plan, with errors at the keys that ask for what can't be had.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::JobError;
use crate::corpus::labels::LabelRules;
use crate::corpus::{Split, Utterance};
use crate::dataset::layout::MANIFEST;
use crate::plan::{
    BalanceSettings, Maker, Plan, PlanError, PlanSettings, Source, SplitSettings, Target, plan,
};
use crate::recipe::{Document, GroupBy, RecipeError, SplitSection};
use crate::run::ledger::Lines;

/// What of a recipe decides its plan, be it about audio or text.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The recipe, for errors.
    pub document: &'a Document,
    /// The run's seed.
    pub seed: u64,
    /// Classes and what is kept of them.
    pub rules: &'a LabelRules,
    /// What is held out.
    pub split: &'a SplitSection,
    /// How much is made.
    pub balance: &'a BalanceSettings,
}

impl Asked<'_> {
    fn error(&self, table: &str, key: &str, message: &str, hint: Option<String>) -> RecipeError {
        self.document.error(table, key, message, hint.as_ref())
    }
}

/// What is inside a source: a hash that is equal for sources with the same content, or why it can't be used.
pub(super) type Content = Result<[u8; 32], String>;

/// Plans: `contents` has one entry an utterance.
pub(super) fn make_plan(
    asked: &Asked<'_>,
    utterances: &[Utterance],
    contents: Vec<Content>,
    makers: &[&dyn Maker],
) -> Result<Plan, JobError> {
    let classes = classes(asked.rules, utterances);
    if let crate::plan::Amount::TrainPerClass(Target::PerClass(table)) = &asked.balance.amount {
        let named: Vec<&str> = classes.iter().map(String::as_str).collect();
        if let Some(unknown) = table.keys().find(|class| !classes.contains(class)) {
            let hint = crate::recipe::did_you_mean(unknown, &named);
            let message = format!(
                "there is no class {unknown:?}; the classes are {}",
                named.join(", ")
            );
            return Err(asked.error("balance", "train_per_class", &message, hint).into());
        }
        if let Some(missing) = classes.iter().find(|class| !table.contains_key(*class)) {
            let message = format!("class {missing:?} has no number; expected one for every class");
            return Err(asked.error("balance", "train_per_class", &message, None).into());
        }
    }
    let sources = sources(asked, &classes, utterances, contents)?;
    let from = match &asked.split.from {
        None => None,
        Some(from) => Some(split_of(asked, &asked.document.base().join(from), utterances)?),
    };
    let settings = PlanSettings {
        seed: asked.seed,
        classes,
        keep: asked.rules.keep.clone(),
        split: SplitSettings {
            validation: asked.split.validation.clone(),
            test: asked.split.test.clone(),
            from,
        },
        balance: asked.balance.clone(),
    };
    let mut plan = plan(&settings, &sources, makers).map_err(|error| at_line(asked, &error))?;
    held_out(asked, &settings, utterances, &mut plan)?;
    Ok(plan)
}

/// A split that was asked for and comes out empty is an error; one that lacks a class is told of.
fn held_out(
    asked: &Asked<'_>,
    settings: &PlanSettings,
    utterances: &[Utterance],
    plan: &mut Plan,
) -> Result<(), JobError> {
    for (split, hold, fold) in [
        (Split::Validation, &settings.split.validation, "fold"),
        (Split::Test, &settings.split.test, "test_fold"),
    ] {
        if !hold.is_some() {
            continue;
        }
        let name = split.name();
        let held: BTreeSet<&str> = plan
            .items
            .iter()
            .filter(|item| item.split == split)
            .map(|item| utterances[item.source as usize].label.as_str())
            .collect();
        if held.is_empty() {
            let key = match (&hold.fold, hold.groups.is_empty()) {
                (Some(_), _) => fold.to_owned(),
                (None, false) => format!("{name}_groups"),
                (None, true) => format!("{name}_share"),
            };
            let message = format!("nothing would be held out for {name}");
            let hint = "ask for a larger share, for fewer folds, or for groups that no other split has";
            return Err(asked.error("split", &key, &message, Some(hint.to_owned())).into());
        }
        for class in settings
            .classes
            .iter()
            .filter(|class| !held.contains(class.as_str()))
        {
            plan.notes
                .push(format!("{name} holds nothing of class {class:?}"));
        }
    }
    Ok(())
}

/// Puts the plan's errors at the keys that ask for what can't be had.
fn at_line(asked: &Asked<'_>, error: &PlanError) -> RecipeError {
    let (table, key, hint) = match error {
        PlanError::Short { split, .. } => (
            "split",
            format!("{split}_per_class"),
            Some("ask for fewer, or group by something smaller".to_owned()),
        ),
        PlanError::Given { split } => (
            "split",
            format!("{split}_per_class"),
            Some("leave the keys out".to_owned()),
        ),
        PlanError::UnknownGroup { key, .. } => ("split", (*key).to_owned(), None),
        PlanError::Copies { .. } => (
            "balance",
            "copies".to_owned(),
            Some("give the transform more choices".to_owned()),
        ),
        PlanError::SameId(_) => ("corpus", String::new(), None),
        PlanError::Empty { .. } => (
            "corpus",
            String::new(),
            Some("hold out or cut less, or leave the class out with classes = [...]".to_owned()),
        ),
    };
    asked.error(table, &key, &error.to_string(), hint)
}

fn classes(rules: &LabelRules, utterances: &[Utterance]) -> Vec<String> {
    if !rules.classes.is_empty() {
        return rules.classes.clone();
    }
    let mut classes: Vec<String> = utterances
        .iter()
        .map(|utterance| utterance.label.clone())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}

fn sources(
    asked: &Asked<'_>,
    classes: &[String],
    utterances: &[Utterance],
    contents: Vec<Content>,
) -> Result<Vec<Source>, JobError> {
    let number: BTreeMap<&str, usize> = classes
        .iter()
        .enumerate()
        .map(|(n, class)| (class.as_str(), n))
        .collect();
    let group_by = asked.split.group_by;
    utterances
        .iter()
        .zip(contents)
        .map(|(utterance, content)| {
            let group = match group_by {
                GroupBy::Utterance => utterance.id.clone(),
                GroupBy::Speaker => utterance.speaker.clone(),
                GroupBy::Session => utterance.session.clone(),
                // Case and spacing don't make another sentence; one without a text is a group of its own.
                GroupBy::Text => match utterance
                    .text
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .to_lowercase()
                {
                    text if text.is_empty() => utterance.id.clone(),
                    text => text,
                },
            };
            if group.is_empty() {
                let message = format!("the utterance {} has no {}", utterance.id, group_by.name());
                let hint = Some("name the column or group that tells it, or group by utterance".to_owned());
                return Err(asked.error("split", "group_by", &message, hint).into());
            }
            let (content, refused) = match content {
                Ok(content) => (content, None),
                Err(reason) => ([0; 32], Some(reason)),
            };
            let class = number.get(utterance.label.as_str()).copied().unwrap_or(0);
            Ok(Source {
                id: utterance.id.clone(),
                class,
                group,
                content,
                split: utterance.split,
                refused,
            })
        })
        .collect()
}

/// The split of another dataset, by source id.
fn split_of(
    asked: &Asked<'_>,
    dataset: &Path,
    utterances: &[Utterance],
) -> Result<BTreeMap<String, Split>, JobError> {
    let path = dataset.join(MANIFEST);
    let fail = |message: String| asked.error("split", "from", &message, None);
    let mut lines = Lines::open(&path)?.ok_or_else(|| {
        fail(format!(
            "there is no {}; expected the folder of a finished dataset",
            path.display()
        ))
    })?;
    // All that is needed of a row: a dataset of another kind has other keys beside these.
    #[derive(serde::Deserialize)]
    struct Placed {
        source_id: String,
        split: Split,
    }
    let mut splits = BTreeMap::new();
    while let Some((_, row)) = lines.read::<Placed>()? {
        splits.insert(row.source_id, row.split);
    }
    if !utterances
        .iter()
        .any(|utterance| splits.contains_key(&utterance.id))
    {
        let one = |id: Option<&String>| id.map_or(String::new(), |id| format!(", such as {id:?}"));
        return Err(fail(format!(
            "{} names none of the corpus' utterances{}; its source ids are others{}",
            path.display(),
            one(utterances.first().map(|utterance| &utterance.id)),
            one(splits.keys().next()),
        ))
        .into());
    }
    Ok(splits)
}
