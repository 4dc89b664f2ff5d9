//! Image sources of a shoebox (J. Allen, D. Berkley, "Image method for efficiently simulating small-room
//! acoustics", 1979), one impulse train for each octave band.
//!
//! Images of second and higher order are moved at random by up to `JITTER` along each axis; in the exact
//! lattice they line up, and a box's echoes sweep in pitch (E. De Sena et al., "On the modeling of
//! rectangular geometries in room acoustic simulations", 2015).

use std::f64::consts::PI;

use augment::draw::Draw;

use crate::RATE;
use crate::absorption::air::{SOUND, nepers_per_metre};
use crate::absorption::bands::{BANDS, PerBand};
use crate::room::Room;

/// Metres.
const JITTER: f64 = 0.08;
/// Taps of the windowed sinc that places an impulse between two samples.
const TAPS: usize = 32;
/// Positions between two samples that are told apart.
const PHASES: usize = 1024;

/// Where the images are, whatever the surfaces absorb.
pub struct Images {
    images: Vec<Image>,
    /// Along each axis, (hits of the near wall, hits of the far wall) by an image's index.
    hits: [Vec<(u16, u16)>; 3],
    /// Samples in a train.
    length: usize,
}

struct Image {
    /// Metres from the microphone.
    distance: f64,
    /// Indices into `Images::hits`.
    index: [u16; 3],
}

/// One row of `BANDS` values a sample.
pub type Trains = Vec<PerBand>;

impl Images {
    /// All images whose sound arrives within `length` samples.
    pub fn new(room: &Room, length: usize) -> Images {
        let reach = length as f64 * SOUND / f64::from(RATE);
        let axes: [Vec<(f64, (u16, u16))>; 3] = std::array::from_fn(|axis| {
            let (size, source) = (room.size[axis], room.source[axis]);
            let last = (reach / (2.0 * size)).ceil() as i32 + 1;
            (-last..=last)
                .flat_map(|n| [(n, 0), (n, 1)])
                .map(|(n, mirrored)| {
                    let at = f64::from(1 - 2 * mirrored) * source + 2.0 * f64::from(n) * size;
                    let hits = ((n - mirrored).unsigned_abs() as u16, n.unsigned_abs() as u16);
                    (at - room.microphone[axis], hits)
                })
                .collect()
        });
        let mut draw = Draw::new(room.seed, room.name, "image positions");
        let mut jitter = || JITTER * (2.0 * draw.unit() - 1.0);
        let mut images = Vec::new();
        let order = |hits: (u16, u16)| hits.0 + hits.1;
        for (i, &(x, hx)) in axes[0].iter().enumerate() {
            for (j, &(y, hy)) in axes[1].iter().enumerate() {
                if x * x + y * y > reach * reach {
                    continue;
                }
                for (k, &(z, hz)) in axes[2].iter().enumerate() {
                    if x * x + y * y + z * z > reach * reach {
                        continue;
                    }
                    let moved = if order(hx) + order(hy) + order(hz) < 2 {
                        [x, y, z]
                    } else {
                        [x + jitter(), y + jitter(), z + jitter()]
                    };
                    let distance = moved.iter().map(|d| d * d).sum::<f64>().sqrt();
                    images.push(Image {
                        distance,
                        index: [i as u16, j as u16, k as u16],
                    });
                }
            }
        }
        let hits = axes.map(|axis| axis.into_iter().map(|(_, hits)| hits).collect());
        Images { images, hits, length }
    }

    /// The impulse trains for surfaces that take `exponents` (−ln(1 − α), in the order of `Room::surfaces`)
    /// from the energy of each reflection. The sound of distance `origin` arrives at sample `at`, exactly.
    pub fn trains(&self, exponents: &[PerBand; 6], origin: f64, at: usize) -> Trains {
        let left: [Vec<PerBand>; 3] = std::array::from_fn(|axis| {
            let (near, far) = (&exponents[2 * axis], &exponents[2 * axis + 1]);
            let gain = |&(a, b): &(u16, u16)| {
                std::array::from_fn(|k| (-0.5 * (f64::from(a) * near[k] + f64::from(b) * far[k])).exp())
            };
            self.hits[axis].iter().map(gain).collect()
        });
        let per_metre = f64::from(RATE) / SOUND;
        let air: Vec<PerBand> = (0..self.length + TAPS)
            .map(|n| nepers_per_metre().map(|nepers| (-nepers * n as f64 / per_metre).exp()))
            .collect();
        let kernels = kernels();
        // Rows before the first sample and after the last keep the taps of edge impulses inside.
        let mut padded: Trains = vec![[0.0; BANDS]; self.length + 2 * TAPS];
        for Image {
            distance,
            index: [i, j, k],
        } in &self.images
        {
            let [x, y, z] = [
                &left[0][usize::from(*i)],
                &left[1][usize::from(*j)],
                &left[2][usize::from(*k)],
            ];
            let Some(air) = air.get((distance * per_metre) as usize) else {
                continue;
            };
            let gains: PerBand = std::array::from_fn(|b| x[b] * y[b] * z[b] * air[b] / distance.max(0.1));
            // The impulse lies `fraction` after the middle tap, which is tap number TAPS / 2 - 1.
            let arrival = (distance - origin) * per_metre + at as f64 + TAPS as f64;
            let step = (arrival * PHASES as f64).round().max(0.0) as usize;
            let (whole, phase) = (step / PHASES, step % PHASES);
            let Some(rows) = padded.get_mut((whole + 1).saturating_sub(TAPS / 2)..) else {
                continue;
            };
            for (row, tap) in rows.iter_mut().zip(&kernels[phase]) {
                row.iter_mut()
                    .zip(gains)
                    .for_each(|(sum, gain)| *sum += tap * gain);
            }
        }
        padded.drain(..TAPS);
        padded.truncate(self.length);
        padded
    }
}

/// For each phase, sinc(tap - (TAPS / 2 - 1) - phase) under a Hann window.
fn kernels() -> Vec<[f64; TAPS]> {
    let kernel = |phase: usize| {
        std::array::from_fn(|tap| {
            let t = tap as f64 - (TAPS / 2 - 1) as f64 - phase as f64 / PHASES as f64;
            let sinc = if t == 0.0 { 1.0 } else { (PI * t).sin() / (PI * t) };
            sinc * (PI * t / TAPS as f64).cos().powi(2)
        })
    };
    (0..PHASES).map(kernel).collect()
}
