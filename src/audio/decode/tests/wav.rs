//! WAV files of every kind.

use super::*;

const RATES_TESTED: [u32; 4] = [8000, 16_000, 44_100, 48_000];

/// A file by an independent writer.
fn hound_file(channels: u16, rate: u32, bits: u16, samples: &[i32]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels,
        sample_rate: rate,
        bits_per_sample: bits,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    for &x in samples {
        writer.write_sample(x).unwrap();
    }
    writer.finalize().unwrap();
    bytes.into_inner()
}

#[test]
fn integers_of_all_sizes_scale_to_full_scale() {
    for rate in RATES_TESTED {
        for bits in [8u16, 16, 24, 32] {
            let full = 1i64 << (bits - 1);
            let samples = [-full, full - 1, 0, full / 2, 1, -1];
            let file = hound_file(1, rate, bits, &samples.map(|x| x as i32));
            let recording = mix(&file).unwrap();
            let expected = samples.map(|x| (x as f64 / full as f64) as f32);
            assert_eq!(recording.samples, expected, "{bits} bits");
            assert_eq!(
                (recording.rate, recording.channels, recording.longer),
                (rate, 1, false)
            );
        }
    }
}

#[test]
fn floats_keep_what_lies_beyond_full_scale() {
    let samples = [0.0f64, 1.5, -2.25, 1e-9];
    let f32s: Vec<u8> = samples.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect();
    let f64s: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    for (bits, data) in [(32, f32s), (64, f64s)] {
        let file = riff(&[chunk(b"fmt ", &fmt(3, 1, 16_000, bits)), chunk(b"data", &data)]);
        assert_eq!(mix(&file).unwrap().samples, samples.map(|x| x as f32));
    }
}

/// WAVE_FORMAT_EXTENSIBLE: 20 valid bits, left-justified in 24, as its specification says.
#[test]
fn extensible_files_are_scaled_by_their_container() {
    let guid = b"\x01\0\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71";
    let extension = [
        &22u16.to_le_bytes()[..],
        &20u16.to_le_bytes(),
        &4u32.to_le_bytes(),
        guid,
    ]
    .concat();
    let format = [fmt(0xfffe, 1, 48_000, 24), extension].concat();
    let file = riff(&[chunk(b"fmt ", &format), chunk(b"data", &[0, 0, 0x40, 0, 0, 0x80])]);
    assert_eq!(mix(&file).unwrap().samples, [0.5, -1.0]);
}

#[test]
fn telephone_codecs_are_read() {
    for (tag, data, expected) in [
        (6, [0xaa, 0x2a, 0xd5], [32_256.0, -32_256.0, 8.0]),
        (7, [0x80, 0x00, 0xff], [32_124.0, -32_124.0, 0.0f32]),
    ] {
        let file = riff(&[chunk(b"fmt ", &fmt(tag, 1, 8000, 8)), chunk(b"data", &data)]);
        assert_eq!(mix(&file).unwrap().samples, expected.map(|x| x / 32_768.0));
    }
}

#[test]
fn adpcm_is_read_to_its_exact_length() {
    // The last block of the IMA file has room for 4040 samples.
    for file in [IMA, MS] {
        let recording = mix(file).unwrap();
        assert_eq!(
            (recording.samples.len(), recording.rate, recording.channels),
            (4000, 16_000, 1)
        );
        assert_sine(&recording.samples, 0.5, 0.02);
    }
}

#[test]
fn sizes_that_a_pipe_could_not_know_mean_to_the_end() {
    let whole = pcm16(16_000, &[1, 2, 3, 4, 5]);
    let expected = mix(&whole).unwrap().samples;
    assert_eq!(expected.len(), 5);
    for (riff_size, size) in [
        (u32::MAX, u32::MAX),
        (0x7fff_f024, 0x7fff_f000),
        (0, 0x7fff_ffff),
        (0, 0),
        (36, 0),
        (u32::MAX, 0),
    ] {
        let mut file = whole.clone();
        file[4..8].copy_from_slice(&riff_size.to_le_bytes());
        file[40..44].copy_from_slice(&size.to_le_bytes());
        assert_eq!(mix(&file).unwrap().samples, expected, "{riff_size:x} {size:x}");
        // Cut within the last sample, as a killed writer leaves it.
        file.pop();
        assert_eq!(mix(&file).unwrap().samples, expected[..4]);
    }
}

