//! What can go wrong with a model as a whole.

use super::folder::FolderError;
use super::session::SessionError;
use super::tokens::TokenError;

/// Why a model can't be loaded or run.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Its folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its tokenizer or a text.
    #[error(transparent)]
    Tokens(#[from] TokenError),
    /// Its graph.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// It needs something that is not supported.
    #[error("{model}: {reason}")]
    Unsupported {
        /// The model's folder.
        model: String,
        /// What it needs.
        reason: String,
    },
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
}
