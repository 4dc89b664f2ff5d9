//! A pack: features of one encoder in one file, which tells by itself whether it is whole.
//!
//! All numbers in little endian:
//!
//! | bytes | |
//! |---|---|
//! | 8 | `AUGFEATS` |
//! | 4 | version, 1 |
//! | 4 | numbers of a feature, `size` |
//! | 8 | features, `count` |
//! | 32 | the encoder's id |
//! | 32 × count | keys of the inputs, ascending |
//! | 2 × size × count | the features, 16-bit floating point, in the order of the keys |
//! | 32 | BLAKE3 of all bytes before |

use std::io;
use std::path::Path;

use half::f16;

use super::Key;
use crate::run::bounded;

const MAGIC: &[u8; 8] = b"AUGFEATS";
const VERSION: u32 = 1;
const HEADER: usize = 56;
const HASH: usize = 32;
pub(super) const KEY: usize = 32;
/// Bytes around the keys and features of a pack.
pub(super) const FRAME: u64 = (HEADER + HASH) as u64;

/// A pack is written when it has so many features, or so many bytes of them.
const FULL_COUNT: usize = 2048;
pub(super) const FULL_BYTES: usize = 16 << 20;
/// The largest file that is read as a pack: merged ones end with the first feature or pack beyond `FULL_BYTES`.
const LARGEST: u64 = 64 << 20;

/// Why a file gives no features.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is gone.
    Gone,
    /// It can't be read, or not now.
    Unread,
    /// It is no pack, one of another encoder, or damaged: it can go.
    Damaged,
}

/// How many features of `size` numbers fill a pack.
pub(super) fn features_of(size: usize) -> usize {
    FULL_BYTES.div_ceil(2 * size.max(1)).min(FULL_COUNT)
}

/// Features by the keys of their inputs.
#[derive(Debug, Clone)]
pub(super) struct Pack {
    size: usize,
    keys: Vec<Key>,
    /// The rows of the keys, as in the file.
    rows: Vec<u8>,
}

impl Pack {
    /// An empty one for features of `size` numbers.
    pub(super) fn new(size: usize) -> Self {
        Pack {
            size,
            keys: Vec::new(),
            rows: Vec::new(),
        }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether it is time to write it.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= features_of(self.size)
    }

    /// Its bytes as a file.
    pub(super) fn bytes(&self) -> u64 {
        FRAME + (self.keys.len() * KEY + self.rows.len()) as u64
    }

    /// Adds a feature.
    pub(super) fn push(&mut self, key: Key, row: &[f16]) {
        debug_assert_eq!(row.len(), self.size, "all features of an encoder have one size");
        self.keys.push(key);
        self.rows
            .extend(row.iter().flat_map(|number| number.to_le_bytes()));
    }

    /// Adds those of another pack of the same size that `wanted` names.
    pub(super) fn take(&mut self, other: &Pack, mut wanted: impl FnMut(&Key) -> bool) {
        for (key, row) in other.iter() {
            if wanted(key) {
                self.keys.push(*key);
                self.rows.extend_from_slice(row);
            }
        }
    }

    /// Keys and rows; a row is `size` numbers as [`numbers`] reads them.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &[u8])> {
        self.keys.iter().zip(self.rows.chunks_exact(2 * self.size))
    }

    /// The file: sorted, each key once.
    pub(super) fn encode(&self, model: &Key) -> Vec<u8> {
        let mut sorted: Vec<(&Key, &[u8])> = self.iter().collect();
        sorted.sort_by_key(|(key, _)| *key);
        sorted.dedup_by_key(|(key, _)| *key);
        let mut out = Vec::with_capacity(HEADER + self.keys.len() * KEY + self.rows.len() + HASH);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        // No longer than text::LONGEST.
        out.extend_from_slice(&(self.size as u32).to_le_bytes());
        out.extend_from_slice(&(sorted.len() as u64).to_le_bytes());
        out.extend_from_slice(model);
        sorted.iter().for_each(|(key, _)| out.extend_from_slice(*key));
        sorted.iter().for_each(|(_, row)| out.extend_from_slice(row));
        let hash = blake3::hash(&out);
        out.extend_from_slice(hash.as_bytes());
        out
    }

    /// Reads a file of an encoder, whose features have `size` numbers if that is known.
    pub(super) fn read(path: &Path, model: &Key, size: Option<usize>) -> Result<Self, Fault> {
        let bytes = match bounded::read(path, LARGEST) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Fault::Gone),
            // What bounded refuses: no regular file, or longer than any pack.
            Err(error) if error.kind() == io::ErrorKind::Other => return Err(Fault::Damaged),
            Err(_) => return Err(Fault::Unread),
        };
        let pack = Self::decode(&bytes, model).ok_or(Fault::Damaged)?;
        match size {
            Some(size) if size != pack.size => Err(Fault::Damaged),
            _ => Ok(pack),
        }
    }

    fn decode(bytes: &[u8], model: &Key) -> Option<Self> {
        let (content, hash) = bytes.split_last_chunk::<HASH>()?;
        let (magic, rest) = content.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk::<4>()?;
        let (size, rest) = rest.split_first_chunk::<4>()?;
        let (count, rest) = rest.split_first_chunk::<8>()?;
        let (of, rest) = rest.split_first_chunk::<KEY>()?;
        if magic != MAGIC || u32::from_le_bytes(*version) != VERSION || of != model {
            return None;
        }
        let size = usize::try_from(u32::from_le_bytes(*size)).ok()?;
        let count = usize::try_from(u64::from_le_bytes(*count)).ok()?;
        let each = size.checked_mul(2)?.checked_add(KEY)?;
        if size == 0 || count.checked_mul(each)? != rest.len() {
            return None;
        }
        if blake3::hash(content).as_bytes() != hash {
            return None;
        }
        let (keys, rows) = rest.split_at(count * KEY);
        Some(Pack {
            size,
            keys: keys.as_chunks::<KEY>().0.to_vec(),
            rows: rows.to_vec(),
        })
    }
}

