//! The interpolation kernel: a Kaiser-windowed sinc, tabulated for reading at any rate.

use std::collections::VecDeque;
use std::f64::consts::PI;

/// Fractional positions a sample is divided into: an error of 1/2048 sample, -67 dB at a quarter of the rate.
pub(super) const PHASES: usize = 1024;
/// Zero crossings of the sinc on each side.
const CROSSINGS: usize = 12;
/// Cut-off (-6 dB) as a fraction of the lower of the two Nyquist frequencies.
const CUTOFF: f64 = 0.97;
/// Shape of the Kaiser window: side lobes of about -60 dB.
const KAISER_BETA: f64 = 5.6;

/// Tables kept at most; with rates that are drawn from a range the oldest go.
const KEPT: usize = 8;

/// Makes kernels for reading rates and keeps those of the last rates.
#[derive(Debug)]
pub(super) struct Kernels {
    /// Half of the symmetric kernel, [`PHASES`] points to a zero crossing.
    prototype: Vec<f64>,
    /// The one made last comes last.
    made: VecDeque<Kernel>,
}

/// Rows of taps, one for each fractional position, for one reading rate.
#[derive(Debug)]
pub(super) struct Kernel {
    table: Vec<f32>,
    taps: usize,
    /// The `max(rate, 1)` that `table` was made for.
    narrowing: f64,
}

impl Kernels {
    pub(super) fn new() -> Self {
        let end = (CROSSINGS * PHASES) as f64;
        let point = |i: usize| {
            let t = i as f64 / PHASES as f64;
            let window = bessel_i0(KAISER_BETA * (1.0 - (i as f64 / end).powi(2)).max(0.0).sqrt());
            let angle = PI * t * CUTOFF;
            window * if i == 0 { 1.0 } else { angle.sin() / angle }
        };
        let prototype = (0..=CROSSINGS * PHASES).map(point).collect();
        Self {
            prototype,
            made: VecDeque::new(),
        }
    }

    /// The kernel for reading at `rate` input samples per output sample; above 1 it also keeps what would alias
    /// out.
    pub(super) fn at(&mut self, rate: f64) -> &Kernel {
        let narrowing = rate.max(1.0);
        let place = match self.made.iter().position(|kernel| kernel.narrowing == narrowing) {
            Some(place) => place,
            None => {
                if self.made.len() >= KEPT {
                    self.made.pop_front();
                }
                let kernel = self.tabulate(narrowing);
                self.made.push_back(kernel);
                self.made.len() - 1
            }
        };
        &self.made[place]
    }

    fn tabulate(&self, narrowing: f64) -> Kernel {
        let half = (CROSSINGS as f64 * narrowing).ceil() as usize;
        let taps = (2 * half).next_multiple_of(8);
        let mut table = Vec::with_capacity(PHASES * taps);
        for phase in 0..PHASES {
            let fraction = phase as f64 / PHASES as f64;
            let start = table.len();
            let mut sum = 0.0;
            for tap in 0..taps {
                let distance = tap as f64 - (taps / 2 - 1) as f64 - fraction;
                let value = self.value(distance.abs() / narrowing);
                sum += value;
                table.push(value as f32);
            }
            // Every row passes a constant unchanged, whatever its fraction.
            let gain = (1.0 / sum) as f32;
            table[start..].iter_mut().for_each(|v| *v *= gain);
        }
        Kernel {
            table,
            taps,
            narrowing,
        }
    }

    /// The prototype at `t` zero crossings from its centre.
    fn value(&self, t: f64) -> f64 {
        let position = t * PHASES as f64;
        let i = position as usize;
        match self.prototype.get(i..i + 2) {
            Some(&[a, b]) => a + (b - a) * (position - i as f64),
            _ => 0.0,
        }
    }
}

impl Kernel {
    /// Samples needed before the one at or before a position.
    pub(super) fn before(&self) -> usize {
        self.taps / 2 - 1
    }

    /// Number of taps.
    pub(super) fn taps(&self) -> usize {
        self.taps
    }

    /// The taps for a position `phase / PHASES` after a sample.
    pub(super) fn row(&self, phase: usize) -> &[f32] {
        &self.table[phase * self.taps..(phase + 1) * self.taps]
    }
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel_i0(x: f64) -> f64 {
    let mut sum = 1.0;
    let mut term = 1.0;
    let mut k = 1.0;
    while term > 1e-17 * sum {
        term *= (x / (2.0 * k)).powi(2);
        sum += term;
        k += 1.0;
    }
    sum
}

/// Sum of products of two slices of the same length, in a fixed order of eight running sums.
#[inline(always)]
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_chunks, a_rest) = a.as_chunks::<8>();
    let (b_chunks, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for (x, y) in a_chunks.iter().zip(b_chunks) {
        for i in 0..8 {
            sums[i] += x[i] * y[i];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + e) + (c + g)) + ((b + f) + (d + h)) + rest
}
