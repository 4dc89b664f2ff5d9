//! Reading the input along its splices.

use super::kernel::{Kernel, Kernels, PHASES, dot};
use super::splice::Splice;
use crate::audio::wide::wide;
use std::f64::consts::PI;

/// Outputs computed together when they share their taps.
const LANES: usize = 16;

/// One sample in positions of fixed point: 32 bits before the point, 32 after it.
const FIXED_ONE: f64 = 4_294_967_296.0;

/// Reads signals at fractional positions and crossfades where the reading position jumps.
#[derive(Debug)]
pub(super) struct Reader {
    kernels: Kernels,
    /// The input between two margins of zeros: whatever reaches out of them sees nothing but zeros.
    padded: Vec<f32>,
    /// The rising half of the crossfade.
    fade: Vec<f32>,
    leaving: Vec<f32>,
    entering: Vec<f32>,
}

/// A signal to be read at one rate.
#[derive(Clone, Copy)]
struct Tape<'a> {
    kernel: &'a Kernel,
    /// Input samples to advance per output sample.
    rate: f64,
    padded: &'a [f32],
    margin: usize,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            kernels: Kernels::new(),
            padded: Vec::new(),
            fade: Vec::new(),
            leaving: Vec::new(),
            entering: Vec::new(),
        }
    }

    /// Overwrites `out` with `len` samples read at `rate` input samples each, jumping at `splices`.
    pub(super) fn read(
        &mut self,
        input: &[f32],
        rate: f64,
        splices: &[Splice],
        len: usize,
        out: &mut Vec<f32>,
    ) {
        let Self {
            kernels,
            padded,
            fade,
            leaving,
            entering,
        } = self;
        let kernel = kernels.at(rate);
        let margin = kernel.taps() + LANES;
        padded.clear();
        padded.resize(margin, 0.0);
        padded.extend_from_slice(input);
        padded.resize(input.len() + 2 * margin, 0.0);
        let tape = Tape {
            kernel,
            rate,
            padded,
            margin,
        };

        out.clear();
        out.resize(len, 0.0);
        let mut offset = 0.0;
        let mut done = 0;
        for splice in splices {
            let (start, end) = (splice.start, splice.start + splice.len);
            let next = offset + splice.lag;
            tape.run(offset, done, &mut out[done..start]);
            leaving.resize(splice.len, 0.0);
            entering.resize(splice.len, 0.0);
            tape.run(offset, start, leaving);
            tape.run(next, start, entering);
            if fade.len() != splice.len {
                rise(splice.len, fade);
            }
            crossfade(fade, leaving, entering, splice.likeness, &mut out[start..end]);
            (offset, done) = (next, end);
        }
        tape.run(offset, done, &mut out[done..]);
    }
}

/// Fills `fade` with the rising half of a raised cosine.
fn rise(len: usize, fade: &mut Vec<f32>) {
    let point = |i: usize| 0.5 - 0.5 * (PI * (i as f64 + 0.5) / len as f64).cos();
    fade.clear();
    fade.extend((0..len).map(|i| point(i) as f32));
}

/// Fills `to` from two stretches, one leaving and one entering, whose correlation is `likeness`.
fn crossfade(fade: &[f32], leaving: &[f32], entering: &[f32], likeness: f32, to: &mut [f32]) {
    wide!({
        for (((to, up), a), b) in to.iter_mut().zip(fade).zip(leaving).zip(entering) {
            let down = 1.0 - up;
            // What is alike adds as amplitudes, what is not as powers: the gain keeps the level of either.
            let power = up * up + down * down + 2.0 * likeness * up * down;
            *to = (down * a + up * b) / power.sqrt();
        }
    });
}

impl Tape<'_> {
    /// Fills `to`, which starts at output sample `first`, from the positions `offset + rate * i`.
    fn run(self, offset: f64, first: usize, to: &mut [f32]) {
        let position = self.locate(offset + self.rate * first as f64);
        if self.rate == 1.0 {
            wide!(self.shift(position, to));
        } else {
            wide!(self.interpolate(position, to));
        }
    }

    /// Fills `to` from positions `rate` apart.
    #[inline(always)]
    fn interpolate(self, mut position: i64, to: &mut [f32]) {
        let step = (self.rate * FIXED_ONE) as i64;
        for to in to {
            *to = match self.samples(position >> 32, self.kernel.taps()) {
                Some(samples) => dot(self.kernel.row(phase(position)), samples),
                None => 0.0,
            };
            position = position.wrapping_add(step);
        }
    }

    /// Fills `to` from consecutive samples: a filter with the same taps all along.
    #[inline(always)]
    fn shift(self, position: i64, to: &mut [f32]) {
        let mut start = position >> 32;
        let taps = self.kernel.row(phase(position));
        let (groups, rest) = to.as_chunks_mut::<LANES>();
        for group in groups {
            let mut sums = [0.0f32; LANES];
            if let Some(samples) = self.samples(start, taps.len() + LANES - 1) {
                for (window, tap) in samples.windows(LANES).zip(taps) {
                    sums.iter_mut().zip(window).for_each(|(sum, v)| *sum += tap * v);
                }
            }
            *group = sums;
            start += LANES as i64;
        }
        for to in rest {
            *to = self
                .samples(start, taps.len())
                .map_or(0.0, |samples| dot(taps, samples));
            start += 1;
        }
    }

    /// Samples of `padded`; none where some lie outside of it.
    #[inline(always)]
    fn samples(&self, start: i64, len: usize) -> Option<&[f32]> {
        self.padded.get(usize::try_from(start).ok()?..)?.get(..len)
    }

    /// The first sample under the kernel for a position of the input, as an index into `padded` in fixed point.
    fn locate(&self, position: f64) -> i64 {
        let first = position + self.margin as f64 - self.kernel.before() as f64;
        // Half a phase more, so that cutting off the bits below rounds to the nearest.
        ((first + 0.5 / PHASES as f64) * FIXED_ONE) as i64
    }
}

/// The kernel's row for the fraction of a position in fixed point.
#[inline]
fn phase(position: i64) -> usize {
    (position as u32 >> (32 - PHASES.ilog2())) as usize
}
