//! Time mask: silence where the frames are, nothing else touched, and the picture is told of it.

use augment::audio::take::{MaskAxis, MaskFill, MelMask};

use crate::lab::{done, draw_of, draws, facts, make, take};
use crate::signals::{RATES, seconds};

const HOP: usize = 512;

#[test]
fn masked_frames_are_silent_and_the_rest_stays() {
    for rate in RATES {
        let n = seconds(rate, 1.5);
        let source = vec![0.5f32; n];
        let mask = make("time-mask", "widths = [3, 5]", rate);
        for copy in 0..draws(mask.as_ref(), &facts(&source, rate)) {
            let step = draw_of(mask.as_ref(), "s", copy, &facts(&source, rate)).unwrap();
            let start = step.parameters()["start"].as_u64().unwrap() as usize;
            let width = step.parameters()["width"].as_u64().unwrap() as usize;
            let mut out = take(&source, rate);
            step.apply(&mut out, &mut Default::default()).unwrap();
            let from = (start * HOP).saturating_sub(HOP / 2);
            // The last frame ends where the signal does.
            let to = match start + width {
                end if end > n / HOP => n,
                end => end * HOP - HOP / 2,
            };
            let fade = seconds(rate, 0.005);
            for (at, &x) in out.samples.iter().enumerate() {
                let outside = at + fade < from || at >= to + fade;
                match at {
                    _ if (from..to).contains(&at) => assert_eq!(x, 0.0, "{at} of {from}..{to}"),
                    _ if outside => assert_eq!(x, 0.5, "{at} of {from}..{to}"),
                    _ => assert!((0.0..=0.5).contains(&x), "{at} of {from}..{to}"),
                }
            }
        }
    }
}

#[test]
fn the_picture_is_of_the_signal_before() {
    for (text, fill, audible, same) in [
        ("", MaskFill::Floor, true, false),
        ("fill = \"zero\"\naudio = \"source\"", MaskFill::Zero, true, true),
        ("audio = \"none\"", MaskFill::Floor, false, true),
    ] {
        let source = vec![0.25f32; 16_000];
        let mask = make("time-mask", &format!("widths = 4\n{text}"), 16_000);
        let out = done(mask.as_ref(), &source, 16_000);
        let picture = out.picture.unwrap();
        assert_eq!(picture.source, vec![8192; 16_000]);
        let step = draw_of(mask.as_ref(), "speaker/one", 0, &facts(&source, 16_000)).unwrap();
        let start = step.parameters()["start"].as_u64().unwrap() as usize;
        let expected = MelMask {
            axis: MaskAxis::Time,
            start,
            width: 4,
            fill,
        };
        assert_eq!(picture.masks, [expected]);
        assert_eq!((out.audible, out.samples == source), (audible, same), "{text}");
    }
}

#[test]
fn at_least_half_of_a_source_is_left() {
    let mask = make("time-mask", "widths = [5, 10]", 16_000);
    // Frames: 1 + samples / 512.
    for (samples, expected) in [
        (0, 0),
        (1, 0),
        (8 * 512, 0),
        (9 * 512, 6),
        (18 * 512, 15),
        (19 * 512, 16 + 11),
    ] {
        let facts = facts(&vec![0.5; samples], 16_000);
        assert_eq!(draws(mask.as_ref(), &facts), expected, "{samples}");
        if expected == 0 {
            let reason = draw_of(mask.as_ref(), "s", 0, &facts).err().unwrap().0;
            assert!(reason.contains("too few"), "{reason}");
        }
    }
}
