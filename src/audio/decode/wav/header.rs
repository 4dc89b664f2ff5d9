//! The header of a WAV file (RIFF, RF64, BW64): everything before the samples.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use crate::audio::decode::DecodeError;

/// Sizes from here on are what a program writes that can't know the size yet: `espeak-ng --stdout` and sox
/// write 0x7ffff000, ffmpeg 0xffffffff, others 0x7fffffff.
const STREAMING: u32 = 0x7fff_0000;

/// The `fmt ` chunk of any codec is smaller than this.
const LARGEST_FMT: u32 = 4096;

/// How many bytes of samples there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    Bytes(u64),
    /// To the end of the file: the header was written before the size was known.
    Unknown,
}

/// What the header of a WAV file tells.
#[derive(Debug)]
pub(super) struct Header {
    /// Format tag (mmreg.h); that of the sub-format for WAVE_FORMAT_EXTENSIBLE.
    pub tag: u16,
    /// At least 1.
    pub channels: u16,
    pub rate: u32,
    pub block_align: u16,
    bits: u16,
    fmt: Vec<u8>,
    /// Samples per channel according to the `fact` chunk.
    pub fact: Option<u32>,
    /// Offset of the first sample in the file.
    pub data_at: u64,
    pub data: Length,
}

impl Header {
    /// Bytes of one sample's container.
    pub fn bytes_per_sample(&self) -> u16 {
        match self.block_align / self.channels {
            bytes if bytes > 0 && self.block_align.is_multiple_of(self.channels) => bytes,
            _ => self.bits.div_ceil(8),
        }
    }

    /// Samples per channel in `bytes` bytes of data.
    pub fn samples(&self, bytes: u64) -> u64 {
        if matches!(self.tag, 0x02 | 0x11) {
            let per_block = u16_at(&self.fmt, 18).unwrap_or(0);
            return bytes / u64::from(self.block_align.max(1)) * u64::from(per_block);
        }
        bytes / (u64::from(self.bytes_per_sample().max(1)) * u64::from(self.channels))
    }

    /// A header with the same format and `bytes` bytes of data, nothing else.
    pub fn rewritten(&self, bytes: u64) -> Vec<u8> {
        let size = |bytes: u64| u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes();
        let fmt = self.fmt.len() as u64;
        let mut out = Vec::with_capacity(self.fmt.len() + 28);
        out.extend(b"RIFF");
        out.extend(size(20 + fmt + bytes));
        out.extend(b"WAVEfmt ");
        out.extend(size(fmt));
        out.extend(&self.fmt);
        out.extend(b"data");
        out.extend(size(bytes));
        out
    }
}

/// Reads a header; leaves the reader at the first sample.
pub(super) fn read<S: Read + Seek>(reader: &mut BufReader<S>) -> Result<Header, DecodeError> {
    let mut riff = [0; 12];
    fill(reader, &mut riff, "RIFF")?;
    let riff_size = u32_at(&riff, 4).unwrap_or(0);
    let (mut fmt, mut fact, mut long_size) = (None, None, None);
    let mut at = riff.len() as u64;
    loop {
        let mut head = [0; 8];
        fill(reader, &mut head, if fmt.is_some() { "data" } else { "fmt " })?;
        let size = u32_at(&head, 4).unwrap_or(0);
        at += 8;
        let (name, _) = head.split_at(4);
        let used = match name {
            b"data" => {
                let fmt = fmt.ok_or_else(|| damaged("the data come before the \"fmt \" chunk"))?;
                let rest = rest_of(reader, at)?;
                let data = length(size, riff_size, long_size, at, rest);
                return parse(fmt, fact, at, data);
            }
            b"fmt " if size <= LARGEST_FMT => {
                let mut bytes = vec![0; size as usize];
                fill(reader, &mut bytes, "fmt ")?;
                fmt = Some(bytes);
                size
            }
            b"fmt " => return Err(damaged(format!("a \"fmt \" chunk of {size} bytes"))),
            b"fact" if size >= 4 => {
                let mut bytes = [0; 4];
                fill(reader, &mut bytes, "fact")?;
                fact = u32_at(&bytes, 0);
                4
            }
            b"ds64" if size >= 16 => {
                let mut bytes = [0; 16];
                fill(reader, &mut bytes, "ds64")?;
                long_size = bytes.last_chunk().map(|size| u64::from_le_bytes(*size));
                16
            }
            _ => 0,
        };
        reader.seek_relative(i64::from(size - used))?;
        at += u64::from(size) + pad(reader, size)?;
    }
}

/// Chunks of odd size are followed by a zero byte, which some writers forget; no chunk's name begins with
/// zero. Skips the byte and returns how many were skipped.
fn pad(reader: &mut BufReader<impl Read + Seek>, size: u32) -> io::Result<u64> {
    if size.is_multiple_of(2) {
        return Ok(0);
    }
    let mut byte = [1];
    if reader.read(&mut byte)? == 1 && byte == [0] {
        return Ok(1);
    }
    reader.seek_relative(-1)?;
    Ok(0)
}

/// Bytes from `at`, where the reader stands, to the end.
fn rest_of(reader: &mut BufReader<impl Read + Seek>, at: u64) -> io::Result<u64> {
    let end = reader.seek(SeekFrom::End(0))?;
    reader.seek(SeekFrom::Start(at))?;
    Ok(end.saturating_sub(at))
}

/// Judges the size of the data chunk at `at`, with `rest` bytes behind it.
fn length(size: u32, riff_size: u32, long_size: Option<u64>, at: u64, rest: u64) -> Length {
    if let (u32::MAX, Some(long)) = (size, long_size) {
        return Length::Bytes(long);
    }
    // A size of 0 is honest only if the file as a whole has the size that its header tells.
    let whole = (u64::from(riff_size) + 8).abs_diff(at + rest) <= 1;
    if (size >= STREAMING && u64::from(size) > rest) || (size == 0 && !whole) {
        Length::Unknown
    } else {
        Length::Bytes(u64::from(size))
    }
}

/// Makes a header of the `fmt ` chunk's bytes.
fn parse(fmt: Vec<u8>, fact: Option<u32>, data_at: u64, data: Length) -> Result<Header, DecodeError> {
    const EXTENSIBLE: u16 = 0xfffe;
    let short = || damaged(format!("a \"fmt \" chunk of {} bytes", fmt.len()));
    let tag = u16_at(&fmt, 0).ok_or_else(short)?;
    let channels = u16_at(&fmt, 2).ok_or_else(short)?;
    let rate = u32_at(&fmt, 4).ok_or_else(short)?;
    let block_align = u16_at(&fmt, 12).ok_or_else(short)?;
    let bits = u16_at(&fmt, 14).ok_or_else(short)?;
    // The sub-format's GUID begins with its tag.
    let tag = if tag == EXTENSIBLE {
        u16_at(&fmt, 24).ok_or_else(short)?
    } else {
        tag
    };
    if channels == 0 {
        return Err(DecodeError::ChannelCount { channels: 0 });
    }
    Ok(Header {
        tag,
        channels,
        rate,
        block_align,
        bits,
        fmt,
        fact,
        data_at,
        data,
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|b| u16::from_le_bytes(*b))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

fn damaged(what: impl Into<String>) -> DecodeError {
    DecodeError::Header { what: what.into() }
}

fn fill(reader: &mut impl Read, buf: &mut [u8], chunk: &str) -> Result<(), DecodeError> {
    reader.read_exact(buf).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => damaged(format!("the file ends before its \"{chunk}\" chunk does")),
        _ => DecodeError::Io(error),
    })
}
