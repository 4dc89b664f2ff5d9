//! FLAC, Ogg Vorbis and MP3.

use super::*;

#[test]
fn compressed_files_give_the_sine_that_was_put_in() {
    for (file, tolerance) in [(FLAC, 0.001), (OGG, 0.04), (MP3, 0.01)] {
        let recording = mix(file).unwrap();
        let told = (
            recording.samples.len(),
            recording.rate,
            recording.channels,
            recording.longer,
        );
        assert_eq!(told, (4000, 16_000, 2, false));
        assert_sine(&recording.samples, 0.375, tolerance);
        for (channel, expected) in [(0, 0.5), (1, 0.25)] {
            let picked = decode_bytes(file, "", Channels::One(channel), 60.0).unwrap();
            assert_sine(&picked.samples, expected, tolerance);
        }
    }
}

/// 2^-15 a step, as of a WAV file; the sums are those of libsndfile.
#[test]
fn flac_samples_scale_as_wav_samples_do() {
    let left = decode_bytes(FLAC, "", Channels::One(0), 60.0).unwrap().samples;
    let steps: Vec<f64> = left.iter().map(|&x| f64::from(x) * 32_768.0).collect();
    assert!(steps.iter().all(|x| x.fract() == 0.0));
    let sums = (
        steps.iter().sum::<f64>(),
        steps.iter().map(|x| x * x).sum::<f64>(),
    );
    assert_eq!(sums, (661.0, 536_870_339_643.0));
}

/// The sine begins with the first sample: the delay of the encoder is cut.
#[test]
fn the_delay_of_an_mp3_encoder_is_cut() {
    let (flac, mp3) = (mix(FLAC).unwrap().samples, mix(MP3).unwrap().samples);
    let shift = |by: usize| -> f32 { flac.iter().zip(&mp3[by..]).map(|(a, b)| a * b).sum() };
    let best = (0..16).max_by(|&a, &b| shift(a).total_cmp(&shift(b))).unwrap();
    assert_eq!(best, 0);
}

/// symphonia would guess a length from the bit rate and cut there.
#[test]
fn an_mp3_file_that_tells_no_length_is_read_to_the_end() {
    let recording = mix(PLAIN_MP3).unwrap();
    assert!(
        recording.samples.len() >= 4000 + 576,
        "{}",
        recording.samples.len()
    );
    assert_sine(&recording.samples[576..], 0.375, 0.03);
}

#[test]
fn the_content_decides_and_tags_in_front_are_skipped() {
    let tag = [&b"ID3\x04\0\0\0\0\x01\x02"[..], &[b'x'; 130]].concat();
    for file in [FLAC, OGG, MP3] {
        let plain = mix(file).unwrap();
        for extension in ["wav", "", "MP3", "txt"] {
            let tagged = [&tag[..], &tag, file].concat();
            assert_eq!(
                decode_bytes(&tagged, extension, Channels::Mix, 60.0).unwrap(),
                plain
            );
        }
    }
    // Junk in front is looked past only where the name says what comes.
    let junk = [&[7; 100][..], MP3].concat();
    assert!(matches!(mix(&junk), Err(DecodeError::NotAudio { .. })));
    assert_eq!(
        decode_bytes(&junk, "Mp3", Channels::Mix, 60.0).unwrap(),
        mix(MP3).unwrap()
    );
}

#[test]
fn decoding_stops_at_the_longest_time() {
    for file in [FLAC, OGG, MP3, MS] {
        let whole = mix(file).unwrap();
        for (seconds, kept, longer) in [(0.1, 1600, true), (0.25, 4000, false), (0.0, 0, true)] {
            let recording = decode_bytes(file, "", Channels::Mix, seconds).unwrap();
            assert_eq!(
                (recording.samples.len(), recording.longer),
                (kept, longer),
                "{seconds} s"
            );
            assert_eq!(recording.samples, whole.samples[..kept]);
        }
    }
}
