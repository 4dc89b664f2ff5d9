//! Linear convolution by overlap-add of real FFTs, with the spectra of responses kept.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::wide::wide;

/// FFT plans and scratch for convolving signals with responses.
#[derive(Default)]
pub struct Convolver {
    plans: HashMap<usize, Plan>,
}

/// What signals are convolved with. Its spectrum is computed once for each FFT size that signals ask for.
#[derive(Debug, Clone, Default)]
pub struct Kernel {
    samples: Vec<f32>,
    spectra: BTreeMap<usize, Vec<Complex32>>,
}

struct Plan {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    block: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Kernel {
    /// From its samples, of which there may be none.
    #[must_use]
    pub fn new(samples: Vec<f32>) -> Self {
        Kernel {
            samples,
            spectra: BTreeMap::new(),
        }
    }

    /// Its samples.
    #[must_use]
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Memory that it takes with its spectra, in bytes, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let spectra: usize = self.spectra.values().map(Vec::len).sum();
        size_of_val(self.samples.as_slice()) + spectra * size_of::<Complex32>()
    }
}

impl Convolver {
    /// `out[n] = Σ kernel[k] · signal[n + skip − k]` for `n` in `0..length`: the full convolution from its
    /// sample `skip` on, zeros beyond its end. Any lengths, also none.
    pub fn convolve(
        &mut self,
        signal: &[f32],
        kernel: &mut Kernel,
        skip: usize,
        length: usize,
        out: &mut Vec<f32>,
    ) {
        out.clear();
        out.resize(length, 0.0);
        let taps = kernel.samples.len();
        if signal.is_empty() || taps == 0 || length == 0 {
            return;
        }
        let size = fft_size(signal.len(), taps);
        let plan = self.plans.entry(size).or_insert_with(|| Plan::new(size));
        let Kernel { samples, spectra } = kernel;
        let response = spectra.entry(size).or_insert_with(|| {
            plan.load(samples);
            plan.analyse();
            plan.spectrum.clone()
        });
        let step = size - taps + 1;
        let scale = 1.0 / size as f32;
        for (index, chunk) in signal.chunks(step).enumerate() {
            let start = index * step;
            if start >= skip + length {
                break;
            }
            plan.load(chunk);
            plan.analyse();
            wide!({
                for (bin, response) in plan.spectrum.iter_mut().zip(&*response) {
                    *bin *= response;
                }
            });
            plan.synthesise();
            // Sample i of this block is sample start + i of the full convolution, start + i − skip of the result.
            let used = chunk.len() + taps - 1;
            let from = skip.saturating_sub(start).min(used);
            let place = (start + from).saturating_sub(skip);
            let (slots, values) = (out.get_mut(place..), plan.block.get(from..used));
            wide!({
                for (slot, &value) in slots.into_iter().flatten().zip(values.into_iter().flatten()) {
                    *slot += value * scale;
                }
            });
        }
    }
}

impl Plan {
    fn new(size: usize) -> Self {
        let mut planner = RealFftPlanner::<f32>::new();
        let (forward, inverse) = (planner.plan_fft_forward(size), planner.plan_fft_inverse(size));
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Plan {
            block: forward.make_input_vec(),
            spectrum: forward.make_output_vec(),
            scratch: vec![Complex32::default(); scratch],
            forward,
            inverse,
        }
    }

    /// Fills the block with samples, and zeros behind them.
    fn load(&mut self, samples: &[f32]) {
        let count = samples.len().min(self.block.len());
        let (start, rest) = self.block.split_at_mut(count);
        start.copy_from_slice(&samples[..count]);
        rest.fill(0.0);
    }

    /// The block's spectrum. The buffers have the lengths that realfft asked for: its length errors can't occur.
    fn analyse(&mut self) {
        let _ = self
            .forward
            .process_with_scratch(&mut self.block, &mut self.spectrum, &mut self.scratch);
    }

    /// The block from its spectrum, times the size of the FFT.
    fn synthesise(&mut self) {
        let _ = self
            .inverse
            .process_with_scratch(&mut self.spectrum, &mut self.block, &mut self.scratch);
    }
}

/// A power of two: one block for short signals, otherwise four times the response, where the work per sample is
/// near its minimum.
fn fft_size(signal: usize, response: usize) -> usize {
    let whole = (signal + response - 1).next_power_of_two();
    let blocked = (4 * response).next_power_of_two().max(1024);
    whole.min(blocked).max(16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draw::Draw;

    fn direct(signal: &[f32], response: &[f32], skip: usize, length: usize) -> Vec<f64> {
        (0..length)
            .map(|n| {
                response
                    .iter()
                    .enumerate()
                    .filter_map(|(k, &h)| {
                        let at = (n + skip).checked_sub(k)?;
                        signal.get(at).map(|&x| f64::from(h) * f64::from(x))
                    })
                    .sum()
            })
            .collect()
    }

    #[test]
    fn equals_direct_convolution_within_minus_120_db() {
        let mut draw = Draw::new(1, "convolve", "");
        let mut noise = |n: usize| -> Vec<f32> { (0..n).map(|_| (draw.unit() - 0.5) as f32).collect() };
        let mut convolver = Convolver::default();
        let mut out = Vec::new();
        for (n, m, skip, length) in [
            (1, 1, 0, 1),
            (5, 3, 0, 7),
            (5000, 300, 40, 5000),
            (3000, 1, 0, 3000),
            (10, 4000, 100, 4200),
            (9000, 700, 699, 9000),
        ] {
            let (signal, response) = (noise(n), noise(m));
            let mut kernel = Kernel::new(response);
            convolver.convolve(&signal, &mut kernel, skip, length, &mut out);
            let first = out.clone();
            // The second time the spectrum is there already.
            convolver.convolve(&signal, &mut kernel, skip, length, &mut out);
            assert_eq!(out, first);
            let expected = direct(&signal, kernel.samples(), skip, length);
            let power: f64 = expected.iter().map(|v| v * v).sum();
            let error: f64 = expected
                .iter()
                .zip(&out)
                .map(|(e, &o)| (e - f64::from(o)).powi(2))
                .sum();
            assert_eq!(out.len(), length);
            assert!(
                error <= power * 1e-12,
                "{n} {m} {skip}: {}",
                10.0 * (error / power).log10()
            );
        }
    }

    #[test]
    fn nothing_gives_silence_of_the_asked_length() {
        let mut out = vec![1.0];
        Convolver::default().convolve(&[], &mut Kernel::new(vec![1.0]), 0, 3, &mut out);
        assert_eq!(out, [0.0; 3]);
        Convolver::default().convolve(&[1.0], &mut Kernel::default(), 0, 2, &mut out);
        assert_eq!(out, [0.0; 2]);
        Convolver::default().convolve(&[1.0], &mut Kernel::new(vec![1.0]), 5, 2, &mut out);
        assert_eq!(out, [0.0; 2]);
    }
}
