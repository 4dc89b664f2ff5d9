//! A SentencePiece model as it is used: pieces with scores and kinds, and how they are looked for.

use super::SpmError;
use super::pieces::Pieces;
use super::proto::{ModelFile, PieceEntry};

/// How a text is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Unigram,
    Bpe,
}

impl Method {
    pub fn of(file: &ModelFile) -> Result<Self, SpmError> {
        match file.trainer.as_ref().and_then(|trainer| trainer.model_type) {
            None | Some(1) => Ok(Method::Unigram),
            Some(2) => Ok(Method::Bpe),
            Some(other) => Err(SpmError::Method(other)),
        }
    }
}

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl Kind {
    fn of(entry: &PieceEntry) -> Result<Self, SpmError> {
        match entry.kind {
            None | Some(1) => Ok(Kind::Normal),
            Some(2) => Ok(Kind::Unknown),
            Some(3) => Ok(Kind::Control),
            Some(4) => Ok(Kind::UserDefined),
            Some(5) => Ok(Kind::Unused),
            Some(6) => Ok(Kind::Byte),
            Some(other) => Err(SpmError::Kind(other)),
        }
    }

    /// Whether it can be found in a text.
    fn is_text(self) -> bool {
        matches!(self, Kind::Normal | Kind::UserDefined | Kind::Unused)
    }
}

/// The pieces of a model.
#[derive(Debug, Clone)]
pub struct Model {
    /// What can be found in a text.
    pub pieces: Pieces,
    /// What is found whole and is never part of another piece.
    pub user_defined: Pieces,
    /// What can only come out of a network: unknown, control and byte pieces.
    pub reserved: Pieces,
    /// The score of the rarest normal piece.
    pub lowest: f32,
    /// The score of the commonest normal piece, at least the smallest positive number.
    pub highest: f32,
    entries: Vec<(f32, Kind)>,
}

impl Model {
    pub fn of(file: &ModelFile) -> Result<Self, SpmError> {
        let mut entries = Vec::with_capacity(file.pieces.len());
        for entry in &file.pieces {
            let score = entry.score.unwrap_or_default();
            if !score.is_finite() {
                return Err(SpmError::Score(entry.piece.clone().unwrap_or_default()));
            }
            entries.push((score, Kind::of(entry)?));
        }
        let select = |wanted: &dyn Fn(Kind) -> bool| {
            let named = file
                .pieces
                .iter()
                .map(|entry| entry.piece.as_deref().unwrap_or_default());
            let numbered = named.zip(&entries).enumerate();
            Pieces::new(
                numbered
                    .filter(|(_, (_, (_, kind)))| wanted(*kind))
                    .map(|(number, (piece, _))| (piece, number)),
            )
        };
        let normal = || {
            entries
                .iter()
                .filter(|(_, kind)| *kind == Kind::Normal)
                .map(|(score, _)| *score)
        };
        Ok(Model {
            pieces: select(&Kind::is_text),
            user_defined: select(&|kind| kind == Kind::UserDefined),
            reserved: select(&|kind| !kind.is_text()),
            lowest: normal().fold(f32::MAX, f32::min),
            highest: normal().fold(f32::MIN_POSITIVE, f32::max),
            entries,
        })
    }

    /// The score of a piece by its number; 0 for what is no piece.
    pub fn score(&self, number: usize) -> f32 {
        self.entries.get(number).map_or(0.0, |(score, _)| *score)
    }

    /// What a piece is; unknown for what is no piece.
    pub fn kind(&self, number: usize) -> Kind {
        self.entries.get(number).map_or(Kind::Unknown, |(_, kind)| *kind)
    }
}