#[test]
fn a_streamed_adpcm_file_is_read_to_the_end() {
    let mut file = MS.to_vec();
    let at = file.windows(4).position(|name| name == b"data").unwrap() + 4;
    file[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(mix(&file).unwrap().samples.len(), 4000);
}

#[test]
fn other_chunks_are_skipped_with_and_without_their_pad_byte() {
    let (format, data) = (
        chunk(b"fmt ", &fmt(1, 1, 16_000, 16)),
        chunk(b"data", &[0, 0x40, 0, 0xc0]),
    );
    for pad in [&[][..], &[0]] {
        let odd = [chunk(b"LIST", b"INFOISFTxxx"), pad.to_vec()].concat();
        let file = riff(&[
            odd,
            format.clone(),
            chunk(b"fact", &[2, 0, 0, 0, 9, 9]),
            data.clone(),
            chunk(b"id3 ", b"junk"),
        ]);
        assert_eq!(mix(&file).unwrap().samples, [0.5, -0.5]);
    }
}

#[test]
fn the_64_bit_sizes_of_rf64_are_read() {
    let sizes = [
        99u64.to_le_bytes(),
        4u64.to_le_bytes(),
        2u64.to_le_bytes(),
        [0; 8],
    ]
    .concat();
    let mut data = chunk(b"data", &[0, 0x40, 0, 0xc0]);
    data[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let chunks = [
        chunk(b"ds64", &sizes),
        chunk(b"fmt ", &fmt(1, 1, 16_000, 16)),
        data,
        chunk(b"cue ", b"junk"),
    ];
    let mut file = riff(&chunks);
    file[..4].copy_from_slice(b"RF64");
    assert_eq!(mix(&file).unwrap().samples, [0.5, -0.5]);
}

#[test]
fn channels_are_mixed_or_picked() {
    for channels in [1u16, 2, 3, 32] {
        let samples: Vec<i32> = (0..i32::from(channels) * 2).map(|i| i * 256).collect();
        let file = hound_file(channels, 16_000, 16, &samples);
        let n = f32::from(channels);
        let recording = mix(&file).unwrap();
        assert_eq!(recording.channels, channels);
        assert_eq!(
            recording.samples,
            [(n - 1.0) / 256.0, (3.0 * n - 1.0) / 256.0],
            "{channels} channels"
        );
        for one in 0..channels {
            let picked = decode_bytes(&file, "", Channels::One(one), 60.0).unwrap().samples;
            assert_eq!(
                picked,
                [f32::from(one) / 128.0, f32::from(one + channels) / 128.0]
            );
        }
        let error = decode_bytes(&file, "", Channels::One(channels), 60.0).unwrap_err();
        assert!(matches!(error, DecodeError::NoSuchChannel { asked, .. } if asked == channels));
    }
}

#[test]
fn decoding_stops_at_the_longest_time() {
    let file = pcm16(1000, &(0..1000).collect::<Vec<_>>());
    for (seconds, kept, longer) in [
        (0.5, 500, true),
        (1.0, 1000, false),
        (0.9999, 999, true),
        (f64::INFINITY, 1000, false),
        (0.0, 0, true),
    ] {
        let recording = decode_bytes(&file, "", Channels::Mix, seconds).unwrap();
        assert_eq!(
            (recording.samples.len(), recording.longer),
            (kept, longer),
            "{seconds} s"
        );
    }
    assert!(
        decode_bytes(&file, "", Channels::Mix, f64::NAN)
            .unwrap()
            .samples
            .is_empty()
    );
}
