//! Finding the absorption that gives a room its RT60.
//!
//! The materials say how a band's absorption is spread over the surfaces; one factor a band says how much
//! there is. Eyring's formula gives the first factors, then each band's simulated decay corrects its own
//! and the broadband decay corrects all.

use anyhow::ensure;
use serde::Serialize;

use crate::absorption::air::{SOUND, nepers_per_metre};
use crate::absorption::bands::{BANDS, CENTRES, PerBand};
use crate::image_source::Images;
use crate::response::{DIRECT, broadband, by_band, quantised};
use crate::room::{Point, Room, SURFACES};
use crate::schroeder::rt60;
use crate::{RATE, response};

/// RT60 of the bands relative to the broadband one: longer below, shorter above, as rooms are; not by much,
/// so that the broadband decay is close to a straight line.
const PROFILE: PerBand = [1.12, 1.08, 1.04, 1.0, 1.0, 0.98, 0.96];
/// Part of a room's absorption that is dealt so that sound along all three axes decays alike. In a room,
/// furniture and uneven walls mix the directions; in a bare box of images each keeps its own decay, and the
/// slowest is heard as a flutter.
const EVEN: f64 = 0.75;
/// Simulations until the factors stand.
const ROUNDS: usize = 10;

/// A simulated room.
pub struct Designed {
    pub samples: Vec<i16>,
    /// −ln(1 − α) of the surfaces.
    exponents: [PerBand; 6],
}

/// Simulates the room with the absorption that gives it its RT60.
pub fn design(room: &Room) -> anyhow::Result<Designed> {
    let tail = (1.1 * room.rt60 * f64::from(RATE)).ceil() as usize;
    let origin = distance(room.source, room.microphone);
    let reach = tail + (origin / SOUND * f64::from(RATE)).ceil() as usize;
    let images = Images::new(room, reach);
    let spread = spread(room);
    let mut factors = eyring(room, &spread)?;
    let mut wanted = PROFILE.map(|p| p * room.rt60);
    let mut round = 0;
    loop {
        let exponents = spread.map(|surface| std::array::from_fn(|b| surface[b] * factors[b]));
        let mut trains = images.trains(&exponents, origin, DIRECT);
        trains.truncate(DIRECT + tail);
        let bands = by_band(&trains);
        let samples = quantised(&broadband(&bands), room.rt60);
        round += 1;
        if round == ROUNDS {
            return Ok(Designed { samples, exponents });
        }
        let written: Vec<f64> = samples.iter().map(|&s| f64::from(s)).collect();
        // A box's decay bends a little: the middle between T20 and T30 keeps both close to the RT60.
        let whole = (rt60(&written, -25.0).zip(rt60(&written, -35.0)))
            .map_or(room.rt60, |(t20, t30)| (t20 * t30).sqrt());
        for (band, response) in bands.iter().enumerate() {
            wanted[band] *= (room.rt60 / whole).sqrt();
            let measured = rt60(response, -35.0).unwrap_or(wanted[band]);
            factors[band] *= (measured / wanted[band]).clamp(0.6, 1.6);
        }
    }
}

/// −ln(1 − α) of the materials, a part of it dealt evenly: sound along an axis of length L meets c / L
/// surfaces a second, so an equal decay needs exponents in proportion to L, and Σ S a stays as it was with
/// a = mean · S L / (6 V).
fn spread(room: &Room) -> [PerBand; 6] {
    let areas = room.areas();
    let total: f64 = areas.iter().sum();
    let own = room
        .surfaces
        .map(|material| material.absorption.map(|a| -(1.0 - a).ln()));
    let mean: PerBand =
        std::array::from_fn(|b| own.iter().zip(areas).map(|(s, area)| s[b] * area).sum::<f64>() / total);
    std::array::from_fn(|wall| {
        let share = total * room.size[wall / 2] / (6.0 * room.volume());
        std::array::from_fn(|b| EVEN * mean[b] * share + (1.0 - EVEN) * own[wall][b])
    })
}

/// The factors by which T = 24 ln 10 V / (c (Σ S a + 4 m V)) gives each band its RT60; a = −ln(1 − α), m the
/// energy absorption of the air (C. Eyring 1930, in the form of G. Millington 1932).
fn eyring(room: &Room, spread: &[PerBand; 6]) -> anyhow::Result<PerBand> {
    let mut factors = [0.0; BANDS];
    for (band, factor) in factors.iter_mut().enumerate() {
        let needed = 24.0 * 10f64.ln() * room.volume() / (SOUND * PROFILE[band] * room.rt60);
        let by_air = 4.0 * 2.0 * nepers_per_metre()[band] * room.volume();
        let by_walls: f64 = spread
            .iter()
            .zip(room.areas())
            .map(|(s, area)| s[band] * area)
            .sum();
        ensure!(
            needed > by_air,
            "{}: at {} Hz the air alone makes the RT60 shorter than {} s\nhint: ask for a shorter RT60",
            room.name,
            CENTRES[band],
            room.rt60
        );
        *factor = (needed - by_air) / by_walls;
    }
    Ok(factors)
}

fn distance(a: Point, b: Point) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

/// What stands in the JSON file next to a response.
#[derive(Serialize)]
pub struct Card {
    name: &'static str,
    sample_rate: u32,
    /// The design value: the broadband RT60 that the absorption was chosen for.
    rt60_s: f64,
    dimensions_m: Point,
    source_m: Point,
    microphone_m: Point,
    direct_path_sample: usize,
    seed: u64,
    bands_hz: PerBand,
    surfaces: Vec<Surface>,
}

#[derive(Serialize)]
struct Surface {
    surface: &'static str,
    material: &'static str,
    absorption: PerBand,
}

impl Designed {
    /// The room as it was simulated; absorption to four decimals.
    pub fn card(&self, room: &Room) -> Card {
        let coefficient = |exponent: f64| ((1.0 - (-exponent).exp()) * 1e4).round() / 1e4;
        let surfaces = SURFACES.iter().zip(&room.surfaces).zip(&self.exponents);
        Card {
            name: room.name,
            sample_rate: RATE,
            rt60_s: room.rt60,
            dimensions_m: room.size,
            source_m: room.source,
            microphone_m: room.microphone,
            direct_path_sample: response::DIRECT,
            seed: room.seed,
            bands_hz: CENTRES,
            surfaces: surfaces
                .map(|((&surface, material), exponents)| Surface {
                    surface,
                    material: material.name,
                    absorption: exponents.map(coefficient),
                })
                .collect(),
        }
    }
}
