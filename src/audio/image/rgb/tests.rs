use png::{BitDepth, Encoder};

use super::*;
use crate::audio::image::{Colormap, encode_png};

/// A PNG file of 5 by 3 pixels of this kind, with the bytes given over and over.
fn file(color: ColorType, depth: BitDepth, line: usize, bytes: &[u8]) -> Vec<u8> {
    sized(5, 3, color, depth, line, bytes)
}

fn sized(width: u32, height: u32, color: ColorType, depth: BitDepth, line: usize, bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, width, height);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
    let data: Vec<u8> = bytes
        .iter()
        .copied()
        .cycle()
        .take(line * height as usize)
        .collect();
    encoder.write_header().unwrap().write_image_data(&data).unwrap();
    out
}

fn read(bytes: &[u8]) -> Vec<u8> {
    let image = read_rgb(bytes).unwrap();
    assert_eq!((image.width, image.height, image.pixels.len()), (5, 3, 45));
    image.pixels
}

#[test]
fn every_kind_of_png_becomes_red_green_and_blue() {
    let times = |colour: [u8; 3]| colour.repeat(15);
    let of = |color, depth, line, bytes: &[u8]| read(&file(color, depth, line, bytes));
    assert_eq!(
        of(ColorType::Rgb, BitDepth::Eight, 15, &[9, 8, 7]),
        times([9, 8, 7])
    );
    assert_eq!(
        of(ColorType::Rgba, BitDepth::Eight, 20, &[9, 8, 7, 0]),
        times([9, 8, 7])
    );
    assert_eq!(
        of(ColorType::Grayscale, BitDepth::Eight, 5, &[77]),
        times([77; 3])
    );
    assert_eq!(
        of(ColorType::GrayscaleAlpha, BitDepth::Eight, 10, &[77, 3]),
        times([77; 3])
    );
    assert_eq!(
        of(ColorType::Rgb, BitDepth::Sixteen, 30, &[9, 99, 8, 99, 7, 99]),
        times([9, 8, 7])
    );
    assert_eq!(
        of(ColorType::Grayscale, BitDepth::One, 1, &[0xff]),
        times([255; 3])
    );
    assert_eq!(of(ColorType::Indexed, BitDepth::Eight, 5, &[2]), times([7, 8, 9]));
    assert_eq!(
        of(ColorType::Indexed, BitDepth::Two, 2, &[0b0101_0101]),
        times([4, 5, 6])
    );
}

#[test]
fn a_picture_of_the_palette_is_read_as_its_colours() {
    let indices: Vec<u8> = (0..=255).collect();
    let palette = Colormap::Viridis.palette();
    let image = read_rgb(&encode_png(&indices, 32, 8, &palette).unwrap()).unwrap();
    assert_eq!((image.width, image.height), (32, 8));
    assert_eq!(image.pixels, palette.as_flattened());
}

#[test]
fn damage_anywhere_is_an_error() {
    for whole in [
        file(ColorType::Rgb, BitDepth::Eight, 15, &[9, 8, 7, 6, 5]),
        file(ColorType::Indexed, BitDepth::Eight, 5, &[0, 1, 2]),
    ] {
        read(&whole);
        for length in 0..whole.len() {
            assert!(
                read_rgb(&whole[..length]).is_err(),
                "cut to {length} of {}",
                whole.len()
            );
        }
        for place in 0..whole.len() {
            for flip in [1, 0x20, 0x80, 0xff] {
                let mut bytes = whole.clone();
                bytes[place] ^= flip;
                assert!(read_rgb(&bytes).is_err(), "byte {place} ^ {flip:#x}");
            }
        }
    }
}

#[test]
fn what_is_no_picture_is_named() {
    let message = |bytes: &[u8]| read_rgb(bytes).unwrap_err().to_string();
    assert!(
        message(b"RIFF....WAVE").starts_with("not a PNG file, or damaged: "),
        "{}",
        message(b"RIFF....WAVE")
    );
    assert!(message(b"").starts_with("not a PNG file, or damaged: "));
    let wide = sized(4097, 1, ColorType::Grayscale, BitDepth::Eight, 4097, &[0]);
    assert_eq!(
        message(&wide),
        "a picture of 4097 x 1 pixels, expected at most 4096 x 4096"
    );
    let high = sized(1, 4097, ColorType::Grayscale, BitDepth::Eight, 1, &[0]);
    assert!(message(&high).contains("1 x 4097"));
    let most = sized(4096, 1, ColorType::Grayscale, BitDepth::Eight, 4096, &[5]);
    assert_eq!(read_rgb(&most).unwrap().pixels, vec![5; 3 * 4096]);
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(0u8.., 0..200), keep in 0usize..80) {
        let mut start = file(ColorType::Rgba, BitDepth::Eight, 20, &[1, 2, 3, 4]);
        start.truncate(keep);
        start.extend(bytes);
        let _ = read_rgb(&start);
    }
}
