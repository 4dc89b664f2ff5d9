//! A tokenizer.json, read with the `tokenizers` library but without trust: a damaged file can make the library panic
//! while it is read, or only when a text is encoded.

use std::path::{Path, PathBuf};

use super::tokens::TokenError;
use crate::run::bounded;
use crate::run::execute::guarded;

/// The longest file that is read, in bytes: those of the largest vocabularies have some 40 MB.
const LIMIT: u64 = 128 << 20;

/// A tokenizer of which every call gives an error where the library would panic.
#[derive(Debug, Clone)]
pub struct JsonTokenizer {
    inner: tokenizers::Tokenizer,
    path: PathBuf,
}

impl JsonTokenizer {
    /// Reads a file; its own padding and truncation are switched off, and special tokens in a text are text.
    ///
    /// # Errors
    /// [`TokenError::Tokenizer`].
    pub fn open(path: &Path) -> Result<Self, TokenError> {
        let fail = |reason: String| TokenError::Tokenizer {
            path: path.to_owned(),
            reason,
        };
        let bytes = bounded::read(path, LIMIT).map_err(|error| fail(error.to_string()))?;
        let read = || -> Result<tokenizers::Tokenizer, String> {
            let mut inner = tokenizers::Tokenizer::from_bytes(&bytes).map_err(|error| error.to_string())?;
            // Shipped files ask for padding to a fixed length and for silent truncation.
            inner.with_padding(None);
            inner.with_truncation(None).map_err(|error| error.to_string())?;
            inner.set_encode_special_tokens(true);
            Ok(inner)
        };
        let inner = guarded(read).and_then(|read| read).map_err(fail)?;
        Ok(JsonTokenizer {
            inner,
            path: path.to_owned(),
        })
    }

    /// The token ids of a text, with the frame of special tokens or without.
    ///
    /// # Errors
    /// [`TokenError::Text`].
    pub fn encode(&self, text: &str, framed: bool) -> Result<Vec<u32>, TokenError> {
        self.call(text, |inner| {
            let encoding = inner
                .encode_fast(text, framed)
                .map_err(|error| error.to_string())?;
            Ok(encoding.get_ids().to_vec())
        })
    }

    /// The token ids of a pair of texts in its frame of special tokens, and where the part of the second text begins
    /// by the types that the tokenizer gives its tokens; the number of ids where it gives all the same.
    ///
    /// # Errors
    /// [`TokenError::Text`].
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<(Vec<u32>, usize), TokenError> {
        self.call(first, |inner| {
            let encoding = inner
                .encode_fast((first, second), true)
                .map_err(|error| error.to_string())?;
            let ids = encoding.get_ids().to_vec();
            let types = encoding.get_type_ids();
            let begin = types.iter().position(|&kind| kind == 1).unwrap_or(ids.len());
            Ok((ids, begin))
        })
    }

    /// The text of token ids, special ones left out.
    ///
    /// # Errors
    /// [`TokenError::Text`].
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenError> {
        self.call("", |inner| {
            inner.decode(ids, true).map_err(|error| error.to_string())
        })
    }

    /// The library's tokenizer, for what only looks things up.
    #[must_use]
    pub fn inner(&self) -> &tokenizers::Tokenizer {
        &self.inner
    }

    /// Adds a token of its own.
    pub fn add(&mut self, token: tokenizers::AddedToken) {
        self.inner.add_tokens(&[token]);
    }

    fn call<T>(
        &self,
        text: &str,
        work: impl FnOnce(&tokenizers::Tokenizer) -> Result<T, String>,
    ) -> Result<T, TokenError> {
        let done = guarded(|| work(&self.inner)).and_then(|done| done);
        done.map_err(|reason| TokenError::Text {
            text: text.chars().take(80).collect(),
            reason: format!("{reason} ({})", self.path.display()),
        })
    }
}
