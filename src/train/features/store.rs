//! Where the rows of a matrix of features lie: in memory, or in a file without a name where they are too many.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use half::f16;
use half::slice::HalfFloatSliceExt;

use super::FeatureError;
use super::cache::FeatureCache;
use super::encoder::Kind;
use super::pack::numbers;
use crate::run::atomic::{self, FileError};

/// Numbers that are read from a file at once.
const BLOCK: usize = 8192;

/// Rows of one length, all zeros at first.
#[derive(Debug)]
pub(super) struct Store {
    size: usize,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Row after row.
    Memory(Vec<f16>),
    /// The same in little endian; the folder stands for the file in errors.
    File { file: File, folder: PathBuf },
}

impl Store {
    /// Room for `inputs` rows of `size` numbers: in memory up to the bound of `cache`, else in its folder, else in the
    /// system's temporary folder. A file's room on disk is reserved at once.
    ///
    /// # Errors
    /// [`FeatureError::Memory`] when nothing counts so far, [`FeatureError::Disk`].
    pub(super) fn new(
        kind: Kind,
        inputs: usize,
        size: usize,
        cache: &FeatureCache,
    ) -> Result<Self, FeatureError> {
        let too_many = || FeatureError::Memory { kind, inputs, size };
        let count = inputs.checked_mul(size).ok_or_else(too_many)?;
        let bytes = (count as u64).checked_mul(2).ok_or_else(too_many)?;
        if bytes <= cache.memory() {
            let mut values = Vec::new();
            if values.try_reserve_exact(count).is_ok() {
                values.resize(count, f16::ZERO);
                let place = Place::Memory(values);
                return Ok(Store { size, place });
            }
        }
        let temporary = std::env::temp_dir();
        let beside = cache.folder().and_then(|folder| {
            let file = atomic::unnamed(folder, bytes).ok()?;
            Some((file, folder.to_owned()))
        });
        let (file, folder) = match beside {
            Some(found) => found,
            None => match atomic::unnamed(&temporary, bytes) {
                Ok(file) => (file, temporary),
                Err(source) => {
                    return Err(FeatureError::Disk {
                        kind,
                        inputs,
                        size,
                        bytes,
                        source,
                    });
                }
            },
        };
        let place = Place::File { file, folder };
        Ok(Store { size, place })
    }

    /// In memory.
    #[cfg(test)]
    pub(super) fn of(size: usize, values: Vec<f16>) -> Self {
        let place = Place::Memory(values);
        Store { size, place }
    }

    /// Numbers of a row.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Whether the rows lie in a file.
    pub(super) fn on_disk(&self) -> bool {
        matches!(self.place, Place::File { .. })
    }

    /// Sets a row that there is.
    ///
    /// # Errors
    /// [`FeatureError::File`].
    pub(super) fn put(&mut self, row: usize, numbers: impl Iterator<Item = f16>) -> Result<(), FeatureError> {
        match &mut self.place {
            Place::Memory(values) => {
                let slots = values.get_mut(row * self.size..(row + 1) * self.size);
                for (slot, number) in slots.into_iter().flatten().zip(numbers) {
                    *slot = number;
                }
                Ok(())
            }
            Place::File { file, folder } => {
                let bytes: Vec<u8> = numbers
                    .take(self.size)
                    .flat_map(|number| number.to_le_bytes())
                    .collect();
                let start = row as u64 * 2 * self.size as u64;
                file.write_all_at(&bytes, start)
                    .map_err(|error| FileError::new(&*folder, "cannot write a temporary file", error).into())
            }
        }
    }

    /// Writes a row that there is in 32 bits to `out`, which has its length.
    ///
    /// # Errors
    /// [`FeatureError::File`]; what is in `out` then means nothing.
    pub(super) fn copy_to(&self, row: usize, out: &mut [f32]) -> Result<(), FeatureError> {
        match &self.place {
            Place::Memory(values) => {
                if let Some(row) = values.get(row * self.size..(row + 1) * self.size) {
                    row.convert_to_f32_slice(out);
                }
                Ok(())
            }
            Place::File { file, folder } => {
                let mut at = row as u64 * 2 * self.size as u64;
                let mut bytes = [0; 2 * BLOCK];
                let mut shorts = [f16::ZERO; BLOCK];
                for part in out.chunks_mut(BLOCK) {
                    // A part is no longer than a block.
                    let (bytes, shorts) = (&mut bytes[..2 * part.len()], &mut shorts[..part.len()]);
                    file.read_exact_at(bytes, at)
                        .map_err(|error| FileError::new(folder, "cannot read a temporary file", error))?;
                    for (short, number) in shorts.iter_mut().zip(numbers(bytes)) {
                        *short = number;
                    }
                    shorts.convert_to_f32_slice(part);
                    at += bytes.len() as u64;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: usize = 2 * BLOCK + 3;

    /// Row `row` in all bits that there are, but for what is no number.
    fn row(row: usize) -> impl Iterator<Item = f16> {
        (0..LONG).map(move |at| {
            let number = f16::from_bits((at * 31 + row * 7) as u16);
            if number.is_finite() { number } else { f16::NEG_ZERO }
        })
    }

    #[test]
    fn rows_read_the_same_from_memory_and_from_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = (3 * LONG * 2) as u64;
        let cache = FeatureCache::at(&dir.path().join("new"), 1);
        for (memory, on_disk) in [(bytes, false), (bytes - 1, true), (0, true)] {
            for cache in [cache.clone(), FeatureCache::none()] {
                let mut store = Store::new(Kind::Image, 3, LONG, &cache.within(memory)).unwrap();
                assert_eq!(store.on_disk(), on_disk);
                let mut out = vec![9.0; LONG];
                store.copy_to(1, &mut out).unwrap();
                assert!(out.iter().all(|number| number.to_bits() == 0), "zeros at first");
                for at in [2, 0, 1] {
                    store.put(at, row(at)).unwrap();
                }
                for at in 0..3 {
                    store.copy_to(at, &mut out).unwrap();
                    let same = out
                        .iter()
                        .zip(row(at))
                        .all(|(a, b)| a.to_bits() == b.to_f32().to_bits());
                    assert!(same, "{at}");
                }
            }
        }
        let left: Vec<_> = std::fs::read_dir(dir.path().join("new")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_left_for_the_systems() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, b"").unwrap();
        let cache = FeatureCache::at(&file, 1).within(0);
        let store = Store::new(Kind::Image, 1, 4, &cache).unwrap();
        assert!(store.on_disk());
    }

    #[test]
    fn more_than_a_disk_holds_is_told_before_any_work() {
        let cache = FeatureCache::none();
        let error = Store::new(Kind::Image, 1 << 36, 1 << 26, &cache).unwrap_err();
        assert!(matches!(error, FeatureError::Disk { .. }), "{error}");
        let told = error.to_string();
        let folder = std::env::temp_dir().display().to_string();
        assert!(told.starts_with(&folder), "{told}");
        assert!(
            told.contains("68719476736 different images × 67108864 numbers = 9223372036854775808 bytes"),
            "{told}"
        );
        assert!(told.contains("\nhint: "), "{told}");
        let error = Store::new(Kind::Text, usize::MAX, 2, &cache).unwrap_err();
        assert!(matches!(error, FeatureError::Memory { .. }), "{error}");
    }
}
