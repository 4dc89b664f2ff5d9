//! What every transform's settings have in common.

use serde::de::DeserializeOwned;

use super::Transform;
use crate::audio::mel::MelSettings;

/// A setting that can't be used: which key, what was found, what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct SettingError {
    /// The key, below the table of the transform; with dots for tables in it.
    pub key: String,
    /// What was found and what is allowed.
    pub message: String,
}

impl SettingError {
    /// An error about `key`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        SettingError {
            key: key.into(),
            message: message.into(),
        }
    }
}

/// The settings around a transform that its own ones must fit.
#[derive(Debug, Clone)]
pub struct Context {
    /// Sample rate of the prepared sources, in Hz.
    pub rate: u32,
    /// The mel picture that masks refer to.
    pub mel: MelSettings,
}

/// The settings of one kind as they stand in a recipe.
pub trait Settings: DeserializeOwned {
    /// Checks them and makes the transform.
    ///
    /// # Errors
    /// [`SettingError`] that names the key at fault.
    fn build(self, context: &Context) -> Result<Box<dyn Transform>, SettingError>;
}
