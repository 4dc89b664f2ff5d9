//! `[balance]`: how much is made.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{RecipeError, Table, did_you_mean};
use crate::plan::{Amount, BalanceSettings, Mixture, Target};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    train_per_class: Option<PerClass>,
    copies: Option<u64>,
    #[serde(default)]
    mixture: RawMixture,
    max_per_source: Option<u32>,
    #[serde(default)]
    short: Short,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "expected a number, \"largest\", \"smallest\", \"median\", or a table of numbers per class"
)]
enum PerClass {
    Number(usize),
    Word(String),
    Table(BTreeMap<String, usize>),
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum RawMixture {
    #[default]
    Paper,
    Even,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Short {
    /// A class short of its number makes the exit code 2.
    #[default]
    Report,
    Accept,
}

/// No class gets more than this: a slip of the keyboard must not fill the disk.
const MOST: usize = 10_000_000;

/// Reads `[balance]`.
pub(super) fn read(root: &Table<'_>) -> Result<BalanceSettings, RecipeError> {
    const NEEDED: &str = "expected exactly one of train_per_class and copies";
    let Some(table) = root.table("balance")? else {
        let hint = "add [balance] with train_per_class = 800, or copies = 1".to_owned();
        return Err(root.error(
            "",
            format!("the table [balance] is missing; {NEEDED}"),
            Some(hint),
        ));
    };
    let raw = table.read::<Raw>(&[])?;
    let amount = match (raw.train_per_class, raw.copies) {
        (None, None) => return Err(table.error("", format!("found neither; {NEEDED}"), None)),
        (Some(_), Some(_)) => return Err(table.error("copies", format!("found both; {NEEDED}"), None)),
        (None, Some(copies @ 1..=100_000)) => Amount::Copies(copies),
        (None, Some(copies)) => {
            return Err(table.error("copies", format!("found {copies}, allowed are 1 to 100000"), None));
        }
        (Some(target), None) => Amount::TrainPerClass(self::target(&table, target)?),
    };
    if raw.max_per_source == Some(0) {
        return Err(table.error("max_per_source", "found 0, expected at least 1", None));
    }
    let mixture = match raw.mixture {
        RawMixture::Paper => Mixture::Paper,
        RawMixture::Even => Mixture::Even,
    };
    if mixture == Mixture::Even && matches!(amount, Amount::Copies(_)) {
        let message = "\"even\" needs train_per_class; with copies every class has the same mixture already";
        return Err(table.error("mixture", message, None));
    }
    Ok(BalanceSettings {
        amount,
        mixture,
        max_per_source: raw.max_per_source,
        accept_short: raw.short == Short::Accept,
    })
}

fn target(table: &Table<'_>, raw: PerClass) -> Result<Target, RecipeError> {
    const KEY: &str = "train_per_class";
    let checked = |n: usize| {
        let message = || format!("found {n}, allowed are 1 to {MOST}");
        if (1..=MOST).contains(&n) {
            Ok(n)
        } else {
            Err(table.error(KEY, message(), None))
        }
    };
    match raw {
        PerClass::Number(n) => checked(n).map(Target::Number),
        PerClass::Word(word) => match word.as_str() {
            "largest" => Ok(Target::Largest),
            "smallest" => Ok(Target::Smallest),
            "median" => Ok(Target::Median),
            _ => {
                let message = format!(
                    "found {word:?}, expected a number, \"largest\", \"smallest\", \"median\" or a table"
                );
                Err(table.error(
                    KEY,
                    message,
                    did_you_mean(&word, &["largest", "smallest", "median"]),
                ))
            }
        },
        PerClass::Table(numbers) => {
            numbers.values().try_for_each(|&n| checked(n).map(drop))?;
            Ok(Target::PerClass(numbers))
        }
    }
}
