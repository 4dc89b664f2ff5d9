//! `[output]`: which files are written.

use serde::Deserialize;

use super::{RecipeError, Table};

/// The files of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Kinds {
    /// A 16-bit WAV.
    pub audio: bool,
    /// A mel image.
    pub images: bool,
    /// The mel spectrogram in dB as `.npy`.
    pub arrays: bool,
}

/// The validated section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSection {
    /// Files of made items.
    pub made: Kinds,
    /// Files of originals.
    pub originals: Kinds,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    audio: Option<bool>,
    images: Option<bool>,
    arrays: Option<bool>,
    originals: RawKinds,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct RawKinds {
    audio: Option<bool>,
    images: Option<bool>,
    arrays: Option<bool>,
}

/// Reads `[output]`: by default WAV and image, for originals the same as for all.
pub(super) fn read(root: &Table<'_>) -> Result<OutputSection, RecipeError> {
    let table = root.table("output")?;
    let raw: Raw = table
        .as_ref()
        .map_or(Ok(Raw::default()), |table| table.read(&[]))?;
    let made = Kinds {
        audio: raw.audio.unwrap_or(true),
        images: raw.images.unwrap_or(true),
        arrays: raw.arrays.unwrap_or(false),
    };
    let originals = Kinds {
        audio: raw.originals.audio.unwrap_or(made.audio),
        images: raw.originals.images.unwrap_or(made.images),
        arrays: raw.originals.arrays.unwrap_or(made.arrays),
    };
    if let Some(table) = table
        && !(made.audio || made.images || made.arrays)
    {
        let hint = Some("set one of audio, images, arrays to true".to_owned());
        return Err(table.error("", "nothing would be written of a made item", hint));
    }
    Ok(OutputSection { made, originals })
}
