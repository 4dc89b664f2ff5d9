//! WAV files: the chunks of the header, and the samples where they are stored plainly.
//!
//! Written for files as they are found: sizes that a pipe could not fill in, missing pad bytes, 64-bit sizes
//! (RF64). ADPCM is handed to symphonia behind a clean header.
//!
//! hound, which writes our WAV files, can't read them as they are found: it stumbles over pad bytes, refuses RF64,
//! G.711, 64-bit floats and streamed sizes, tells no lengths of a cut file, and takes 0.63 ms for 4.4 s (here: 0.04 ms).

mod header;

use std::io::{BufReader, Cursor, Read, Seek};

use super::mono::Mono;
use super::pcm::Encoding;
use super::source::Source;
use super::stream;
use super::{Channels, DecodeError, Recording};
use header::{Header, Length};

/// Decodes a WAV file.
pub(super) fn decode<S>(
    source: Source<S>,
    channels: Channels,
    max_seconds: f64,
) -> Result<Recording, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    let available = source.len();
    let mut reader = BufReader::with_capacity(1 << 15, source);
    let header = header::read(&mut reader)?;
    let there = available.saturating_sub(header.data_at);
    let bytes = match header.data {
        Length::Unknown => there,
        Length::Bytes(promised) if promised > there => {
            return Err(DecodeError::Truncated {
                promised: header.samples(promised),
                found: header.samples(there),
            });
        }
        Length::Bytes(promised) => promised,
    };
    match encoding(&header)? {
        Some(encoding) => {
            let mut mono = Mono::new(header.rate, usize::from(header.channels), channels, max_seconds)?;
            plain(&mut reader, &header, encoding, bytes, &mut mono)?;
            mono.finish()
        }
        None => {
            // Whole blocks only, behind a header that tells the true length.
            let bytes = bytes - bytes % u64::from(header.block_align.max(1));
            let source = Cursor::new(header.rewritten(bytes)).chain(reader.take(bytes));
            let samples = header.fact.filter(|_| header.data != Length::Unknown);
            stream::decode_adpcm(source, samples, channels, max_seconds)
        }
    }
}

/// The plain encoding of the samples; `None` for ADPCM.
fn encoding(header: &Header) -> Result<Option<Encoding>, DecodeError> {
    let unsupported = |what: String| Err(DecodeError::Unsupported { what });
    let bytes = header.bytes_per_sample();
    Ok(Some(match (header.tag, bytes) {
        (1, 1) => Encoding::U8,
        (1, 2) => Encoding::I16,
        (1, 3) => Encoding::I24,
        (1, 4) => Encoding::I32,
        (3, 4) => Encoding::F32,
        (3, 8) => Encoding::F64,
        (6, 1) => Encoding::ALaw,
        (7, 1) => Encoding::MuLaw,
        (0x02 | 0x11, _) => return Ok(None),
        (1, _) => return unsupported(format!("WAV with integers of {bytes} bytes")),
        (3, _) => return unsupported(format!("WAV with floats of {bytes} bytes")),
        (0x31, _) => return unsupported("WAV with the codec GSM 6.10".to_owned()),
        (0x50 | 0x55, _) => return unsupported("WAV with MPEG audio inside".to_owned()),
        (0x160..=0x163, _) => return unsupported("WAV with Windows Media Audio inside".to_owned()),
        (tag, _) => return unsupported(format!("WAV with the codec 0x{tag:04x}")),
    }))
}

/// Reads `bytes` bytes of plain samples, or as many as `mono` needs.
fn plain(
    reader: &mut impl Read,
    header: &Header,
    encoding: Encoding,
    bytes: u64,
    mono: &mut Mono,
) -> Result<(), DecodeError> {
    let frame = encoding.bytes() * usize::from(header.channels);
    let frames = bytes / frame as u64;
    mono.expect(frames);
    let chunk = (1 << 15) / frame;
    let (mut raw, mut samples) = (vec![0; chunk * frame], Vec::with_capacity(chunk * frame));
    let mut left = frames;
    while left > 0 && !mono.full() {
        let now = left.min(chunk as u64);
        let raw = raw.get_mut(..now as usize * frame).unwrap_or_default();
        reader.read_exact(raw)?;
        encoding.decode(raw, &mut samples);
        mono.push(&samples)?;
        left -= now;
    }
    Ok(())
}
