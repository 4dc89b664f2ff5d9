//! The hash of a recipe: what it asks for, without comments, order, spelling of numbers, and paths.

use serde_json::Value;

use super::{Document, RecipeError};

/// Keys that say where something is on this machine, not what is wanted.
const PLACES: [&str; 6] = ["root", "path", "responses", "recordings", "from", "dir"];

/// Hash of a recipe's effective values; `overrides` are values given by flags, as (key, value).
///
/// # Errors
/// The text is no TOML.
pub fn recipe_hash(document: &Document, overrides: &[(&str, Value)]) -> Result<String, RecipeError> {
    recipe_hash_without(document, overrides, &[])
}

/// The same without some keys, as (table, key), that change nothing of what comes out.
///
/// # Errors
/// The text is no TOML.
pub fn recipe_hash_without(
    document: &Document,
    overrides: &[(&str, Value)],
    without: &[(&str, &str)],
) -> Result<String, RecipeError> {
    document.root()?;
    let mut value: Value = toml::from_str(document.text()).unwrap_or(Value::Null);
    for (table, key) in without {
        if let Some(Value::Object(table)) = value.get_mut(table) {
            table.remove(*key);
        }
    }
    strip(&mut value);
    if let Value::Object(root) = &mut value {
        for (key, new) in overrides {
            root.insert((*key).to_owned(), new.clone());
        }
    }
    // serde_json's maps are sorted, so equal values give equal text.
    Ok(blake3::hash(value.to_string().as_bytes()).to_hex()[..32].to_owned())
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(table) => {
            table.retain(|key, value| !(PLACES.contains(&key.as_str()) && value.is_string()));
            table.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        // 16000 and 16000.0 mean the same.
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|x| x.fract() == 0.0 && x.abs() < 1e15) {
                *value = Value::from(whole as i64);
            }
        }
        _ => {}
    }
}
