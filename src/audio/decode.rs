//! Decoding audio files of every common kind into mono samples.
//!
//! The content decides the format, not the name. WAV is read here, down to the header that a pipe leaves
//! behind; FLAC, Ogg Vorbis, MP3 and ADPCM WAV go through symphonia. A file that is cut off or damaged is
//! an error, never a shorter recording. Memory is bounded by `max_seconds`, whatever a header claims.

mod channels;
mod error;
mod mono;
mod pcm;
mod sniff;
mod source;
mod stream;
mod wav;

use std::io::{Cursor, Read, Seek};

pub use channels::Channels;
pub use error::DecodeError;
use sniff::Format;
use source::Source;

/// Extensions of the audio files that [`decode`] reads, in lower case: what a scan of a folder takes up.
pub const EXTENSIONS: &[&str] = &["wav", "wave", "flac", "ogg", "oga", "mp3"];

/// The lowest and the highest sample rate accepted, in Hz.
pub const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// The largest number of channels accepted.
pub const MAX_CHANNELS: u16 = 32;

/// A decoded file.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Mono samples, full scale at 1.0 (an integer sample of b bits times 2^-(b-1)); finite, never none.
    /// Samples of a float file beyond full scale are kept as they are.
    pub samples: Vec<f32>,
    /// Samples per second.
    pub rate: u32,
    /// Number of channels in the file.
    pub channels: u16,
    /// Decoding stopped after `max_seconds`: the file has more.
    pub longer: bool,
}

/// Decodes `source` from its start, at most the first `max_seconds` of it.
///
/// `extension` (without the dot, any case) is only a hint: it is used where the content tells nothing, for an
/// MP3 file that begins with junk.
///
/// # Errors
/// Everything in [`DecodeError`]. What lies after `max_seconds` is not looked at, except that a WAV header
/// which promises more than the file holds is always an error.
pub fn decode<S>(
    source: S,
    extension: &str,
    channels: Channels,
    max_seconds: f64,
) -> Result<Recording, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    let mut source = Source::new(source)?;
    match sniff::sniff(&mut source, extension)? {
        Format::Wav => wav::decode(source, channels, max_seconds),
        Format::Stream(container) => stream::decode(container, source, channels, max_seconds),
    }
}

/// [`decode`] of a file held in memory.
///
/// # Errors
/// As of [`decode`].
pub fn decode_bytes(
    bytes: &[u8],
    extension: &str,
    channels: Channels,
    max_seconds: f64,
) -> Result<Recording, DecodeError> {
    decode(Cursor::new(bytes), extension, channels, max_seconds)
}

#[cfg(test)]
mod tests;
