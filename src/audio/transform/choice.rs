//! The two ways in which a recipe gives values to draw from.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{DrawKey, SettingError};

/// A list of values, each as likely as another; or `{ min, max, step }`, the values of a grid.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a list of numbers, or { min, max, step }")]
pub enum Choices {
    /// One value.
    One(f64),
    /// The values themselves.
    List(Vec<f64>),
    /// `min`, `min + step`, ... up to `max`.
    Grid {
        /// The smallest value.
        min: f64,
        /// The largest value.
        max: f64,
        /// The distance between two values.
        #[serde(default = "default_step")]
        step: f64,
    },
}

fn default_step() -> f64 {
    0.01
}

impl Choices {
    /// The values, checked: at least one, finite, within `low..=high`, none twice. `idle`, which would change
    /// nothing, is left out of a grid and refused in a list.
    ///
    /// # Errors
    /// [`SettingError`] for `key`, in `unit`.
    pub fn values(
        &self,
        key: &'static str,
        (low, high): (f64, f64),
        unit: &str,
        idle: Option<f64>,
    ) -> Result<Vec<f64>, SettingError> {
        let values = match self {
            Choices::One(value) => vec![*value],
            Choices::List(values) => values.clone(),
            Choices::Grid { min, max, step } => {
                let mut values = grid(key, *min, *max, *step)?;
                values.retain(|&value| Some(value) != idle);
                values
            }
        };
        if values.is_empty() {
            return Err(SettingError::new(
                key,
                "the list is empty; it needs at least one value",
            ));
        }
        if let Some(idle) = idle.filter(|idle| values.contains(idle)) {
            return Err(SettingError::new(
                key,
                format!("{idle} {unit} changes nothing; leave it out"),
            ));
        }
        for (place, value) in values.iter().enumerate() {
            if !(low..=high).contains(value) {
                return Err(SettingError::new(
                    key,
                    format!("found {value}, allowed are {low} to {high} {unit}"),
                ));
            }
            if values[..place].contains(value) {
                return Err(SettingError::new(key, format!("{value} is listed twice")));
            }
        }
        Ok(values)
    }
}

/// Draws the `copy`-th value for a source: by rendezvous hashing for a list, so that a value added to the recipe
/// moves few draws, by a keyed permutation where hashing every value would take too long.
pub(super) fn pick(key: &DrawKey<'_>, purpose: &str, values: &[f64], copy: u64) -> Option<f64> {
    if values.len() <= 64 {
        key.nth_option(values.iter().map(|v| v.to_string()), copy)
            .and_then(|index| values.get(index).copied())
    } else {
        let index = key.permuted(purpose, values.len() as u64, copy.min(values.len() as u64 - 1));
        values.get(usize::try_from(index).ok()?).copied()
    }
}

/// A number, or `[low, high]`: any value between, on a grid of hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a number, or [low, high]")]
pub enum Range {
    /// Always this value.
    One(f64),
    /// From the first to the second.
    Between([f64; 2]),
}

impl Range {
    /// The bounds, checked: finite, in order, within `low..=high`.
    ///
    /// # Errors
    /// [`SettingError`] for `key`, in `unit`.
    pub fn bounds(
        self,
        key: &'static str,
        low: f64,
        high: f64,
        unit: &str,
    ) -> Result<(f64, f64), SettingError> {
        let (from, to) = match self {
            Range::One(value) => (value, value),
            Range::Between([from, to]) => (from, to),
        };
        for value in [from, to] {
            if !(low..=high).contains(&value) {
                return Err(SettingError::new(
                    key,
                    format!("found {value}, allowed are {low} to {high} {unit}"),
                ));
            }
        }
        if from > to {
            return Err(SettingError::new(
                key,
                format!("found [{from}, {to}]; the smaller value comes first"),
            ));
        }
        Ok((from, to))
    }
}

/// How many hundredths lie between two bounds, both included.
pub(super) fn hundredths((low, high): (f64, f64)) -> u64 {
    ((high - low) * 100.0).round() as u64 + 1
}

/// The `index`-th hundredth from the lower bound, rounded so that it prints as it is meant.
pub(super) fn hundredth((low, _): (f64, f64), index: u64) -> f64 {
    (low * 100.0 + index as f64).round() / 100.0
}

/// A number for a row; whole numbers are written without a point.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        json!(value as i64)
    } else {
        json!(value)
    }
}

fn grid(key: &'static str, min: f64, max: f64, step: f64) -> Result<Vec<f64>, SettingError> {
    let count = ((max - min) / step).floor();
    if !(step > 0.0 && max >= min && (0.0..100_000.0).contains(&count)) {
        return Err(SettingError::new(
            key,
            format!(
                "found min = {min}, max = {max}, step = {step}; expected min <= max, step > 0 and at most 100000 values"
            ),
        ));
    }
    // Rounded to nine decimals: 0.1 + 2 * 0.1 must read 0.3 in the rows.
    Ok((0..=count as u64)
        .map(|k| ((min + k as f64 * step) * 1e9).round() / 1e9)
        .collect())
}