/// Reads a row.
pub(super) fn numbers(row: &[u8]) -> impl Iterator<Item = f16> {
    row.as_chunks::<2>().0.iter().map(|&two| f16::from_le_bytes(two))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: Key = [9; 32];

    fn pack() -> Pack {
        let mut pack = Pack::new(3);
        for key in [7_u8, 2, 5] {
            let row = [f16::from_f32(f32::from(key)), f16::NEG_ZERO, f16::MAX];
            pack.push([key; 32], &row);
        }
        pack
    }

    #[test]
    fn a_file_has_the_bytes_that_its_description_says() {
        let bytes = pack().encode(&MODEL);
        assert_eq!(bytes.len() as u64, pack().bytes());
        assert_eq!(bytes.len(), 56 + 3 * 32 + 3 * 6 + 32);
        assert_eq!(&bytes[..8], b"AUGFEATS");
        assert_eq!(bytes[8..24], [1, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(bytes[24..56], MODEL);
        assert_eq!([bytes[56], bytes[88], bytes[120]], [2, 5, 7]);
        // 2.0, −0.0 and 65504 in 16 bits.
        assert_eq!(bytes[152..158], [0x00, 0x40, 0x00, 0x80, 0xFF, 0x7B]);
        assert_eq!(bytes[170..], *blake3::hash(&bytes[..170]).as_bytes());
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let bytes = pack().encode(&MODEL);
        let read = Pack::decode(&bytes, &MODEL).unwrap();
        assert_eq!(read.keys, [[2; 32], [5; 32], [7; 32]]);
        let first: Vec<f16> = numbers(read.iter().next().unwrap().1).collect();
        assert_eq!(first, [f16::from_f32(2.0), f16::NEG_ZERO, f16::MAX]);
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            assert!(Pack::decode(&other, &MODEL).is_none(), "byte {at}");
            assert!(Pack::decode(&bytes[..at], &MODEL).is_none(), "length {at}");
        }
        assert!(Pack::decode(&[bytes.clone(), vec![0]].concat(), &MODEL).is_none());
        assert!(Pack::decode(&bytes, &[8; 32]).is_none());
    }

    #[test]
    fn sizes_that_multiply_beyond_all_numbers_are_no_pack() {
        for (size, count) in [(u32::MAX, u64::MAX), (0, 0), (1, u64::MAX / 34 + 1), (0, 5)] {
            let mut bytes = pack().encode(&MODEL);
            bytes[12..16].copy_from_slice(&size.to_le_bytes());
            bytes[16..24].copy_from_slice(&count.to_le_bytes());
            let end = bytes.len() - HASH;
            let hash = blake3::hash(&bytes[..end]);
            bytes[end..].copy_from_slice(hash.as_bytes());
            assert!(Pack::decode(&bytes, &MODEL).is_none(), "{size} {count}");
        }
    }

    #[test]
    fn an_input_that_was_added_twice_is_there_once() {
        let mut twice = pack();
        twice.take(&pack(), |key| key[0] != 5);
        assert_eq!(twice.len(), 5);
        assert_eq!(twice.encode(&MODEL), pack().encode(&MODEL));
    }
}
