//! Files made here and the fixtures of tests/data: a sine of 1 kHz, 0.25 s at 16 kHz, amplitude 0.5 on the
//! left and 0.25 on the right (the ADPCM ones: the left alone), made by sox, flac, oggenc and lame.

mod damage;
mod fuzz;
mod streams;
mod wav;

use std::f64::consts::TAU;

use super::*;

const FLAC: &[u8] = include_bytes!("../../../tests/data/sine.flac");
const OGG: &[u8] = include_bytes!("../../../tests/data/sine.ogg");
const MP3: &[u8] = include_bytes!("../../../tests/data/sine.mp3");
/// Without a Xing header: nothing tells its length, or the encoder's delay.
const PLAIN_MP3: &[u8] = include_bytes!("../../../tests/data/sine-without-length.mp3");
const IMA: &[u8] = include_bytes!("../../../tests/data/sine-ima-adpcm.wav");
const MS: &[u8] = include_bytes!("../../../tests/data/sine-ms-adpcm.wav");

fn mix(bytes: &[u8]) -> Result<Recording, DecodeError> {
    decode_bytes(bytes, "wav", Channels::Mix, 60.0)
}

/// A `fmt ` chunk's 16 bytes.
fn fmt(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let align = channels * bits.div_ceil(8);
    let mut out = Vec::new();
    out.extend(tag.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(align)).to_le_bytes());
    out.extend(align.to_le_bytes());
    out.extend(bits.to_le_bytes());
    out
}

/// A chunk with its size and no pad byte.
fn chunk(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [name, &(body.len() as u32).to_le_bytes()[..], body].concat()
}

/// A RIFF file of these chunks.
fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [b"WAVE".to_vec(), chunks.concat()].concat();
    chunk(b"RIFF", &body)
}

/// A mono 16-bit file.
fn pcm16(rate: u32, samples: &[i16]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|x| x.to_le_bytes()).collect();
    riff(&[chunk(b"fmt ", &fmt(1, 1, rate, 16)), chunk(b"data", &data)])
}

/// Amplitude of the part of `samples` at `frequency` Hz.
fn amplitude(samples: &[f32], rate: u32, frequency: f64) -> f64 {
    let (mut re, mut im) = (0.0, 0.0);
    for (i, &x) in samples.iter().enumerate() {
        let (sin, cos) = (TAU * frequency * i as f64 / f64::from(rate)).sin_cos();
        re += f64::from(x) * cos;
        im += f64::from(x) * sin;
    }
    2.0 * f64::hypot(re, im) / samples.len() as f64
}

/// Checks that `samples` are a sine of 1 kHz with `expected` amplitude and little else.
fn assert_sine(samples: &[f32], expected: f64, tolerance: f64) {
    let middle = &samples[800..3200];
    let found = amplitude(middle, 16_000, 1000.0);
    assert!((found / expected - 1.0).abs() < tolerance, "amplitude {found}");
    let power = middle.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / middle.len() as f64;
    assert!(
        (power / (expected * expected / 2.0) - 1.0).abs() < 2.0 * tolerance,
        "power {power}"
    );
}

#[test]
fn extensions_are_lower_case_and_told_once() {
    for (i, extension) in EXTENSIONS.iter().enumerate() {
        assert_eq!(*extension, extension.to_ascii_lowercase());
        assert!(!EXTENSIONS[..i].contains(extension));
    }
}
