//! Files that must be refused, and how they are named.

use super::*;

fn message(bytes: &[u8]) -> String {
    mix(bytes).unwrap_err().to_string()
}

#[test]
fn what_is_no_audio_is_named() {
    assert_eq!(message(b""), "the file is empty (0 bytes)");
    assert!(message(b"hello").starts_with("not an audio file of a known kind: it begins with \"hello\""));
    assert!(message(b"\0\x01\xff").contains(r#"begins with "\x00\x01\xff""#));
    assert!(message(b"NIST_1A\n   1024\n").starts_with("a NIST SPHERE file is not read"));
    assert!(message(b"\0\0\0\x20ftypM4A ").starts_with("an MP4 or M4A file is not read"));
    assert!(message(&[&OGG[..28], b"OpusHead"].concat()).starts_with("the codec Opus is not read"));
    // An MP3 file by its name alone.
    let error = decode_bytes(&[5; 4000], "mp3", Channels::Mix, 60.0).unwrap_err();
    assert!(matches!(error, DecodeError::NotAudio { .. }), "{error}");
    let gsm = riff(&[chunk(b"fmt ", &fmt(0x31, 1, 8000, 0)), chunk(b"data", &[0; 65])]);
    assert!(message(&gsm).starts_with("WAV with the codec GSM 6.10 is not read"));
}

#[test]
fn headers_out_of_bounds_are_named() {
    for rate in [0, 999, 768_001, u32::MAX] {
        let mut file = pcm16(16_000, &[1]);
        file[24..28].copy_from_slice(&rate.to_le_bytes());
        assert!(matches!(mix(&file), Err(DecodeError::Rate { rate: r }) if r == rate));
    }
    for channels in [0u16, 33, u16::MAX] {
        let mut file = pcm16(16_000, &[1; 100]);
        file[22..24].copy_from_slice(&channels.to_le_bytes());
        let found = mix(&file).unwrap_err();
        assert!(
            matches!(found, DecodeError::ChannelCount { channels: c } if c == usize::from(channels)),
            "{found}"
        );
    }
    for rate in [1000, 768_000] {
        assert_eq!(mix(&pcm16(rate, &[1])).unwrap().samples.len(), 1);
    }
    assert!(matches!(mix(&pcm16(16_000, &[])), Err(DecodeError::NoSamples)));
}

#[test]
fn headers_that_make_no_sense_are_named() {
    let (format, data) = (chunk(b"fmt ", &fmt(1, 1, 16_000, 16)), chunk(b"data", &[0; 4]));
    assert!(message(&riff(std::slice::from_ref(&data))).contains("the data come before the \"fmt \" chunk"));
    assert!(message(&riff(std::slice::from_ref(&format))).contains("ends before its \"data\" chunk does"));
    assert!(
        message(&riff(&[chunk(b"fmt ", &[1, 0, 1]), data.clone()])).contains("\"fmt \" chunk of 3 bytes")
    );
    let huge = [b"fmt ".to_vec(), u32::MAX.to_le_bytes().to_vec()].concat();
    assert!(message(&riff(&[huge])).contains("\"fmt \" chunk of 4294967295 bytes"));
    // A chunk that says it is larger than the file.
    let beyond = [
        b"LIST".to_vec(),
        0x7000_0000u32.to_le_bytes().to_vec(),
        format,
        data,
    ]
    .concat();
    assert!(message(&riff(&[beyond])).contains("ends before its \"fmt \" chunk does"));
    for n in 1..44 {
        assert!(mix(&pcm16(16_000, &[1, 2])[..n]).is_err(), "{n} bytes");
    }
}

#[test]
fn a_wav_file_cut_short_is_named_with_its_lengths() {
    let file = pcm16(16_000, &[5; 1000]);
    let error = mix(&file[..44 + 600]).unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::Truncated {
                promised: 1000,
                found: 300
            }
        ),
        "{error}"
    );
    // Also where the part that is asked for is there.
    assert!(decode_bytes(&file[..644], "", Channels::Mix, 0.001).is_err());
    let error = mix(&MS[..MS.len() - 300]).unwrap_err();
    assert!(
        matches!(
            error,
            DecodeError::Truncated {
                promised: 4000,
                found: 3000
            }
        ),
        "{error}"
    );
}

#[test]
fn a_stream_cut_short_is_named() {
    for file in [FLAC, OGG, MP3] {
        for part in [0.5, 0.75] {
            let result = mix(&file[..(file.len() as f64 * part) as usize]);
            let error = result.map(|recording| recording.samples.len()).unwrap_err();
            let named = matches!(
                error,
                DecodeError::Truncated { .. } | DecodeError::Unfinished { .. } | DecodeError::Header { .. }
            );
            assert!(named, "{part}: {error}");
        }
    }
    let error = mix(&FLAC[..FLAC.len() - 5]).unwrap_err();
    assert!(
        matches!(error, DecodeError::Truncated { promised: 4000, .. }),
        "{error}"
    );
}

#[test]
fn a_flipped_bit_in_the_sound_of_a_flac_file_is_found() {
    // Frames carry checksums; the last bytes of the file are sound.
    for at in (FLAC.len() - 1000..FLAC.len()).step_by(97) {
        let mut file = FLAC.to_vec();
        file[at] ^= 0x10;
        assert!(mix(&file).is_err(), "byte {at}");
    }
}

#[test]
fn a_sample_that_is_no_number_is_named() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut samples = [0.5f32; 10_000];
        samples[9_001] = bad;
        let data: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
        let file = riff(&[chunk(b"fmt ", &fmt(3, 1, 16_000, 32)), chunk(b"data", &data)]);
        assert!(matches!(mix(&file), Err(DecodeError::NonFinite { at: 9001 })));
        // What is not asked for is not looked at.
        assert!(decode_bytes(&file, "", Channels::Mix, 0.5).is_ok());
    }
}
