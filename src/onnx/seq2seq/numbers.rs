//! The numbers of pieces: vocab.json.

use std::collections::HashMap;

use serde_json::Value;

use crate::onnx::folder::{FolderError, ModelFolder};

/// Pieces and their numbers.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    ids: HashMap<String, u32>,
    pieces: HashMap<u32, String>,
}

impl Numbers {
    /// Reads a file such as vocab.json, which has to be there.
    pub fn open(folder: &ModelFolder, name: &str) -> Result<Self, FolderError> {
        let path = folder.file(name)?;
        let fail = |reason: String| FolderError::File {
            path: path.clone(),
            reason,
        };
        let Value::Object(entries) = folder.json(name)? else {
            return Err(fail(
                "found no JSON object, expected pieces and their numbers".to_owned(),
            ));
        };
        let mut numbers = Numbers::default();
        for (piece, value) in entries {
            let id = value.as_u64().and_then(|id| u32::try_from(id).ok());
            let id = id.ok_or_else(|| fail(format!("found {value} for {piece:?}, expected a token id")))?;
            numbers.pieces.insert(id, piece.clone());
            numbers.ids.insert(piece, id);
        }
        Ok(numbers)
    }

    /// How many pieces there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The number of a piece.
    pub fn id(&self, piece: &str) -> Option<u32> {
        self.ids.get(piece).copied()
    }

    /// The piece of a number.
    pub fn piece(&self, id: u32) -> Option<&str> {
        self.pieces.get(&id).map(String::as_str)
    }

    /// All pieces with their numbers, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.ids.iter().map(|(piece, &id)| (piece.as_str(), id))
    }
}
