//! Compressed formats, through symphonia.

use std::io::{ErrorKind, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::packet::Packet;
use symphonia::default::formats::{FlacReader, MpaReader, OggReader, WavReader};

use super::mono::Mono;
use super::sniff;
use super::source::Source;
use super::{Channels, DecodeError, Recording};

/// Containers read by symphonia, WAV aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Flac,
    Ogg,
    Mp3,
    /// WAV with ADPCM inside.
    Adpcm,
}

/// Decodes a FLAC, Ogg or MP3 file.
pub(super) fn decode<S>(
    container: Container,
    mut source: Source<S>,
    channels: Channels,
    max_seconds: f64,
) -> Result<Recording, DecodeError>
where
    S: Read + Seek + Send + Sync,
{
    let mut head = [0; 16];
    let not_audio = sniff::not_audio(source.head(&mut head)?);
    // Of a seekable MP3 file without a length in it symphonia guesses one from the bit rate of the first
    // frame, and cuts there.
    let source = if container == Container::Mp3 {
        source.streaming()
    } else {
        source
    };
    guarded(|| match open(container, Box::new(source)) {
        // The scan for an MP3 frame met the end of the file.
        Err(Error::IoError(error))
            if container == Container::Mp3 && error.kind() == ErrorKind::UnexpectedEof =>
        {
            Err(not_audio)
        }
        Err(error) => Err(header_error(error)),
        Ok(reader) => Stream::new(container, reader, channels, max_seconds)?.decode(),
    })
}

/// Decodes ADPCM from a WAV file of known size; `samples` is the length per channel if the file tells it.
pub(super) fn decode_adpcm<R>(
    wav: R,
    samples: Option<u32>,
    channels: Channels,
    max_seconds: f64,
) -> Result<Recording, DecodeError>
where
    R: Read + Send + Sync,
{
    guarded(|| {
        let source = Box::new(ReadOnlySource::new(wav));
        let reader = open(Container::Adpcm, source).map_err(header_error)?;
        let mut stream = Stream::new(Container::Adpcm, reader, channels, max_seconds)?;
        // The last block of ADPCM is filled up; the header tells where the sound ends.
        stream.length = samples.map(|samples| samples as usize);
        stream.decode()
    })
}

/// Runs a decoder that others wrote. On damaged files some of its arithmetic panics (as of symphonia 0.6.1,
/// MS ADPCM with absurd coefficients, in builds that check for overflows): one file's error, not the run's.
fn guarded<T>(decode: impl FnOnce() -> Result<T, DecodeError>) -> Result<T, DecodeError> {
    // Nothing that the closure changes is seen after a panic.
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(DecodeError::Undecodable))
}

fn open<'s>(
    container: Container,
    source: Box<dyn MediaSource + 's>,
) -> Result<Box<dyn FormatReader + 's>, Error> {
    let stream = MediaSourceStream::new(source, Default::default());
    let options = FormatOptions::default();
    Ok(match container {
        Container::Flac => Box::new(FlacReader::try_new(stream, options)?),
        Container::Ogg => Box::new(OggReader::try_new(stream, options)?),
        Container::Mp3 => Box::new(MpaReader::try_new(stream, options)?),
        Container::Adpcm => Box::new(WavReader::try_new(stream, options)?),
    })
}

/// The first audio track of an open file, on its way into a recording.
struct Stream<'s> {
    container: Container,
    reader: Box<dyn FormatReader + 's>,
    decoder: Box<dyn AudioDecoder>,
    /// The track's number.
    id: u32,
    /// Samples per channel that the header promises.
    promised: Option<u64>,
    /// Promised samples that may be missing without harm.
    tolerance: u64,
    /// Samples per channel to keep.
    length: Option<usize>,
    channels: usize,
    mono: Mono,
    interleaved: Vec<f32>,
    /// An error that is one only if audio follows: junk at the end of an MP3 file is common.
    pending: Option<DecodeError>,
}

