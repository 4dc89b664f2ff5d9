//! The decoder of a translator in any of the three layouts: tokens in, logits of the next token out. It keeps the cache
//! and puts its rows in order as beams continue each other and texts are finished.

use super::graph::{Graph, Logits};
use super::layout::DecoderGraphs;
use super::memory::Memory;
use crate::onnx::engine::Engine;
use crate::onnx::session::SessionError;

/// 64 Mi numbers are 256 MiB.
const NUMBERS: usize = 64 << 20;

/// A loaded decoder.
#[derive(Debug)]
pub struct Decoder {
    first: Graph,
    cached: Cached,
    /// Numbers in the output of one run without a cache.
    numbers: usize,
}

#[derive(Debug)]
enum Cached {
    /// The first graph does all steps, with a cache.
    Itself,
    /// Another graph does all steps but the first.
    Other(Graph),
    /// There is no cache.
    No,
}

impl Decoder {
    /// Loads a decoder's graphs.
    ///
    /// # Errors
    /// [`SessionError`]; also when a graph has other inputs and outputs than its layout asks for.
    pub fn open(engine: &Engine, graphs: &DecoderGraphs) -> Result<Self, SessionError> {
        let decoder = match graphs {
            DecoderGraphs::Merged(path) => Decoder {
                first: Graph::open(engine.session(path)?)?,
                cached: Cached::Itself,
                numbers: NUMBERS,
            },
            DecoderGraphs::Split { first, next } => Decoder {
                first: Graph::open(engine.session(first)?)?,
                cached: Cached::Other(Graph::open(engine.session(next)?)?),
                numbers: NUMBERS,
            },
            DecoderGraphs::Plain(path) => Decoder {
                first: Graph::open(engine.session(path)?)?,
                cached: Cached::No,
                numbers: NUMBERS,
            },
        };
        let next = match &decoder.cached {
            Cached::Itself => &decoder.first,
            Cached::Other(next) => next,
            Cached::No if decoder.first.pasts().is_empty() => return Ok(decoder),
            Cached::No => return Err(decoder.first.session.unfit("a decoder without a cache")),
        };
        for past in next.pasts() {
            let given = |graph: &Graph| graph.session.output(&past.present).is_some();
            if !given(&decoder.first) {
                return Err(decoder.first.session.unfit(format!("an output {}", past.present)));
            }
            if !past.source && !given(next) {
                return Err(next.session.unfit(format!("an output {}", past.present)));
            }
        }
        if next.pasts().is_empty() {
            return Err(next.session.unfit("inputs past_key_values"));
        }
        Ok(decoder)
    }

    /// The tokens of the vocabulary, if the graph tells.
    pub fn vocabulary(&self) -> Option<usize> {
        self.first.vocabulary()
    }

    /// An error about numbers that came out of this decoder.
    pub fn failed(&self, reason: &str) -> SessionError {
        self.first.session.failed(reason)
    }

    /// The logits behind each sequence. `parents` says which row of the last step each one continues; before the first
    /// step the rows are the sources.
    ///
    /// # Errors
    /// [`SessionError::Run`].
    pub fn step(
        &mut self,
        memory: &mut Memory,
        parents: &[usize],
        sequences: &[&[u32]],
    ) -> Result<Logits, SessionError> {
        let Decoder {
            first,
            cached,
            numbers,
        } = self;
        let begun = !memory.cache.is_empty();
        let graph = match cached {
            Cached::No => return first.replay(memory, parents, sequences, *numbers),
            Cached::Other(next) if begun => next,
            Cached::Itself | Cached::Other(_) => first,
        };
        let regrouped = memory.regroup(parents, &graph.pasts());
        regrouped.map_err(|reason| graph.session.failed(reason))?;
        let length = sequences.first().map_or(0, |sequence| sequence.len());
        let hidden = if begun { length.saturating_sub(1) } else { 0 };
        let shown: Vec<&[u32]> = sequences
            .iter()
            .filter_map(|sequence| sequence.get(hidden..))
            .collect();
        let (logits, presents) = graph.run(memory, &shown, length, begun)?;
        for (name, value) in presents {
            // With a cache, a merged graph gives back empty parts about the source: those of the first step stay.
            if !(begun && name.contains(".encoder.")) {
                memory.cache.insert(name, value);
            }
        }
        Ok(logits)
    }
}

impl Graph {
    /// A step without a cache, which gives the logits of all positions: rows run in parts with outputs of so many
    /// numbers at most, but of one row at least.
    fn replay(
        &mut self,
        memory: &mut Memory,
        parents: &[usize],
        sequences: &[&[u32]],
        numbers: usize,
    ) -> Result<Logits, SessionError> {
        let regrouped = memory.regroup(parents, &[]);
        regrouped.map_err(|reason| self.session.failed(reason))?;
        let length = sequences.first().map_or(0, |sequence| sequence.len());
        let each = length * self.vocabulary().unwrap_or(numbers);
        let at_once = (numbers / each.max(1)).max(1);
        if sequences.len() <= at_once {
            return Ok(self.run(memory, sequences, length, false)?.0);
        }
        let mut all = Logits::default();
        let rows: Vec<usize> = (0..sequences.len()).collect();
        for (rows, sequences) in rows.chunks(at_once).zip(sequences.chunks(at_once)) {
            let part = memory.part(rows).map_err(|reason| self.session.failed(reason))?;
            let (logits, _) = self.run(&part, sequences, length, false)?;
            all.size = logits.size;
            all.data.extend(logits.data);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ort::value::Tensor;

    use super::*;

    #[test]
    fn without_a_cache_rows_may_run_in_parts() {
        let graph =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/models/marian-plain/decoder_model.onnx");
        let mut decoder = Decoder::open(&crate::support::engine(1), &DecoderGraphs::Plain(graph)).unwrap();
        let size = decoder
            .first
            .session
            .input("encoder_hidden_states")
            .unwrap()
            .shape[2];
        let size = usize::try_from(size).unwrap();
        let mut logits = |numbers: usize| {
            let hidden: Vec<f32> = (0..5 * 8 * size)
                .map(|place| (place % 17) as f32 / 17.0)
                .collect();
            let hidden = Tensor::from_array(([5, 8, size], hidden)).unwrap().into_dyn();
            let mut memory = Memory::new(hidden, vec![3, 8, 5, 1, 7], 8);
            let sequences: [&[u32]; 5] = [&[9, 1, 2], &[9, 3, 4], &[9, 5, 6], &[9, 7, 8], &[9, 2, 2]];
            decoder.numbers = numbers;
            decoder
                .step(&mut memory, &[4, 1, 2, 3, 0], &sequences)
                .unwrap()
                .data
        };
        let whole = logits(NUMBERS);
        // Two rows at a time, then one.
        for numbers in [2 * 3 * whole.len() / 5, 1] {
            assert!(logits(numbers) == whole, "{numbers}");
        }
    }
}
