//! Whether a shared library is all there. The system's loader does not check that: it maps a file that was cut
//! off, and the process dies by SIGBUS at the first byte that is missing.
//!
//! Layout of the headers: System V ABI, chapters "ELF header" and "Program header", 64-bit.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

const HEADER: usize = 64;
const MAGIC: &[u8] = b"\x7fELF\x02";
const LITTLE_ENDIAN: u8 = 1;
/// The kind of a segment that is mapped.
const LOAD: u64 = 1;
/// Bytes of a program header that are read.
const SEGMENT: usize = 40;

/// Says what is wrong with a file as a shared library; `None` if nothing is, or the loader will tell better.
pub(crate) fn fault(path: &Path) -> Option<String> {
    match std::fs::metadata(path) {
        // The loader would wait for a pipe's other end.
        Ok(data) if !data.is_file() => return Some("it is no regular file".to_owned()),
        Ok(_) => {}
        Err(error) => return Some(error.to_string()),
    }
    // What can't be read here can't be read by the loader, which has words for it.
    let (size, needed) = sizes(path).ok().flatten()?;
    (size < needed).then(|| format!("it is cut off: found {size} bytes, expected at least {needed}"))
}

/// The file's size and the end of its last segment; `None` for what is no ELF file of 64 bits.
fn sizes(path: &Path) -> io::Result<Option<(u64, u64)>> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut header = [0; HEADER];
    if size < HEADER as u64 {
        return Ok(None);
    }
    file.read_exact(&mut header)?;
    if !header.starts_with(MAGIC) {
        return Ok(None);
    }
    let little = header.get(5) == Some(&LITTLE_ENDIAN);
    let number = |bytes: &[u8], at: usize, length: usize| -> u64 {
        let digits = bytes.get(at..at + length).unwrap_or_default();
        let add = |sum: u64, &digit: &u8| (sum << 8) | u64::from(digit);
        if little {
            digits.iter().rev().fold(0, add)
        } else {
            digits.iter().fold(0, add)
        }
    };
    let (table, step, count) = (
        number(&header, 0x20, 8),
        number(&header, 0x36, 2),
        number(&header, 0x38, 2),
    );
    // The table itself comes first: a file that lacks it is cut off, too.
    let mut needed = table.saturating_add(step * count);
    if size < needed {
        return Ok(Some((size, needed)));
    }
    let mut segment = [0; SEGMENT];
    for index in 0..count {
        file.seek(SeekFrom::Start(table + step * index))?;
        if file.read_exact(&mut segment).is_err() {
            break;
        }
        if number(&segment, 0, 4) == LOAD {
            let end = number(&segment, 0x08, 8).saturating_add(number(&segment, 0x20, 8));
            needed = needed.max(end);
        }
    }
    Ok(Some((size, needed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support;

    #[test]
    fn a_library_that_is_cut_off_is_told_from_a_whole_one() {
        let whole = support::runtime();
        assert_eq!(fault(&whole), None);
        let bytes = std::fs::read(&whole).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let cut = dir.path().join("libonnxruntime.so");
        for length in [64, 100, 1_000, 4_096, 100_000, 10_000_000, 29_000_000] {
            std::fs::write(&cut, &bytes[..length.min(bytes.len() * 9 / 10)]).unwrap();
            let found = fault(&cut).unwrap();
            assert!(found.starts_with("it is cut off: found"), "{length}: {found}");
        }
    }

    #[test]
    fn what_is_no_library_is_left_to_the_loader() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.so");
        for text in ["", "text", "\x7fELF", &"text ".repeat(100)] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(fault(&path), None, "{text:?}");
        }
        // A header that promises anything costs no memory and no panic.
        let mut odd = b"\x7fELF\x02\x01".to_vec();
        odd.resize(64, 0xff);
        std::fs::write(&path, odd).unwrap();
        assert!(fault(&path).unwrap().contains("cut off"));
        assert!(fault(dir.path()).unwrap().contains("no regular file"));
    }
}
