//! `[prepare]`: how every source is brought into shape.

use serde::Deserialize;

use super::{RecipeError, Table};
use crate::audio::decode::Channels;
use crate::audio::prepare::{PrepareSettings, TooLong};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    sample_rate: u32,
    trim_db: TrimDb,
    min_seconds: f64,
    max_seconds: f64,
    too_long: TooLong,
    channels: RawChannels,
}

impl Default for Raw {
    fn default() -> Self {
        Raw {
            sample_rate: 16_000,
            trim_db: TrimDb::Db(40.0),
            min_seconds: 0.1,
            max_seconds: 60.0,
            too_long: TooLong::Refuse,
            channels: RawChannels::Word("mix".to_owned()),
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number of dB, or false")]
enum TrimDb {
    Db(f64),
    Off(bool),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected \"mix\" or the number of a channel, from 0")]
enum RawChannels {
    One(u16),
    Word(String),
}

/// Reads `[prepare]`; all keys have defaults.
pub(super) fn read(root: &Table<'_>) -> Result<PrepareSettings, RecipeError> {
    let Some(table) = root.table("prepare")? else {
        return settings(root, Raw::default());
    };
    let raw = table.read::<Raw>(&[])?;
    settings(&table, raw)
}

fn settings(table: &Table<'_>, raw: Raw) -> Result<PrepareSettings, RecipeError> {
    let fail = |key: &str, message: String| Err(table.error(key, message, None));
    if !(4000..=192_000).contains(&raw.sample_rate) {
        return fail(
            "sample_rate",
            format!("found {}, allowed are 4000 to 192000 Hz", raw.sample_rate),
        );
    }
    let trim_db = match raw.trim_db {
        TrimDb::Off(false) => None,
        TrimDb::Off(true) => {
            return fail(
                "trim_db",
                "found true; expected a number of dB, or false".to_owned(),
            );
        }
        TrimDb::Db(db) if (1.0..=120.0).contains(&db) => Some(db as f32),
        TrimDb::Db(db) => {
            return fail(
                "trim_db",
                format!("found {db}, allowed are 1 to 120 dB, or false for no trimming"),
            );
        }
    };
    if !(0.0..=3600.0).contains(&raw.min_seconds) {
        return fail(
            "min_seconds",
            format!("found {}, allowed are 0 to 3600 s", raw.min_seconds),
        );
    }
    if !(raw.max_seconds > raw.min_seconds && raw.max_seconds <= 3600.0) {
        let message = format!(
            "found {}, expected more than min_seconds = {} and at most 3600 s",
            raw.max_seconds, raw.min_seconds
        );
        return fail("max_seconds", message);
    }
    let channels = match raw.channels {
        RawChannels::One(channel) => Channels::One(channel),
        RawChannels::Word(word) if word == "mix" => Channels::Mix,
        RawChannels::Word(word) => {
            return fail(
                "channels",
                format!("found {word:?}, expected \"mix\" or the number of a channel, from 0"),
            );
        }
    };
    Ok(PrepareSettings {
        sample_rate: raw.sample_rate,
        trim_db,
        min_seconds: raw.min_seconds,
        max_seconds: raw.max_seconds,
        too_long: raw.too_long,
        channels,
    })
}
