//! Room: aligned on the direct path, its level kept, no offset, the decay of the response.

use std::sync::Arc;

use crate::lab::{bank, done, make_with, try_done};
use crate::signals::{RATES, db, difference_db, impulse, power, seconds, sine, white};

fn in_room(response: &[f32], text: &str, samples: &[f32], rate: u32) -> Vec<f32> {
    let room = make_with("room", text, rate, &bank(&[("response.wav", response)]));
    done(room.as_ref(), samples, rate).samples
}

/// A direct sound at `at`, then noise that falls by 60 dB in `rt60` seconds.
fn decaying(rate: u32, at: usize, rt60: f64, level: f32) -> Vec<f32> {
    let mut response = white("decay", seconds(rate, 1.2 * rt60));
    for (n, sample) in response.iter_mut().enumerate() {
        let decay = 10f64.powf(-3.0 * (n as f64 - at as f64) / (rt60 * f64::from(rate)));
        *sample = if n < at {
            0.0
        } else {
            *sample * level * decay as f32
        };
    }
    response[at] = 1.0;
    response
}

#[test]
fn a_delayed_pulse_is_the_identity() {
    for rate in RATES {
        let source = white("speech", seconds(rate, 0.3));
        for length in [1, 2, 99, 100, 101, 200, 4000] {
            for at in [0, 1, length / 2, length * 9 / 10, length - 1] {
                let at = at.min(length - 1);
                for height in [1.0, 0.003] {
                    let response: Vec<f32> = impulse(length, at).iter().map(|x| x * height).collect();
                    let out = in_room(&response, "", &source, rate);
                    let error = difference_db(&out, &source);
                    assert!(error < -110.0, "pulse at {at} of {length}, {rate} Hz: {error} dB");
                }
            }
        }
    }
}

#[test]
fn an_impulse_sounds_like_the_response_from_its_direct_path_on() {
    for rate in RATES {
        let response = decaying(rate, 37, 0.3, 0.1);
        let out = in_room(&response, "", &impulse(2 * response.len(), 0), rate);
        let reach = (0.0025 * f64::from(rate)).round() as usize;
        let direct: f64 = response[..37 + reach + 1]
            .iter()
            .map(|&x| f64::from(x).powi(2))
            .sum();
        let expected: Vec<f32> = response[37..]
            .iter()
            .map(|&x| (f64::from(x) / direct.sqrt()) as f32)
            .collect();
        // All but the offset that is taken out: here the mean of 60 ms of noise at -50 dB and less.
        assert!(difference_db(&out[..expected.len()], &expected) < -60.0);
        assert!(power(&out[expected.len()..]) < 1e-9);
    }
}

#[test]
fn the_direct_sound_keeps_its_level() {
    for rate in RATES {
        let source = sine(300.0, 0.4, rate, seconds(rate, 0.6));
        let echo = seconds(rate, 0.2);
        for direct in [0.02, 0.3, 1.0] {
            let mut response = vec![0.0; seconds(rate, 0.5)];
            response[50] = direct;
            response[50 + echo] = 0.4 * direct;
            let out = in_room(&response, "", &source, rate);
            let error = difference_db(&out[..echo], &source[..echo]);
            assert!(error < -100.0, "{rate}: {error} dB");
        }
    }
}

#[test]
fn an_offset_of_the_response_gives_none() {
    for rate in RATES {
        let clean = decaying(rate, 40, 0.4, 0.1);
        let shifted: Vec<f32> = clean.iter().map(|x| x + 0.02).collect();
        let source = sine(200.0, 0.5, rate, seconds(rate, 1.0));
        let (with, without) = (
            in_room(&shifted, "", &source, rate),
            in_room(&clean, "", &source, rate),
        );
        assert!(difference_db(&with, &without) < -60.0);
        // The constant is what an offset would multiply by the response's length.
        let constant = vec![0.5; seconds(rate, 1.0)];
        let (with, without) = (
            in_room(&shifted, "", &constant, rate),
            in_room(&clean, "", &constant, rate),
        );
        let error = difference_db(&with, &without);
        assert!(error < -50.0, "{rate}: {error} dB");
    }
}

