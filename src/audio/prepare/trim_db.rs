//! `trim_db` as recipes have it: a number of dB, or `false`.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serializer};

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a number of dB, or false")]
enum Written {
    Db(f64),
    Off(bool),
}

pub(super) fn serialize<S: Serializer>(trim_db: &Option<f32>, serializer: S) -> Result<S::Ok, S::Error> {
    match trim_db {
        // The shortest decimals that mean this number: 33.3 stays 33.3, and does not become 33.29999923706055.
        Some(db) => serializer.serialize_f64(db.to_string().parse().unwrap_or(f64::from(*db))),
        None => serializer.serialize_bool(false),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f32>, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Db(db) => Ok(Some(db as f32)),
        Written::Off(false) => Ok(None),
        Written::Off(true) => Err(Error::custom("found true; expected a number of dB, or false")),
    }
}
