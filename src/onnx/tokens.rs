//! Text to token ids: a model's tokenizer.json with its own padding and truncation off, user text taken as text,
//! and the model's frame of special tokens around it.

use std::path::{Path, PathBuf};

use tokenizers::AddedToken;

use super::folder::{FolderError, ModelFolder};
use super::json_tokenizer::JsonTokenizer;

/// Stands for the gap of a masked text while it is encoded. It is added to the tokenizer under an id of its own,
/// so that a literal `[MASK]` in a text stays text; the character is from a private plane of Unicode.
pub const GAP: &str = "\u{F0000}gap\u{F0000}";

/// Why a text or a tokenizer can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The model's folder is not complete.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// tokenizer.json makes no sense.
    #[error("{}: cannot be read as a tokenizer: {reason}", path.display())]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The model has no token to stand for a masked word.
    #[error("{}: the tokenizer has no mask token ({expected}), expected a masked language model", path.display())]
    NoMask {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        expected: String,
    },
    /// A text can't be encoded.
    #[error("cannot encode {text:?}: {reason}")]
    Text {
        /// Its beginning.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// A tokenizer, and how many tokens its model takes at once.
#[derive(Debug, Clone)]
pub struct Tokens {
    inner: JsonTokenizer,
    before: Vec<u32>,
    after: Vec<u32>,
    limit: usize,
    pad: u32,
    gap: Option<Gap>,
}

#[derive(Debug, Clone, Copy)]
struct Gap {
    marker: u32,
    mask: u32,
}

impl Tokens {
    /// Reads a folder's tokenizer.json; the limit is the smallest of what its configuration files state.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn open(folder: &ModelFolder) -> Result<Self, TokenError> {
        let path = folder.file("tokenizer.json")?;
        let fail = |reason: String| TokenError::Tokenizer {
            path: path.clone(),
            reason,
        };
        let inner = JsonTokenizer::open(&path)?;
        let (before, after) = frame(&inner, &path)?;
        let config = folder.json("config.json")?;
        let tokenizer_config = folder.json("tokenizer_config.json")?;
        let pad = config["pad_token_id"]
            .as_u64()
            .and_then(|id| u32::try_from(id).ok())
            .or_else(|| inner.inner().token_to_id("[PAD]"))
            .or_else(|| inner.inner().token_to_id("<pad>"))
            .unwrap_or(0);
        let mut limit = usize::MAX;
        if let Some(positions) = config["max_position_embeddings"].as_u64() {
            // RoBERTa and its kin count positions from behind the padding id on.
            let shift = match config["model_type"].as_str() {
                Some("roberta" | "xlm-roberta" | "camembert" | "mpnet") => u64::from(pad) + 1,
                _ => 0,
            };
            limit = limit.min(as_usize(positions.saturating_sub(shift)));
        }
        // Where there is no limit, Python writes 1e30 here.
        if let Some(longest) = tokenizer_config["model_max_length"].as_u64() {
            limit = limit.min(as_usize(longest));
        }
        if let Some(longest) = folder.json("sentence_bert_config.json")?["max_seq_length"].as_u64() {
            limit = limit.min(as_usize(longest));
        }
        if limit == usize::MAX {
            limit = 512;
        }
        if limit <= before.len() + after.len() {
            return Err(fail(format!(
                "found a model for {limit} tokens, expected more than the {} that frame each text",
                before.len() + after.len()
            )));
        }
        Ok(Tokens {
            inner,
            before,
            after,
            limit,
            pad,
            gap: None,
        })
    }

    /// The same for a masked language model: [`Tokens::encode_gap`] can be used.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn open_masked(folder: &ModelFolder) -> Result<Self, TokenError> {
        let mut tokens = Self::open(folder)?;
        let named = mask_name(folder)?;
        let names: Vec<&str> = match &named {
            Some(name) => vec![name],
            None => vec!["[MASK]", "<mask>"],
        };
        let found = names
            .iter()
            .find_map(|name| tokens.inner.inner().token_to_id(name));
        let Some(mask) = found else {
            return Err(TokenError::NoMask {
                path: folder.path().join("tokenizer.json"),
                expected: names.join(" or "),
            });
        };
        // The marker takes the blanks around it exactly as the mask token itself does.
        let own = tokens
            .inner
            .inner()
            .get_added_tokens_decoder()
            .get(&mask)
            .cloned();
        let marker = AddedToken::from(GAP, false)
            .normalized(false)
            .lstrip(own.as_ref().is_some_and(|token| token.lstrip))
            .rstrip(own.as_ref().is_some_and(|token| token.rstrip));
        tokens.inner.add(marker);
        tokens.gap = tokens
            .inner
            .inner()
            .token_to_id(GAP)
            .map(|marker| Gap { marker, mask });
        Ok(tokens)
    }

    /// The id that rows are filled up with.
    #[must_use]
    pub fn pad(&self) -> u32 {
        self.pad
    }

    /// The most tokens that one row may have, its frame included.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit
    }

    /// The text of a token, as it stands in the vocabulary.
    #[must_use]
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.inner().id_to_token(id)
    }

    /// The id of a token of the vocabulary.
    #[must_use]
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.inner().token_to_id(token)
    }

    /// How many tokens there are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.inner.inner().get_vocab_size(true) - usize::from(self.gap.is_some())
    }

    /// The rows of a text: one if it fits the model, else as many windows as it takes, none overlapping.
    ///
    /// # Errors
    /// [`TokenError::Text`].
    pub fn encode(&self, text: &str) -> Result<Vec<Vec<u32>>, TokenError> {
        let content = self.content(text)?;
        let room = self.limit - self.before.len() - self.after.len();
        if content.is_empty() {
            return Ok(vec![self.framed(&[])]);
        }
        Ok(content.chunks(room).map(|part| self.framed(part)).collect())
    }

    /// The row of a text of which no more than `most` tokens are taken, its frame included: its beginning, as transformers
    /// truncates. `most` is raised to what the frame and one token need, and lowered to what the model takes.
    ///
    /// # Errors
    /// [`TokenError::Text`].
    pub fn encode_beginning(&self, text: &str, most: usize) -> Result<Vec<u32>, TokenError> {
        let frame = self.before.len() + self.after.len();
        let mut content = self.content(text)?;
        content.truncate(most.min(self.limit).saturating_sub(frame).max(1));
        Ok(self.framed(&content))
    }

    /// The row of a pair of texts, and where in it the part of the second begins; `None` if the pair does not fit the
    /// model.
    ///
    /// # Errors
    /// [`TokenError::Text`].
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Option<(Vec<u32>, usize)>, TokenError> {
        let (row, begin) = self.inner.encode_pair(first, second)?;
        Ok((row.len() <= self.limit).then_some((row, begin)))
    }

    /// The row of a text with a gap, and where in it the mask is. Of a text that does not fit the model, the part
    /// around the gap is taken.
    ///
    /// # Errors
    /// [`TokenError::Text`]; also for tokenizers that were not opened for masks.
    pub fn encode_gap(&self, left: &str, right: &str) -> Result<(Vec<u32>, usize), TokenError> {
        let fail = |text: &str, reason: &str| TokenError::Text {
            text: text.chars().take(80).collect(),
            reason: reason.to_owned(),
        };
        for side in [left, right] {
            if side.contains(GAP) {
                return Err(fail(side, "it holds the sequence that marks gaps"));
            }
        }
        let whole = format!("{left}{GAP}{right}");
        let gap = self
            .gap
            .ok_or_else(|| fail(&whole, "the model has no mask token"))?;
        let mut content = self.content(&whole)?;
        let at = content
            .iter()
            .position(|&id| id == gap.marker)
            .ok_or_else(|| fail(&whole, "the gap was lost"))?;
        content[at] = gap.mask;
        let room = self.limit - self.before.len() - self.after.len();
        // As much before the gap as after it, more where the other side has less.
        let start = at
            .saturating_sub(room / 2)
            .min(content.len().saturating_sub(room));
        let end = content.len().min(start + room);
        Ok((self.framed(&content[start..end]), self.before.len() + at - start))
    }

    fn content(&self, text: &str) -> Result<Vec<u32>, TokenError> {
        self.inner.encode(text, false)
    }

    fn framed(&self, content: &[u32]) -> Vec<u32> {
        [&self.before, content, &self.after].concat()
    }
}

/// The special tokens that the tokenizer puts before and after a text.
fn frame(tokenizer: &JsonTokenizer, path: &Path) -> Result<(Vec<u32>, Vec<u32>), TokenError> {
    let fail = |reason: &str| TokenError::Tokenizer {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let (framed, bare) = (tokenizer.encode("a", true)?, tokenizer.encode("a", false)?);
    let at = framed
        .windows(bare.len().max(1))
        .position(|window| window == bare)
        .ok_or_else(|| fail("its special tokens change the text they frame"))?;
    Ok((framed[..at].to_vec(), framed[at + bare.len()..].to_vec()))
}

/// The mask token's name as the folder's files tell it.
fn mask_name(folder: &ModelFolder) -> Result<Option<String>, FolderError> {
    for file in ["tokenizer_config.json", "special_tokens_map.json"] {
        let value = &folder.json(file)?["mask_token"];
        if let Some(name) = value.as_str().or_else(|| value["content"].as_str()) {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

fn as_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
