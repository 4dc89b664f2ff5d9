//! What was done to every recording of a dataset until its picture was there: all that a trained model needs to know
//! to see new recordings as it saw those. `run.json` of a dataset holds it; [`Painter`] does it again.

use serde::{Deserialize, Serialize};

use super::image::ImageSettings;
use super::mel::MelSettings;
use super::prepare::PrepareSettings;
use super::spectrum::SettingError;

mod painter;
#[cfg(test)]
mod tests;

pub use painter::{PaintError, Painter};

/// The settings from a recording to its picture, in the words of a recipe's keys. All three tables have to be there; a
/// key that is not has its default, as in a recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// From the file to samples: `[prepare]`.
    pub prepare: PrepareSettings,
    /// From samples to the spectrogram: `[mel]`.
    pub mel: MelSettings,
    /// From the spectrogram to the picture: `[mel] image`.
    pub image: ImageSettings,
}

/// A preparation that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PreparationError {
    /// Something is missing, unknown or of another kind.
    #[error(
        "the preparation can't be understood: {0}\nhint: it holds the tables prepare, mel and image with the keys that a recipe has; the file was changed by hand, or by a newer augment"
    )]
    Form(String),
    /// A value is out of range.
    #[error(
        "the preparation's {table}: {fault}\nhint: no recipe can ask for this, so the file was changed after augment wrote it"
    )]
    Setting {
        /// `prepare`, `mel` or `image`.
        table: &'static str,
        /// The setting.
        fault: SettingError,
    },
}

impl Preparation {
    /// The key of a dataset's settings that holds it.
    pub const KEY: &str = "preparation";

    /// Reads and checks what a file holds; it may have been changed by hand.
    ///
    /// # Errors
    /// [`PreparationError`].
    pub fn of(value: &serde_json::Value) -> Result<Self, PreparationError> {
        // A list would be read as a table whose keys have their defaults.
        for table in ["prepare", "mel", "image"] {
            if !value.get(table).is_some_and(serde_json::Value::is_object) {
                return Err(PreparationError::Form(format!("it has no table {table}")));
            }
        }
        let read = Self::deserialize(value).map_err(|error| PreparationError::Form(error.to_string()))?;
        read.check()?;
        Ok(read)
    }

    /// Whether all settings are within the bounds that recipes have.
    ///
    /// # Errors
    /// [`PreparationError::Setting`], the first that is not.
    pub fn check(&self) -> Result<(), PreparationError> {
        let of = |table| move |fault| PreparationError::Setting { table, fault };
        self.prepare.check().map_err(of("prepare"))?;
        self.mel.check(self.prepare.sample_rate).map_err(of("mel"))?;
        self.image.check().map_err(of("image"))
    }
}
