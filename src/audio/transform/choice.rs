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
        if let Some(value) = values.iter().find(|value| !(low..=high).contains(*value)) {
            return Err(SettingError::new(
                key,
                format!("found {value}, allowed are {low} to {high} {unit}"),
            ));
        }
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(SettingError::new(key, format!("{} is listed twice", pair[0])));
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
    /// The bounds, checked: finite, in order, within `low..=high`, on the grid of hundredths.
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
            if !is_multiple(value, 0.01) {
                return Err(SettingError::new(
                    key,
                    format!("found {value}; at most two decimals are kept"),
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

/// Whether a value is a multiple of a decimal step, as far as floating point can tell: 1.001 is 1000.9999999999999
/// thousandths.
pub(super) fn is_multiple(value: f64, step: f64) -> bool {
    let steps = value / step;
    (steps - steps.round()).abs() < 1e-6
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
    // A millionth of a step more: from 0.8 to 1.2 there are 3.9999999999999996 steps of 0.1.
    let count = ((max - min) / step + 1e-6).floor();
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
        .map(|k| ((min + k as f64 * step).min(max) * 1e9).round() / 1e9)
        .collect())
}
