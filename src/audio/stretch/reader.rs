//! Reading the input along its splices.

use super::kernel::{Kernel, PHASES, dot};
use super::splice::Splice;
use std::f64::consts::PI;

/// Reads signals at fractional positions and crossfades where the reading position jumps.
#[derive(Debug)]
pub(super) struct Reader {
    kernel: Kernel,
    /// The input between two margins of zeros.
    padded: Vec<f32>,
    /// The rising half of the crossfade.
    fade: Vec<f32>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            kernel: Kernel::new(),
            padded: Vec::new(),
            fade: Vec::new(),
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
        self.padded.clear();
        self.padded.resize(self.kernel.taps(), 0.0);
        self.padded.extend_from_slice(input);
        self.padded.resize(input.len() + 2 * self.kernel.taps(), 0.0);

        out.clear();
        out.reserve(len);
        let mut offset = 0.0;
        for splice in splices {
            self.extend(out, offset, rate, splice.start);
            let next = offset + splice.lag;
            self.prepare_fade(splice.len);
            for (i, &up) in self.fade.iter().enumerate() {
                let position = rate * (splice.start + i) as f64;
                let down = 1.0 - up;
                // What is alike adds as amplitudes, what is not as powers: the gain keeps the level for either.
                let power = up * up + down * down + 2.0 * splice.likeness * up * down;
                let mix = down * self.at(offset + position) + up * self.at(next + position);
                out.push(mix / power.sqrt());
            }
            offset = next;
        }
        self.extend(out, offset, rate, len);
    }

    /// Tabulates a raised cosine that rises over `len` samples.
    fn prepare_fade(&mut self, len: usize) {
        if self.fade.len() != len {
            let point = |i: usize| 0.5 - 0.5 * (PI * (i as f64 + 0.5) / len as f64).cos();
            self.fade.clear();
            self.fade.extend((0..len).map(|i| point(i) as f32));
        }
    }

    /// Reads on without a jump until `out` has `end` samples.
    fn extend(&self, out: &mut Vec<f32>, offset: f64, rate: f64, end: usize) {
        out.extend((out.len()..end).map(|i| self.at(offset + rate * i as f64)));
    }

    /// The input at a position in samples; zero outside of it.
    #[inline]
    fn at(&self, position: f64) -> f32 {
        // Half a step, so that cutting off below rounds to the nearest phase.
        let position = position + (self.kernel.taps() as f64 + 0.5 / PHASES as f64);
        if position < 0.0 {
            return 0.0;
        }
        let whole = position as usize;
        let phase = ((position - whole as f64) * PHASES as f64) as usize;
        let Some(start) = whole.checked_sub(self.kernel.before()) else {
            return 0.0;
        };
        let Some(samples) = self.padded.get(start..start + self.kernel.taps()) else {
            return 0.0;
        };
        dot(self.kernel.row(phase), samples)
    }
}
