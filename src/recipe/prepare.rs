//! `[prepare]`: how every source is brought into shape.

use super::{RecipeError, Table};
use crate::audio::prepare::PrepareSettings;

/// Reads `[prepare]`; all keys have defaults.
pub(super) fn read(root: &Table<'_>) -> Result<PrepareSettings, RecipeError> {
    let Some(table) = root.table("prepare")? else {
        return Ok(PrepareSettings::default());
    };
    let settings = table.read::<PrepareSettings>(&[])?;
    settings.check().map_err(|error| {
        let message = format!("found {}, expected {}", error.found, error.expected);
        table.error(error.key, message, None)
    })?;
    Ok(settings)
}
