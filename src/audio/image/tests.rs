use super::*;
use proptest::prelude::*;

fn gradient(n_mels: usize, frames: usize) -> MelSpectrogram {
    let data = (0..n_mels * frames)
        .map(|i| ((i / frames) * 3 + (i % frames) * 5) as f32)
        .collect();
    MelSpectrogram { n_mels, frames, data }
}

fn image(settings: ImageSettings) -> MelImage {
    MelImage::new(&settings, &MelSettings::default(), 16_000).unwrap()
}

fn sized(width: u32, height: u32, interpolation: Interpolation) -> ImageSettings {
    ImageSettings {
        width,
        height,
        interpolation,
        ..ImageSettings::default()
    }
}

/// Width, height, palette and pixels of a PNG file.
fn decode(bytes: &[u8]) -> (u32, u32, Vec<u8>, Vec<u8>) {
    let mut reader = ::png::Decoder::new(std::io::Cursor::new(bytes))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!(
        (info.color_type, info.bit_depth),
        (::png::ColorType::Indexed, ::png::BitDepth::Eight)
    );
    let palette = reader.info().palette.clone().unwrap().into_owned();
    (info.width, info.height, palette, pixels)
}

#[test]
fn a_png_can_be_read_again() {
    for interpolation in [Interpolation::Nearest, Interpolation::Hann] {
        let mut image = image(sized(496, 369, interpolation));
        let mel = gradient(128, 75);
        let bytes = image.png(&mel, 0.0, 751.0).unwrap();
        let (width, height, palette, pixels) = decode(&bytes);
        assert_eq!((width, height), (496, 369));
        assert_eq!(palette.len(), 768);
        assert_eq!(
            (&palette[..3], &palette[765..]),
            (&[68, 1, 84][..], &[253, 231, 36][..])
        );
        assert_eq!(pixels, image.draw(&mel, 0.0, 751.0));
        // Lowest row and first frame at the bottom left, highest and last at the top right.
        assert_eq!((pixels[368 * 496], pixels[495]), (0, 255));
        assert_eq!(pixels[0], (256.0f32 * 127.0 * 3.0 / 751.0) as u8);
    }
}

#[test]
fn indices_round_down_and_end_at_255() {
    let data = vec![
        -1.0,
        0.0,
        0.99,
        1.0,
        128.0,
        255.0,
        255.99,
        256.0,
        300.0,
        f32::INFINITY,
        f32::NAN,
    ];
    let mel = MelSpectrogram {
        n_mels: 1,
        frames: 11,
        data,
    };
    let mut image = image(sized(11, 1, Interpolation::Nearest));
    assert_eq!(
        image.draw(&mel, 0.0, 256.0),
        [0, 0, 0, 1, 128, 255, 255, 255, 255, 255, 0]
    );
}

#[test]
fn a_constant_spectrogram_is_index_0() {
    for interpolation in [Interpolation::Nearest, Interpolation::Hann] {
        let mel = MelSpectrogram {
            n_mels: 2,
            frames: 2,
            data: vec![-100.0; 4],
        };
        assert_eq!(
            image(sized(3, 3, interpolation)).draw(&mel, -100.0, -100.0),
            [0; 9]
        );
        assert_eq!(
            image(sized(3, 3, interpolation)).draw(&mel, f32::NAN, -100.0),
            [0; 9]
        );
    }
}

#[test]
fn seconds_cut_or_pad() {
    // At 16 kHz and hop 512, 0.1 s have 1 + 1600 / 512 = 4 frames.
    let settings = |interpolation| ImageSettings {
        time: Time::Seconds(0.1),
        ..sized(8, 1, interpolation)
    };
    let short = MelSpectrogram {
        n_mels: 1,
        frames: 2,
        data: vec![100.0, 200.0],
    };
    let long = MelSpectrogram {
        n_mels: 1,
        frames: 6,
        data: vec![10., 20., 30., 40., 50., 60.],
    };
    let mut nearest = image(settings(Interpolation::Nearest));
    assert_eq!(nearest.draw(&short, 0.0, 256.0), [100, 100, 200, 200, 0, 0, 0, 0]);
    assert_eq!(nearest.draw(&long, 0.0, 256.0), [10, 10, 20, 20, 30, 30, 40, 40]);
    let mut hann = image(settings(Interpolation::Hann));
    // A quarter of a cell from a centre weighs 0.5 + 0.5 cos(pi / 4) = 0.8536.
    assert_eq!(hann.draw(&short, 0.0, 256.0), [100, 114, 185, 170, 29, 0, 0, 0]);
    assert_eq!(hann.draw(&long, 0.0, 256.0)[7], 40);
}

/// Hann interpolation as matplotlib 3.11 draws it with `interpolation="hanning", interpolation_stage="data"`
/// in its default figure, axes off, tight frame: palette indices of `gradient(128, 75)` at some pixels.
#[test]
fn hann_is_matplotlibs() {
    let golden = [
        (0, 0, 129),
        (0, 495, 255),
        (368, 0, 0),
        (368, 495, 126),
        (10, 20, 131),
        (33, 100, 143),
        (77, 250, 166),
        (100, 31, 101),
        (128, 400, 187),
        (200, 200, 110),
        (222, 333, 136),
        (250, 5, 41),
        (300, 480, 146),
        (333, 123, 42),
        (360, 250, 66),
        (184, 248, 127),
    ];
    let mut image = image(sized(496, 369, Interpolation::Hann));
    let indices = image.draw(&gradient(128, 75), 0.0, 751.0);
    for (y, x, index) in golden {
        let found = i32::from(indices[y * 496 + x]);
        assert!((found - index).abs() <= 1, "{y} {x}: {found} {index}");
    }
}

#[test]
fn odd_spectrograms_are_drawn_as_far_as_they_go() {
    let mut image = image(sized(4, 4, Interpolation::Nearest));
    assert_eq!(image.draw(&MelSpectrogram::default(), 0.0, 1.0), [0; 16]);
    let torn = MelSpectrogram {
        n_mels: 4,
        frames: 2,
        data: vec![200.0; 5],
    };
    assert_eq!(image.draw(&torn, 0.0, 256.0), [200; 16]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_spectrogram_and_size_can_be_drawn(
        n_mels in 0usize..40, frames in 0usize..300, width in 1u32..120, height in 1u32..120,
        hann in any::<bool>(), seconds in prop::option::of(0.001f64..60.0), bits in any::<u64>(),
    ) {
        let mut data: Vec<f32> = (0..n_mels * frames).map(|i| (i as f32 * 0.37).sin() * 50.0).collect();
        for (i, value) in data.iter_mut().enumerate() {
            if i % 97 == 5 {
                *value = f32::from_bits((bits >> (i % 33)) as u32);
            }
        }
        let settings = ImageSettings {
            width, height, colormap: Colormap::Gray,
            interpolation: if hann { Interpolation::Hann } else { Interpolation::Nearest },
            time: seconds.map_or(Time::Stretch, Time::Seconds),
        };
        let mut image = image(settings);
        let mel = MelSpectrogram { n_mels, frames, data };
        let bytes = image.png(&mel, -50.0, 50.0).unwrap();
        let (w, h, _, pixels) = decode(&bytes);
        prop_assert_eq!((w, h), (width, height));
        prop_assert_eq!(pixels, image.draw(&mel, -50.0, 50.0));
    }
}
