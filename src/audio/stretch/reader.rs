//! Reading the input along its splices.

use super::kernel::{Kernel, PHASES, dot};
use super::splice::Splice;
use std::f64::consts::PI;

/// Outputs computed together when they share their taps.
const LANES: usize = 16;

/// One sample in positions of fixed point: 32 bits before the point, 32 after it.
const FIXED_ONE: f64 = 4_294_967_296.0;

/// Reads signals at fractional positions and crossfades where the reading position jumps.
#[derive(Debug)]
pub(super) struct Reader {
    kernel: Kernel,
    /// The input between two margins of zeros: whatever reaches out of them sees nothing but zeros.
    padded: Vec<f32>,
    margin: usize,
    /// The rising half of the crossfade.
    fade: Vec<f32>,
    leaving: Vec<f32>,
    entering: Vec<f32>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            kernel: Kernel::new(),
            padded: Vec::new(),
            margin: 0,
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
        self.kernel.prepare(rate);
        self.margin = self.kernel.taps() + LANES;
        self.padded.clear();
        self.padded.resize(self.margin, 0.0);
        self.padded.extend_from_slice(input);
        self.padded.resize(input.len() + 2 * self.margin, 0.0);

        out.clear();
        out.resize(len, 0.0);
        let mut offset = 0.0;
        let mut done = 0;
        for splice in splices {
            let (start, end) = (splice.start, splice.start + splice.len);
            let next = offset + splice.lag;
            self.run(offset, rate, done, &mut out[done..start]);
            self.crossfade((offset, next), rate, splice, &mut out[start..end]);
            (offset, done) = (next, end);
        }
        self.run(offset, rate, done, &mut out[done..]);
    }

    fn crossfade(&mut self, offsets: (f64, f64), rate: f64, splice: &Splice, to: &mut [f32]) {
        if self.fade.len() != to.len() {
            let point = |i: usize| 0.5 - 0.5 * (PI * (i as f64 + 0.5) / to.len() as f64).cos();
            self.fade.clear();
            self.fade.extend((0..to.len()).map(|i| point(i) as f32));
        }
        let (mut leaving, mut entering) = (
            std::mem::take(&mut self.leaving),
            std::mem::take(&mut self.entering),
        );
        leaving.resize(to.len(), 0.0);
        entering.resize(to.len(), 0.0);
        self.run(offsets.0, rate, splice.start, &mut leaving);
        self.run(offsets.1, rate, splice.start, &mut entering);
        for (((to, up), a), b) in to.iter_mut().zip(&self.fade).zip(&leaving).zip(&entering) {
            let down = 1.0 - up;
            // What is alike adds as amplitudes, what is not as powers: the gain keeps the level of either.
            let power = up * up + down * down + 2.0 * splice.likeness * up * down;
            *to = (down * a + up * b) / power.sqrt();
        }
        (self.leaving, self.entering) = (leaving, entering);
    }

    /// Fills `to`, which starts at output sample `first`, from the positions `offset + rate * i`.
    fn run(&self, offset: f64, rate: f64, first: usize, to: &mut [f32]) {
        if rate == 1.0 {
            self.shift(offset + first as f64, to);
            return;
        }
        let step = (rate * FIXED_ONE) as i64;
        let mut position = self.locate(offset + rate * first as f64);
        for to in to {
            let samples = self.samples(position >> 32, self.kernel.taps());
            *to = samples.map_or(0.0, |samples| dot(self.kernel.row(phase(position)), samples));
            position = position.wrapping_add(step);
        }
    }

    /// Fills `to` from consecutive samples: a filter with the same taps all along.
    fn shift(&self, position: f64, to: &mut [f32]) {
        let position = self.locate(position);
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
    #[inline]
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
