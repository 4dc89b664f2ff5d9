//! What can go wrong with translating.

use super::languages::LanguageError;
use super::settings::SettingsError;
use crate::onnx::error::ModelError;
use crate::onnx::folder::FolderError;
use crate::onnx::session::SessionError;
use crate::onnx::tokens::TokenError;

/// Why nothing can be translated.
#[derive(Debug, thiserror::Error)]
pub enum TranslateError {
    /// The model can't be loaded or run, or a signal came.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The model can't translate between the languages.
    #[error(transparent)]
    Language(#[from] LanguageError),
    /// The settings make no sense.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

impl From<SessionError> for TranslateError {
    fn from(error: SessionError) -> Self {
        TranslateError::Model(error.into())
    }
}

impl From<FolderError> for TranslateError {
    fn from(error: FolderError) -> Self {
        TranslateError::Model(error.into())
    }
}

impl From<TokenError> for TranslateError {
    fn from(error: TokenError) -> Self {
        TranslateError::Model(error.into())
    }
}

/// Why one text is not translated, while others are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// The text is longer than the model can take.
    #[error(
        "found a text of {tokens} tokens, expected at most {limit}, the positions of the model\nhint: split it into sentences, or ask for what is too long to be cut"
    )]
    TooLong {
        /// Its tokens, special ones included.
        tokens: usize,
        /// The model's limit.
        limit: usize,
    },
    /// The settings forbid whatever the model could say.
    #[error(
        "found no translation that the settings allow\nhint: fewer forbidden tokens or a smaller min_length leave some"
    )]
    Nothing,
}
