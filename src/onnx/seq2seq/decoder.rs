//! The decoder of a translator in any of the three layouts: tokens in, logits of the next token out. It keeps the cache
//! and puts its rows in order as beams continue each other and texts are finished.

use std::borrow::Cow;
use std::collections::HashMap;

use half::f16;
use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor, TensorElementType};

use super::layout::DecoderGraphs;
use super::ports::{self, Feed, Input, Past};
use super::rows;
use crate::onnx::encoder::{floats, tensor};
use crate::onnx::engine::Engine;
use crate::onnx::session::{Session, SessionError};

/// A loaded decoder.
#[derive(Debug)]
pub struct Decoder {
    first: Graph,
    cached: Cached,
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

#[derive(Debug)]
struct Graph {
    session: Session,
    inputs: Vec<Input>,
}

/// What the encoder made of a batch of sources, and how far the decoder is with them. Row for row: the decoder's rows
/// of the last step.
#[derive(Debug)]
pub struct Memory {
    /// The encoder's output: rows × width × numbers.
    hidden: DynValue,
    /// How much of each row is not padding.
    lengths: Vec<usize>,
    width: usize,
    /// Which source each row belongs to.
    sources: Vec<usize>,
    /// By the names of the outputs that gave it; empty before the first step.
    cache: HashMap<String, DynValue>,
}

/// The logits of the next token.
#[derive(Debug)]
pub struct Logits {
    /// Tokens of the vocabulary.
    pub size: usize,
    /// Rows × size.
    pub data: Vec<f32>,
}

impl Memory {
    /// The encoder's output with the lengths of its rows.
    pub fn new(hidden: DynValue, lengths: Vec<usize>) -> Self {
        Memory {
            hidden,
            width: lengths.iter().copied().max().unwrap_or(0),
            sources: (0..lengths.len()).collect(),
            lengths,
            cache: HashMap::new(),
        }
    }

    /// Makes the rows those that continue these rows of the last step.
    fn regroup(&mut self, parents: &[usize], pasts: &[&Past]) -> Result<(), String> {
        if parents.iter().copied().eq(0..self.sources.len()) {
            return Ok(());
        }
        let of = |list: &[usize]| -> Result<Vec<usize>, String> {
            let picked = parents.iter().map(|&parent| list.get(parent).copied());
            picked
                .collect::<Option<_>>()
                .ok_or_else(|| "a row continues none".to_owned())
        };
        let sources = of(&self.sources)?;
        // What is about the source is the same for all rows of a text.
        let moved = sources != self.sources;
        if moved {
            self.hidden = rows::picked(&self.hidden, parents)?;
            self.lengths = of(&self.lengths)?;
            self.sources = sources;
        }
        for past in pasts {
            if let Some(value) = self.cache.get_mut(&past.present)
                && (moved || !past.source)
            {
                *value = rows::picked(value, parents)?;
            }
        }
        Ok(())
    }
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
            },
            DecoderGraphs::Split { first, next } => Decoder {
                first: Graph::open(engine.session(first)?)?,
                cached: Cached::Other(Graph::open(engine.session(next)?)?),
            },
            DecoderGraphs::Plain(path) => Decoder {
                first: Graph::open(engine.session(path)?)?,
                cached: Cached::No,
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
        let shape = &self.first.session.output("logits")?.shape;
        usize::try_from(*shape.last()?).ok()
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
        let Decoder { first, cached } = self;
        let begun = !memory.cache.is_empty();
        let (graph, whole) = match cached {
            Cached::Other(next) if begun => (next, false),
            Cached::Itself if begun => (first, false),
            Cached::No => (first, true),
            Cached::Itself | Cached::Other(_) => (first, true),
        };
        let pasts = graph.pasts();
        memory
            .regroup(parents, &pasts)
            .map_err(|reason| graph.session.failed(reason))?;
        let shown: Vec<&[u32]> = sequences
            .iter()
            .map(|sequence| {
                if whole {
                    *sequence
                } else {
                    &sequence[sequence.len().saturating_sub(1)..]
                }
            })
            .collect();
        let length = sequences.first().map_or(0, |sequence| sequence.len());
        let (logits, presents) = graph.run(memory, &shown, length, begun)?;
        if !matches!(cached, Cached::No) {
            for (name, value) in presents {
                // With a cache, a merged graph gives back empty parts about the source: those of the first step stay.
                if !(begun && name.contains(".encoder.")) {
                    memory.cache.insert(name, value);
                }
            }
        }
        Ok(logits)
    }
}

