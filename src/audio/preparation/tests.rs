use serde_json::{Value, json};

use super::*;
use crate::audio::decode::{Channels, Recording};
use crate::audio::image::{Colormap, Interpolation, Time, read_rgb};
use crate::audio::mel::Scale;
use crate::audio::prepare::TooLong;

fn plain() -> Preparation {
    Preparation {
        prepare: PrepareSettings::default(),
        mel: MelSettings::default(),
        image: ImageSettings::default(),
    }
}

fn other() -> Preparation {
    Preparation {
        prepare: PrepareSettings {
            sample_rate: 22_050,
            trim_db: None,
            min_seconds: 0.25,
            max_seconds: 12.5,
            too_long: TooLong::Cut,
            channels: Channels::One(1),
        },
        mel: MelSettings {
            scale: Scale::Slaney,
            n_mels: 80,
            n_fft: 2048,
            hop_length: 300,
            top_db: 60.5,
        },
        image: ImageSettings {
            width: 224,
            height: 200,
            colormap: Colormap::Gray,
            interpolation: Interpolation::Hann,
            time: Time::Seconds(4.000_000_000_000_001),
        },
    }
}

fn tone(rate: u32) -> Recording {
    let samples = (0..2 * rate)
        .map(|n| {
            let t = n as f32 / rate as f32;
            0.5 * (std::f32::consts::TAU * (300.0 + 400.0 * t) * t).sin()
        })
        .collect();
    Recording {
        samples,
        rate,
        channels: 1,
        longer: false,
    }
}

#[test]
fn it_is_written_in_the_words_of_recipes_and_read_again() {
    assert_eq!(
        json!(other()),
        json!({
            "prepare": {
                "sample_rate": 22050, "trim_db": false, "min_seconds": 0.25, "max_seconds": 12.5,
                "too_long": "cut", "channels": 1,
            },
            "mel": { "scale": "slaney", "n_mels": 80, "n_fft": 2048, "hop_length": 300, "top_db": 60.5 },
            "image": {
                "width": 224, "height": 200, "colormap": "gray", "interpolation": "hann",
                "time": 4.000_000_000_000_001,
            },
        })
    );
    for preparation in [plain(), other()] {
        let text = json!(preparation).to_string();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(Preparation::of(&value), Ok(preparation));
    }
}

#[test]
fn what_somebody_changed_is_refused_in_words() {
    for (pointer, value, message) in [
        (
            "/prepare/sample_rate",
            json!(0),
            "prepare: sample_rate = 0, expected 4000 to 192000 Hz",
        ),
        ("/prepare/sample_rate", json!(-1), "can't be understood"),
        ("/prepare/sample_rate", json!(1e18), "can't be understood"),
        (
            "/prepare/trim_db",
            json!(true),
            "expected a number of dB, or false",
        ),
        ("/prepare/trim_db", json!(0), "prepare: trim_db = 0"),
        ("/prepare/min_seconds", json!(-1), "prepare: min_seconds = -1"),
        ("/prepare/max_seconds", json!(1e9), "prepare: max_seconds"),
        ("/prepare/max_seconds", json!(null), "can't be understood"),
        (
            "/prepare/channels",
            json!("left"),
            "found \"left\", expected \"mix\"",
        ),
        (
            "/prepare/channels",
            json!(70_000),
            "expected \"mix\" or the number of a channel",
        ),
        ("/prepare/too_long", json!("stretch"), "can't be understood"),
        (
            "/mel/n_mels",
            json!(100_000),
            "mel: n_mels = 100000, expected 1 to 512",
        ),
        ("/mel/n_fft", json!(1u64 << 40), "mel: n_fft"),
        ("/mel/hop_length", json!(0), "mel: hop_length = 0"),
        ("/mel/top_db", json!(-80), "mel: top_db = -80"),
        ("/mel/scale", json!("bark"), "can't be understood"),
        (
            "/image/width",
            json!(1_000_000),
            "image: width = 1000000, expected 1 to 4096 pixels",
        ),
        ("/image/height", json!(0), "image: height = 0"),
        ("/image/time", json!(1e300), "image: time"),
        ("/image/time", json!("kept"), "\"stretch\" or a number of seconds"),
        ("/image/colormap", json!("jet"), "can't be understood"),
        ("/prepare", json!([1]), "it has no table prepare"),
        ("/mel", json!(null), "it has no table mel"),
    ] {
        let mut all = json!(plain());
        *all.pointer_mut(pointer).unwrap() = value.clone();
        let error = Preparation::of(&all).unwrap_err().to_string();
        assert!(error.contains(message), "{pointer} = {value}: {error}");
        assert!(error.contains("\nhint: "), "{error}");
    }
    for table in ["prepare", "mel", "image"] {
        let mut all = json!(plain());
        all.as_object_mut().unwrap().remove(table);
        let error = Preparation::of(&all).unwrap_err().to_string();
        assert!(error.contains(&format!("it has no table {table}")), "{error}");
    }
    for (pointer, word) in [
        ("", "made"),
        ("/prepare", "rate"),
        ("/mel", "mels"),
        ("/image", "color"),
    ] {
        let mut all = json!(plain());
        let table = all.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
        table.insert(word.to_owned(), json!(1));
        let error = Preparation::of(&all).unwrap_err().to_string();
        assert!(error.contains(&format!("unknown field `{word}`")), "{error}");
    }
    assert!(matches!(
        Preparation::of(&json!("stretch")),
        Err(PreparationError::Form(_))
    ));
}