#[test]
fn gated_noise_decays_with_the_responses_rt60() {
    for rate in RATES {
        for rt60 in [0.3, 0.8] {
            let response = decaying(rate, 10, rt60, 0.5);
            let gate = seconds(rate, 0.6);
            // The decays of several noises, added up as powers.
            let mut decay = vec![0.0; seconds(rate, rt60)];
            for name in ["a", "b", "c", "d", "e", "f"] {
                let mut source = white(name, gate);
                source.resize(gate + decay.len(), 0.0);
                let out = in_room(&response, "", &source, rate);
                for (sum, sample) in decay.iter_mut().zip(&out[gate..]) {
                    *sum += f64::from(*sample).powi(2);
                }
            }
            // Energy that is still to come (Schroeder 1965), and the straight line through it from -5 to -25 dB.
            for n in (1..decay.len()).rev() {
                decay[n - 1] += decay[n];
            }
            let points: Vec<(f64, f64)> = decay
                .iter()
                .enumerate()
                .map(|(n, energy)| (n as f64 / f64::from(rate), db(energy / decay[0])))
                .filter(|&(_, level)| (-25.0..-5.0).contains(&level))
                .collect();
            let n = points.len() as f64;
            let (x, y) = points
                .iter()
                .fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
            let (mut up, mut across) = (0.0, 0.0);
            for p in &points {
                up += (p.0 - x) * (p.1 - y);
                across += (p.0 - x).powi(2);
            }
            let found = -60.0 / (up / across);
            assert!(
                (found / rt60 - 1.0).abs() < 0.05,
                "{rate}: {found} s, expected {rt60}"
            );
        }
    }
}

#[test]
fn the_tail_is_as_long_as_asked_for() {
    let rate = 16_000;
    let response = decaying(rate, 37, 0.3, 0.1);
    let source = white("tail", 4000);
    for tail in [0.0, 0.05, 0.25, 2.0] {
        let out = in_room(&response, &format!("tail = {tail:?}"), &source, rate);
        assert_eq!(out.len(), 4000 + seconds(rate, tail));
        // The speech ends, the room goes on, then there is nothing left.
        let sounding = (4000 + response.len() - 37).min(out.len());
        assert!(power(&out[4000..sounding]) > 0.0 || tail == 0.0);
        assert!(power(&out[sounding..]) < 1e-9);
        let plain = in_room(&response, "", &source, rate);
        assert!(difference_db(&out[..4000], &plain) < -100.0);
    }
}

#[test]
fn measures_what_it_did() {
    let rate = 16_000;
    // All the energy twice: half of it direct, half of it an echo.
    let mut response = vec![0.0; 8000];
    response[100] = 0.5;
    response[3000] = 0.5;
    let room = make_with("room", "", rate, &bank(&[("response.wav", &response[..])]));
    let take = done(room.as_ref(), &white("measured", 16_000), rate);
    assert_eq!(take.measured["direct_to_reverberant_db"], 0.0);
    let change = take.measured["level_change_db"].as_f64().unwrap();
    assert!((2.0..3.2).contains(&change), "{change}");
}

#[test]
fn responses_that_are_none_are_refused() {
    for response in [
        vec![],
        vec![0.0; 500],
        vec![0.1; 500],
        vec![f32::NAN; 500],
        [vec![0.0, 1.0, f32::NAN], vec![0.0; 500]].concat(),
        vec![1.0, f32::INFINITY],
        vec![1.0, f32::NAN],
    ] {
        let room = make_with("room", "", 16_000, &bank(&[("bad.wav", &response[..])]));
        let error = try_done(room.as_ref(), &white("x", 300), 16_000)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("response bad.wav: the response"), "{error}");
    }
}

#[test]
fn every_response_is_drawn_once() {
    let one: Arc<_> = bank(&[("a", &[1.0][..]), ("b", &[0.0, 1.0]), ("c", &[0.0, 0.0, 1.0])]);
    let room = make_with("room", "", 16_000, &one);
    let facts = crate::lab::facts(&[0.5; 100], 16_000);
    assert_eq!(crate::lab::draws(room.as_ref(), &facts), 3);
    let mut names: Vec<String> = (0..3)
        .map(|copy| {
            let step = crate::lab::draw_of(room.as_ref(), "s", copy, &facts).unwrap();
            assert_eq!(step.inputs().len(), 1);
            step.parameters()["response"].as_str().unwrap().to_owned()
        })
        .collect();
    names.sort();
    assert_eq!(names, ["a", "b", "c"]);
    assert!(crate::lab::draw_of(room.as_ref(), "s", 3, &facts).is_err());
}