impl<'s> Stream<'s> {
    /// Checks the format before a decoder allocates for it.
    fn new(
        container: Container,
        reader: Box<dyn FormatReader + 's>,
        pick: Channels,
        max_seconds: f64,
    ) -> Result<Self, DecodeError> {
        let audio = |track: &Track| Some((track.clone(), track.codec_params.as_ref()?.audio()?.clone()));
        let mut tracks = reader.tracks().iter().filter_map(audio);
        let Some((track, params)) = tracks.find(|(_, params)| params.sample_rate.is_some()) else {
            return Err(DecodeError::Unsupported {
                what: "an Ogg file without Vorbis audio".to_owned(),
            });
        };
        drop(tracks);
        let channels = params.channels.as_ref().map_or(0, |channels| channels.count());
        let mut mono = Mono::new(params.sample_rate.unwrap_or(0), channels, pick, max_seconds)?;
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&params, &AudioDecoderOptions::default())
            .map_err(header_error)?;
        // The `fact` chunk of ADPCM is not to be relied on.
        let promised = track.num_frames.filter(|_| container != Container::Adpcm);
        mono.expect(promised.unwrap_or(0));
        // MP3 encoders that don't tell their delay may count the frame that holds the header, 1152 at most.
        let exact = container != Container::Mp3 || track.padding.is_some();
        Ok(Self {
            container,
            reader,
            decoder,
            id: track.id,
            promised,
            tolerance: if exact { 0 } else { 1152 },
            length: None,
            channels,
            mono,
            interleaved: Vec::new(),
            pending: None,
        })
    }

    /// Decodes until the end, or until there is enough.
    fn decode(mut self) -> Result<Recording, DecodeError> {
        while !self.mono.full()
            && let Some(packet) = self.next_packet()?
        {
            self.take(&packet)?;
        }
        let found = self.mono.len() as u64;
        if let Some(promised) = self.promised
            && !self.mono.full()
            && found + self.tolerance < promised
        {
            return Err(DecodeError::Truncated { promised, found });
        }
        if let Some(length) = self.length {
            self.mono.cut(length);
        }
        self.mono.finish()
    }

    /// The next packet of the track; `None` at the end.
    fn next_packet(&mut self) -> Result<Option<Packet>, DecodeError> {
        loop {
            match self.reader.next_packet() {
                // WAV at the end of a file that shrank while it was read.
                Ok(Some(packet)) if packet.data.is_empty() => return Ok(None),
                Ok(Some(packet)) if packet.track_id == self.id => return Ok(Some(packet)),
                Ok(Some(_)) => {}
                Ok(None) => return Ok(None),
                Err(error) => return Err(self.error(error)),
            }
        }
    }

    /// Decodes a packet.
    fn take(&mut self, packet: &Packet) -> Result<(), DecodeError> {
        let reached = self.mono.len();
        if self.container == Container::Flac && u64::try_from(packet.pts.get()) != Ok(reached as u64) {
            return Err(self.corrupt("frames are missing or out of order"));
        }
        let lenient = self.container == Container::Mp3;
        match self.decoder.decode(packet) {
            Ok(buffer) => {
                let spec = buffer.spec();
                if (spec.rate(), spec.channels().count()) != (self.mono.rate(), self.channels) {
                    return Err(self.corrupt("sample rate or number of channels changes here"));
                }
                buffer.copy_to_vec_interleaved(&mut self.interleaved);
            }
            // The first frames of a stream that was cut out of a longer one refer to frames before it.
            Err(Error::DecodeError(_)) if lenient && reached == 0 => return Ok(()),
            Err(error) if lenient => {
                let error = self.error(error);
                self.pending.get_or_insert(error);
                return Ok(());
            }
            Err(error) => return Err(self.error(error)),
        }
        match self.pending.take() {
            Some(error) => Err(error),
            None => self.mono.push(&self.interleaved),
        }
    }

    fn corrupt(&self, what: &str) -> DecodeError {
        DecodeError::Corrupt {
            seconds: self.mono.seconds(),
            what: what.to_owned(),
        }
    }

    /// An error behind the header.
    fn error(&self, error: Error) -> DecodeError {
        let found = self.mono.len() as u64;
        match (error, self.promised) {
            (Error::IoError(error), promised) if error.kind() == ErrorKind::UnexpectedEof => match promised {
                Some(promised) if found < promised => DecodeError::Truncated { promised, found },
                _ => DecodeError::Unfinished { found },
            },
            (Error::IoError(error), _) => DecodeError::Io(error),
            (Error::ResetRequired, _) => self.corrupt("a second stream begins here"),
            (error, _) => self.corrupt(&error.to_string()),
        }
    }
}

/// An error while the header was read.
fn header_error(error: Error) -> DecodeError {
    match error {
        Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => DecodeError::Header {
            what: "the file ends within its header".to_owned(),
        },
        Error::IoError(error) => DecodeError::Io(error),
        Error::Unsupported(what) => DecodeError::Unsupported {
            what: format!("this file ({what})"),
        },
        other => DecodeError::Header {
            what: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_a_decoder_is_an_error_of_the_file() {
        let result = guarded::<()>(|| panic!("as a decoder might"));
        assert!(matches!(result, Err(DecodeError::Undecodable)));
    }
}
