//! Telling formats apart by their first bytes.

use std::io::{Read, Seek};

use super::DecodeError;
use super::source::Source;
use super::stream::Container;

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Wav,
    Stream(Container),
}

/// Formats that people meet in speech corpora and that are not read: offset, bytes there, name.
const OTHERS: &[(usize, &[u8], &str)] = &[
    (0, b"RIFX", "a big-endian WAV file (RIFX)"),
    (0, b"NIST_1A", "a NIST SPHERE file"),
    (0, b"FORM", "an AIFF file"),
    (0, b"caff", "a Core Audio file"),
    (0, b".snd", "a Sun AU file"),
    (0, b"#!AMR", "an AMR file"),
    (0, b"#!SILK", "a SILK file"),
    (0, b"wvpk", "a WavPack file"),
    (0, b"MAC ", "a Monkey's Audio file"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (0, b"\x30\x26\xb2\x75", "a Windows Media file"),
    (0, b"riff\x2e\x91\xcf\x11", "a Wave64 file"),
    (28, b"OpusHead", "the codec Opus"),
    (28, b"Speex   ", "the codec Speex"),
];

/// Finds the format and leaves `source` at its first byte, behind any ID3v2 tag.
pub(super) fn sniff<S: Read + Seek>(source: &mut Source<S>, extension: &str) -> Result<Format, DecodeError> {
    let mut head = [0; 64];
    // Two tags in a row occur; more are not looked for.
    for _ in 0..2 {
        match id3_size(source.head(&mut head)?) {
            Some(size) => source.skip(size)?,
            None => break,
        }
    }
    let head = source.head(&mut head)?;
    let starts = |offset: usize, magic: &[u8]| head.get(offset..).is_some_and(|rest| rest.starts_with(magic));

    if (starts(0, b"RIFF") || starts(0, b"RF64") || starts(0, b"BW64")) && starts(8, b"WAVE") {
        return Ok(Format::Wav);
    }
    if let Some((_, _, name)) = OTHERS.iter().find(|(offset, magic, _)| starts(*offset, magic)) {
        return Err(DecodeError::Unsupported {
            what: (*name).to_owned(),
        });
    }
    if starts(0, b"fLaC") {
        return Ok(Format::Stream(Container::Flac));
    }
    if starts(0, b"OggS") {
        return Ok(Format::Stream(Container::Ogg));
    }
    match mpeg_layer(head) {
        Some(3) => return Ok(Format::Stream(Container::Mp3)),
        Some(_) if matches!(&*extension.to_ascii_lowercase(), "mp1" | "mp2" | "mpa" | "mp3") => {
            return Err(DecodeError::Unsupported {
                what: "MPEG audio of layer I or II".to_owned(),
            });
        }
        _ => {}
    }
    if extension.eq_ignore_ascii_case("mp3") {
        return Ok(Format::Stream(Container::Mp3));
    }
    Err(not_audio(head))
}

/// The error for bytes that no format begins with.
pub(super) fn not_audio(head: &[u8]) -> DecodeError {
    let begins = match head.get(..head.len().min(16)) {
        None | Some([]) => "nothing".to_owned(),
        Some(bytes) => format!("\"{}\"", bytes.escape_ascii()),
    };
    DecodeError::NotAudio { begins }
}

/// The size of an ID3v2 tag with its header (id3.org, ID3v2.4.0 section 3.1), if one begins here.
fn id3_size(head: &[u8]) -> Option<u64> {
    let [b'I', b'D', b'3', major, _, flags, a, b, c, d, ..] = *head else {
        return None;
    };
    if major == 0xff || (a | b | c | d) & 0x80 != 0 {
        return None;
    }
    let size = [a, b, c, d]
        .iter()
        .fold(0, |size, &byte| size << 7 | u64::from(byte));
    let footer = if flags & 0x10 == 0 { 0 } else { 10 };
    Some(10 + size + footer)
}

/// The layer of an MPEG audio frame header (ISO 11172-3, 2.4.1.3), if a valid one begins here.
fn mpeg_layer(head: &[u8]) -> Option<u8> {
    let [0xff, b, c, d, ..] = *head else { return None };
    let (sync, version, layer) = (b >> 5, b >> 3 & 3, b >> 1 & 3);
    let (bitrate, rate, emphasis) = (c >> 4, c >> 2 & 3, d & 3);
    let valid = sync == 7 && version != 1 && layer != 0 && bitrate != 15 && rate != 3 && emphasis != 2;
    valid.then_some(4 - layer)
}