#[test]
fn a_painter_makes_no_plan_of_what_is_out_of_range() {
    let mut preparation = plain();
    preparation.image.width = 5_000;
    let Err(error) = Painter::new(&preparation) else {
        panic!("was accepted")
    };
    assert!(
        error
            .to_string()
            .starts_with("the preparation's image: width = 5000")
    );
    preparation.mel.n_fft = 7;
    assert!(Painter::new(&preparation).is_err());
}

#[test]
fn colours_are_those_of_the_file() {
    for preparation in [plain(), other()] {
        let mut painter = Painter::new(&preparation).unwrap();
        for rate in [8_000, 16_000, 48_000] {
            let samples = painter.prepared(&tone(rate)).unwrap();
            let frames = samples.len() as f64 / f64::from(preparation.prepare.sample_rate);
            assert!((frames - 2.0).abs() < 0.1, "{frames} s");
            let rgb = painter.rgb(&samples).unwrap();
            assert_eq!(
                (rgb.width, rgb.height),
                (preparation.image.width, preparation.image.height)
            );
            assert_eq!(read_rgb(&painter.png(&samples).unwrap()).unwrap(), rgb);
            // A painter that has painted something else before makes the same picture.
            assert_eq!(Painter::new(&preparation).unwrap().rgb(&samples).unwrap(), rgb);
        }
    }
}

#[test]
fn recordings_and_samples_that_are_no_use_are_refused_in_words() {
    let mut painter = Painter::new(&plain()).unwrap();
    let short = Recording {
        samples: vec![0.5; 100],
        ..tone(16_000)
    };
    assert!(painter.prepared(&short).unwrap_err().starts_with("too short: "));
    let silent = Recording {
        samples: vec![0.0; 16_000],
        ..tone(16_000)
    };
    assert_eq!(painter.prepared(&silent).unwrap_err(), "is silent");
    let longer = Recording {
        longer: true,
        ..tone(16_000)
    };
    assert_eq!(
        painter.prepared(&longer).unwrap_err(),
        "longer than max_seconds = 60"
    );
    for samples in [&[][..], &[0.1, f32::NAN], &[f32::INFINITY]] {
        assert!(matches!(painter.rgb(samples), Err(PaintError::Unsound)));
        assert!(matches!(painter.png(samples), Err(PaintError::Unsound)));
    }
    // Silence, and what exceeds full scale, have pictures.
    assert!(painter.rgb(&[0.0]).is_ok());
    assert!(painter.rgb(&[f32::MAX, -3.0]).is_ok());
}
