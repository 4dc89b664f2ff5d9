//! The precompiled character map of a SentencePiece model: a double-array trie (the format of darts-clone) from
//! strings to replacements, the longest match first.

use super::SpmError;

/// The longest replacement in bytes.
const LONGEST: usize = 256;

/// Replacements of strings; the empty one replaces nothing.
#[derive(Debug, Clone, Default)]
pub struct CharsMap {
    units: Vec<u32>,
    /// All replacements, each ended by a zero byte.
    replacements: String,
}

impl CharsMap {
    /// From the blob in a model file: the trie's size in bytes, the trie, the replacements.
    pub fn parse(blob: &[u8]) -> Result<Self, SpmError> {
        if blob.is_empty() {
            return Ok(CharsMap::default());
        }
        let (size, rest) = blob.split_first_chunk::<4>().ok_or(SpmError::CharsMap)?;
        let size = u32::from_le_bytes(*size) as usize;
        let (trie, replacements) = rest.split_at_checked(size).ok_or(SpmError::CharsMap)?;
        let (units, ragged) = trie.as_chunks::<4>();
        if !ragged.is_empty() {
            return Err(SpmError::CharsMap);
        }
        let replacements = std::str::from_utf8(replacements).map_err(|_| SpmError::CharsMap)?;
        // Real ones have at most 18 characters. A broken file must not make a book out of every letter.
        if replacements.split('\0').any(|one| one.len() > LONGEST) {
            return Err(SpmError::CharsMap);
        }
        Ok(CharsMap {
            units: units.iter().map(|unit| u32::from_le_bytes(*unit)).collect(),
            replacements: replacements.to_owned(),
        })
    }

    /// The longest beginning of `text` that is replaced: its length in bytes and what takes its place.
    pub fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let mut found = None;
        let mut at = offset(*self.units.first()?);
        for (index, byte) in text.bytes().enumerate() {
            at ^= usize::from(byte);
            let Some(&unit) = self.units.get(at) else { break };
            if label(unit) != u32::from(byte) {
                break;
            }
            at ^= offset(unit);
            if has_leaf(unit)
                && let Some(&leaf) = self.units.get(at)
            {
                found = Some((index + 1, leaf));
            }
        }
        let (length, leaf) = found?;
        // The upper bit marks a leaf, the others are its value.
        let start = (leaf & 0x7fff_ffff) as usize;
        let replacement = self.replacements.get(start..)?;
        let replacement = replacement.split('\0').next().unwrap_or_default();
        // A file could cut a character in two; what is no boundary replaces nothing.
        text.is_char_boundary(length).then_some((length, replacement))
    }
}

fn has_leaf(unit: u32) -> bool {
    unit >> 8 & 1 == 1
}

/// The byte that leads to a unit; the upper bit is kept so that a leaf's value matches no byte.
fn label(unit: u32) -> u32 {
    unit & (1 << 31 | 0xff)
}

/// How far, by exclusive or, the children of a unit are.
fn offset(unit: u32) -> usize {
    ((unit >> 10) << ((unit & 1 << 9) >> 6)) as usize
}
