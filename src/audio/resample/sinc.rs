//! Resampling by any ratio: rubato's asynchronous sinc resampler, started so that its delay is cut exactly.
//!
//! Slower than FFTs of whole periods, but its memory does not depend on how large the ratio's numbers are.

use rubato::audioadapter_buffers::number_to_float::InterleavedNumbers;
use rubato::{
    Adjustable, Async, FixedAsync, Indexing, Resampler, ResamplerConstructionError, Resizable,
    SincInterpolationParameters, WindowFunction, calculate_cutoff,
};

/// Length of the filter in samples of the lower rate: flat to 94.5 % of the band (-0.0005 dB there).
const TAPS: usize = 448;

/// Points of the filter per sample of the lower rate; with the cubic between them, images lie at -150 dB.
const POINTS: f64 = 128.0;

/// A filter's points per sample of the input, at the least: the cubic needs its four neighbours.
const FEWEST_POINTS: usize = 4;

/// How far the ratio of the first chunk may lie from the true one. It lies half a sample in 224 from it at most.
const LEEWAY: f64 = 1.01;

/// A resampler for the ratio `from`:`to`.
///
/// Computes in f64: the sum of the filter's points, its gain, would be off by up to 1e-5 in f32.
#[derive(Debug)]
pub(super) struct Sinc {
    inner: Async<f64>,
    ratio: f64,
    /// The first chunk's ratio, which brings its last sample to time 0.
    first_ratio: f64,
    /// Takes the first chunk.
    lead: Vec<f32>,
}

impl Sinc {
    pub fn new(from: u32, to: u32) -> Result<Self, ResamplerConstructionError> {
        let ratio = f64::from(to) / f64::from(from);
        let lower = ratio.min(1.0);
        let window = WindowFunction::BlackmanHarris2;
        // The filter gets longer with the period of the lower rate, and its points lie as much further apart.
        let taps = ((TAPS as f64 / lower).ceil() as usize).next_multiple_of(8);
        let points = ((POINTS * lower).ceil() as usize).max(FEWEST_POINTS);
        let parameters = SincInterpolationParameters::new(taps, window)
            .f_cutoff(calculate_cutoff(TAPS, window))
            .oversampling_factor(points);

        // rubato's output k lies at the time (k + 1)·from/to - wait of the input. A first chunk of about that
        // length, its steps stretched or squeezed by 0.2 % at most, ends exactly at 0.
        let wait = taps as f64 / 2.0 - 1.0 / points as f64;
        let lead = (wait * ratio).round().max(1.0) as usize;
        Ok(Self {
            inner: Async::new_sinc(ratio, LEEWAY, &parameters, lead, 1, FixedAsync::Output)?,
            ratio,
            first_ratio: lead as f64 / wait,
            lead: vec![0.0; lead],
        })
    }

    /// Appends the first `len` samples of the resampled `input` to `out`.
    #[expect(
        clippy::expect_used,
        reason = "chunks, ratios and buffers are those that the resampler was made for"
    )]
    pub fn process(&mut self, input: &[f32], len: usize, out: &mut Vec<f32>) {
        let start = out.len();
        out.resize(start + len, 0.0);
        let out = out.get_mut(start..).unwrap_or_default();
        self.fill(input, out).expect("buffers fit");
    }

    /// Fills `out` from time 0 on; `None` where rubato finds a chunk, a ratio or a buffer amiss.
    fn fill(&mut self, input: &[f32], out: &mut [f32]) -> Option<()> {
        let Some((first, rest)) = out.split_first_mut() else {
            return Some(());
        };
        self.inner.reset();
        self.inner.set_resample_ratio(self.first_ratio, false).ok()?;
        let mut left = input;
        resample(&mut self.inner, &mut left, &mut self.lead)?;
        *first = self.lead.last().copied().unwrap_or_default();

        self.inner.set_resample_ratio(self.ratio, false).ok()?;
        for chunk in rest.chunks_mut(self.lead.len()) {
            self.inner.set_chunk_size(chunk.len()).ok()?;
            resample(&mut self.inner, &mut left, chunk)?;
        }
        Some(())
    }
}

/// Fills `out`, a chunk, from as many samples of `left` as that takes, and silence behind them.
fn resample(inner: &mut Async<f64>, left: &mut &[f32], out: &mut [f32]) -> Option<()> {
    let (now, later) = left.split_at(inner.input_frames_next().min(left.len()));
    *left = later;
    let frames = out.len();
    let source = InterleavedNumbers::new(now, 1, now.len()).ok()?;
    let mut sink = InterleavedNumbers::new_mut(out, 1, frames).ok()?;
    let there = Indexing::new().partial_len(now.len());
    inner.process_into_buffer(&source, &mut sink, Some(&there)).ok()?;
    Some(())
}
