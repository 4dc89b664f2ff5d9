//! Why a file can't be decoded, in words for the person who owns the file.

use std::io;

use thiserror::Error;

use super::{MAX_CHANNELS, RATES};

/// Why a file can't be decoded.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The file has no bytes.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// The file has a header and nothing behind it.
    #[error("the file has a header but no samples")]
    NoSamples,
    /// Nothing in the file looks like audio.
    #[error(
        "not an audio file of a known kind: it begins with {begins}\nhint: WAV, FLAC, Ogg Vorbis and MP3 are read"
    )]
    NotAudio {
        /// The first bytes, printable.
        begins: String,
    },
    /// A known format or codec that is not read.
    #[error("{what} is not read\nhint: convert it to WAV or FLAC, for example with sox or ffmpeg")]
    Unsupported {
        /// Name of the format or codec.
        what: String,
    },
    /// The header promises more than the file holds.
    #[error("cut off or damaged: the header promises {promised} samples per channel, the file holds {found}")]
    Truncated {
        /// Samples per channel that the header promises.
        promised: u64,
        /// Samples per channel that are there.
        found: u64,
    },
    /// A stream without its end, where no header tells how long it should be.
    #[error("cut off: the stream stops after {found} samples without its end mark")]
    Unfinished {
        /// Samples per channel that are there.
        found: u64,
    },
    /// The header makes no sense.
    #[error("damaged header: {what}")]
    Header {
        /// What is wrong with it.
        what: String,
    },
    /// The audio data make no sense.
    #[error("damaged at {seconds:.3} s: {what}")]
    Corrupt {
        /// Where, in seconds from the start.
        seconds: f64,
        /// What is wrong there.
        what: String,
    },
    /// The decoder failed on data that make no sense.
    #[error("damaged: the decoder can't make sense of it")]
    Undecodable,
    /// A channel that the file does not have was asked for.
    #[error("channel {asked} was asked for, the file has {channels} (numbered from 0)")]
    NoSuchChannel {
        /// The channel asked for, from 0.
        asked: u16,
        /// Number of channels in the file.
        channels: u16,
    },
    /// No channels, or too many of them.
    #[error("{channels} channels: 1 to {MAX_CHANNELS} expected")]
    ChannelCount {
        /// Number of channels that the header tells.
        channels: usize,
    },
    /// A sample rate outside of [`RATES`].
    #[error("sample rate {rate} Hz: {} to {} Hz expected", RATES.start(), RATES.end())]
    Rate {
        /// The rate that the header tells, in Hz.
        rate: u32,
    },
    /// A sample of a float file is NaN or infinite.
    #[error("sample {at} is not a finite number")]
    NonFinite {
        /// Number of the sample in its channel, from 0.
        at: usize,
    },
    /// The file can't be read.
    #[error("can't be read: {0}")]
    Io(#[from] io::Error),
}