impl Graph {
    fn open(session: Session) -> Result<Self, SessionError> {
        let inputs = ports::inputs(&session)?;
        Ok(Graph { session, inputs })
    }

    fn pasts(&self) -> Vec<&Past> {
        let pasts = self.inputs.iter().filter_map(|input| match &input.feed {
            Feed::Past(past) => Some(past),
            _ => None,
        });
        pasts.collect()
    }

    fn run(
        &mut self,
        memory: &Memory,
        shown: &[&[u32]],
        length: usize,
        begun: bool,
    ) -> Result<(Logits, Vec<(String, DynValue)>), SessionError> {
        let mut values = Vec::with_capacity(self.inputs.len());
        for input in &self.inputs {
            let value = value(input, memory, shown, length, begun);
            let value = value.map_err(|error| self.session.failed(error))?;
            values.push((Cow::Borrowed(input.name.as_str()), value));
        }
        let path = self.session.path().to_owned();
        let fail = |reason: &str| SessionError::Run {
            path: path.clone(),
            reason: reason.to_owned(),
        };
        let names: Vec<String> = self
            .session
            .outputs()
            .iter()
            .map(|port| port.name.clone())
            .collect();
        let mut outputs = self.session.run(values)?;
        let logits = outputs
            .remove("logits")
            .ok_or_else(|| fail("it gave no logits"))?;
        let logits = floats(&logits, |output| last(output.shape, output.data, shown))
            .and_then(|logits| {
                logits.ok_or_else(|| "logits have another shape than its inputs ask for".to_owned())
            })
            .map_err(|reason| fail(&reason))?;
        let presents = names.into_iter().filter(|name| name.starts_with("present."));
        let presents = presents.filter_map(|name| outputs.remove(&name).map(|value| (name, value)));
        Ok((logits, presents.collect()))
    }
}

/// The logits behind the last position of each row.
fn last(shape: &[usize], data: &[f32], shown: &[&[u32]]) -> Option<Logits> {
    let width = shown.first()?.len();
    let &[rows, positions, size] = shape else {
        return None;
    };
    if rows != shown.len() || positions != width || size == 0 || data.len() != rows * width * size {
        return None;
    }
    let data = if width == 1 {
        data.to_vec()
    } else {
        let each = data
            .chunks_exact(width * size)
            .flat_map(|row| &row[(width - 1) * size..]);
        each.copied().collect()
    };
    Some(Logits { size, data })
}

fn value<'m>(
    input: &Input,
    memory: &'m Memory,
    shown: &[&[u32]],
    length: usize,
    begun: bool,
) -> Result<SessionInputValue<'m>, String> {
    let rows = shown.len();
    let whole = |shape: [usize; 2], numbers: Vec<i64>| {
        tensor(&shape, numbers, input.element).map_err(|error| error.to_string())
    };
    match &input.feed {
        Feed::Ids => {
            let width = shown.first().map_or(0, |sequence| sequence.len());
            let ids = shown.iter().copied().flatten().map(|&id| i64::from(id));
            whole([rows, width], ids.collect())
        }
        Feed::Mask => whole([rows, length], vec![1; rows * length]),
        Feed::HiddenMask => {
            let row = |&length: &usize| (0..memory.width).map(move |place| i64::from(place < length));
            whole(
                [rows, memory.width],
                memory.lengths.iter().flat_map(row).collect(),
            )
        }
        Feed::Hidden => Ok((&memory.hidden).into()),
        Feed::Branch => {
            let branch = Tensor::from_array(([1_usize], vec![begun]));
            Ok(branch.map_err(|error| error.to_string())?.into())
        }
        Feed::Past(past) if begun => {
            let value = memory.cache.get(&past.present);
            Ok(value
                .ok_or_else(|| format!("no step gave {}", past.present))?
                .into())
        }
        Feed::Past(past) => nothing(past, rows, input.element),
    }
}

/// A cache of no positions, which a merged graph takes at the first step.
fn nothing(
    past: &Past,
    rows: usize,
    element: TensorElementType,
) -> Result<SessionInputValue<'static>, String> {
    let shape = [rows, past.heads.0, 0, past.heads.1];
    let value = match element {
        TensorElementType::Float16 => Tensor::from_array((shape, Vec::<f16>::new())).map(Tensor::into_dyn),
        _ => Tensor::from_array((shape, Vec::<f32>::new())).map(Tensor::into_dyn),
    };
    Ok(value.map_err(|error| error.to_string())?.into())
}
