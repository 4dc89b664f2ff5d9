//! Linear convolution by overlap-add of real FFTs.

use std::collections::HashMap;
use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// FFT plans and scratch for convolving signals with responses.
#[derive(Default)]
pub struct Convolver {
    plans: HashMap<usize, Plan>,
}

struct Plan {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    block: Vec<f32>,
    spectrum: Vec<Complex32>,
    response: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Convolver {
    /// `out[n] = Σ response[k] · signal[n + skip − k]` for `n` in `0..length`: the full convolution from its
    /// sample `skip` on, zeros beyond its end. Any lengths, also none.
    pub fn convolve(
        &mut self,
        signal: &[f32],
        response: &[f32],
        skip: usize,
        length: usize,
        out: &mut Vec<f32>,
    ) {
        out.clear();
        out.resize(length, 0.0);
        if signal.is_empty() || response.is_empty() || length == 0 {
            return;
        }
        let size = fft_size(signal.len(), response.len());
        let plan = self.plans.entry(size).or_insert_with(|| Plan::new(size));
        plan.block.fill(0.0);
        for (slot, &value) in plan.block.iter_mut().zip(response) {
            *slot = value;
        }
        // The buffers have the lengths that realfft asked for, so that its length errors can't occur.
        let _ = plan
            .forward
            .process_with_scratch(&mut plan.block, &mut plan.response, &mut plan.scratch);
        let step = size - response.len() + 1;
        let scale = 1.0 / size as f32;
        for (index, chunk) in signal.chunks(step).enumerate() {
            let start = index * step;
            if start >= skip + length {
                break;
            }
            plan.block.fill(0.0);
            for (slot, &value) in plan.block.iter_mut().zip(chunk) {
                *slot = value;
            }
            let _ = plan
                .forward
                .process_with_scratch(&mut plan.block, &mut plan.spectrum, &mut plan.scratch);
            for (bin, response) in plan.spectrum.iter_mut().zip(&plan.response) {
                *bin *= response;
            }
            let _ = plan
                .inverse
                .process_with_scratch(&mut plan.spectrum, &mut plan.block, &mut plan.scratch);
            // Sample i of this block is sample start + i of the full convolution, start + i − skip of the result.
            let used = chunk.len() + response.len() - 1;
            let from = skip.saturating_sub(start).min(used);
            let place = (start + from).saturating_sub(skip);
            for (slot, &value) in out
                .iter_mut()
                .skip(place)
                .zip(plan.block.iter().take(used).skip(from))
            {
                *slot += value * scale;
            }
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
            response: forward.make_output_vec(),
            scratch: vec![Complex32::default(); scratch],
            forward,
            inverse,
        }
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
            convolver.convolve(&signal, &response, skip, length, &mut out);
            let expected = direct(&signal, &response, skip, length);
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
        Convolver::default().convolve(&[], &[1.0], 0, 3, &mut out);
        assert_eq!(out, [0.0; 3]);
        Convolver::default().convolve(&[1.0], &[], 0, 2, &mut out);
        assert_eq!(out, [0.0; 2]);
        Convolver::default().convolve(&[1.0], &[1.0], 5, 2, &mut out);
        assert_eq!(out, [0.0; 2]);
    }
}
