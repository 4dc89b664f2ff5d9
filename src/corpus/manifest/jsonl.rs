//! Rows of a JSONL file: one object a line.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::columns::{Available, Fields};
use super::rows::Row;
use super::{ManifestSettings, Required};
use crate::corpus::CorpusError;

/// The most different keys that are looked at, so that hostile objects cannot fill the memory with keys.
const MAX_KEYS: usize = 1000;

/// Reads a JSONL file and hands each row to `each`. A key that a row does not have is an empty cell.
///
/// # Errors
/// A setting that does not fit, or a key that no row has.
pub fn read(
    settings: &ManifestSettings,
    available: &Available<'_>,
    bytes: &[u8],
    required: Required,
    mut each: impl FnMut(Row),
) -> Result<(), CorpusError> {
    check(settings)?;
    let keys = keys(bytes);
    let available = Available {
        names: Some(&keys),
        width: keys.len(),
        ..*available
    };
    let columns = available.resolve(&settings.columns, required)?;
    let Ok::<_, ()>(columns) = columns.try_map(|_, column| Ok(column.and_then(|column| keys.get(column))))
    else {
        return Ok(());
    };
    for (line, number) in bytes.split(|&byte| byte == b'\n').zip(1u64..) {
        if !line.trim_ascii().is_empty() {
            each(Row {
                line: number,
                cells: cells(&columns, line),
            });
        }
    }
    Ok(())
}

/// What means something for a table alone is refused, not passed over.
fn check(settings: &ManifestSettings) -> Result<(), CorpusError> {
    let of_tables = [
        ("delimiter", settings.delimiter.is_some()),
        ("quotes", settings.quotes.is_some()),
        ("header", settings.header.is_some()),
        ("columns", settings.columns.has_number()),
    ];
    match of_tables.into_iter().find(|&(_, given)| given) {
        None => Ok(()),
        Some((key, _)) => Err(CorpusError::Setting {
            key: key.to_owned(),
            found: if key == "columns" {
                "a number"
            } else {
                "a setting of CSV and TSV files"
            }
            .to_owned(),
            expected: "the keys of the objects by name, for a JSONL file".to_owned(),
            hint: None,
        }),
    }
}

/// The keys of all objects, sorted.
fn keys(bytes: &[u8]) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let Ok(object) = serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(line) else {
            continue;
        };
        for (key, _) in object {
            if keys.len() < MAX_KEYS {
                keys.insert(key);
            }
        }
    }
    keys.into_iter().collect()
}

/// The cells of a row that are used, or what is wrong with it.
fn cells(columns: &Fields<Option<&String>>, line: &[u8]) -> Result<Fields<String>, String> {
    let line = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    let object: Map<String, Value> = serde_json::from_str(line)
        .map_err(|error| format!("expected one JSON object: {}", message(&error)))?;
    columns.try_map(|field, key| match key.and_then(|key| object.get(key)) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Bool(flag)) => Ok(flag.to_string()),
        Some(Value::Array(_)) => Err(format!("the {field} is a list; expected a text or number")),
        Some(Value::Object(_)) => Err(format!("the {field} is an object; expected a text or number")),
    })
}

/// The parser's message without its line, which is always the first of the one line it got.
fn message(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.replace("at line 1 column", "at column")
}
