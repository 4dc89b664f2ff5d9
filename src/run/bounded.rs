//! Reading files that somebody else wrote, without trust in their kind or size.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

/// The whole of a regular file of at most `limit` bytes.
///
/// # Errors
/// It cannot be read, is no regular file (a pipe would be waited on for ever), or is longer.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    let mut bytes = Vec::new();
    // The limit holds while reading: the file may grow after it was looked at.
    fs::File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("is longer than {limit} bytes")));
    }
    Ok(bytes)
}

/// The same as text.
///
/// # Errors
/// As [`read`]; also when it is no UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    String::from_utf8(read(path, limit)?).map_err(|_| io::Error::other("is no UTF-8"))
}
