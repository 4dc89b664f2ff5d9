//! A byte source that knows its length and where its audio begins.

use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::io::MediaSource;

use super::DecodeError;

/// A seekable source; position 0 is the first byte behind an ID3v2 tag.
pub(super) struct Source<S> {
    inner: S,
    base: u64,
    len: u64,
    seekable: bool,
}

impl<S: Read + Seek> Source<S> {
    pub fn new(mut inner: S) -> Result<Self, DecodeError> {
        let len = inner.seek(SeekFrom::End(0))?;
        if len == 0 {
            return Err(DecodeError::Empty);
        }
        inner.rewind()?;
        Ok(Self {
            inner,
            base: 0,
            len,
            seekable: true,
        })
    }

    /// Bytes from position 0 to the end.
    pub fn len(&self) -> u64 {
        self.len - self.base
    }

    /// Moves position 0 forward by `bytes` (at most to the end) and goes there.
    pub fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.base = self.base.saturating_add(bytes).min(self.len);
        self.rewind()
    }

    /// Hides from readers that the source can seek.
    pub fn streaming(mut self) -> Self {
        self.seekable = false;
        self
    }

    /// The first bytes, at most as many as `head` holds; leaves the source at position 0.
    pub fn head<'h>(&mut self, head: &'h mut [u8]) -> io::Result<&'h [u8]> {
        let mut filled = 0;
        while let Some(rest) = head.get_mut(filled..)
            && !rest.is_empty()
        {
            match self.inner.read(rest)? {
                0 => break,
                n => filled += n,
            }
        }
        self.rewind()?;
        Ok(head.get(..filled).unwrap_or_default())
    }
}

impl<S: Read> Read for Source<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buf)
    }
}

impl<S: Seek> Seek for Source<S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(self.base.saturating_add(at)),
            other => other,
        };
        Ok(self.inner.seek(to)?.saturating_sub(self.base))
    }
}

impl<S: Read + Seek + Send + Sync> MediaSource for Source<S> {
    fn is_seekable(&self) -> bool {
        self.seekable
    }

    fn byte_len(&self) -> Option<u64> {
        self.seekable.then(|| self.len - self.base)
    }
}
