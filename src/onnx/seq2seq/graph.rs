//! One of a decoder's graphs.

use std::borrow::Cow;

use half::f16;
use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor, TensorElementType};

use super::memory::Memory;
use super::ports::{self, Feed, Input, Past};
use crate::onnx::encoder::{floats, tensor};
use crate::onnx::session::{Session, SessionError};

/// A loaded graph.
#[derive(Debug)]
pub struct Graph {
    pub session: Session,
    inputs: Vec<Input>,
}

/// The logits of the next token.
#[derive(Debug, Default)]
pub struct Logits {
    /// Tokens of the vocabulary.
    pub size: usize,
    /// Rows × size.
    pub data: Vec<f32>,
}

impl Graph {
    pub fn open(session: Session) -> Result<Self, SessionError> {
        let inputs = ports::inputs(&session)?;
        Ok(Graph { session, inputs })
    }

    /// The tokens of the vocabulary, if the graph tells.
    pub fn vocabulary(&self) -> Option<usize> {
        usize::try_from(*self.session.output("logits")?.shape.last()?).ok()
    }

    /// The parts of the cache that it takes.
    pub fn pasts(&self) -> Vec<&Past> {
        let pasts = self.inputs.iter().filter_map(|input| match &input.feed {
            Feed::Past(past) => Some(past),
            _ => None,
        });
        pasts.collect()
    }

    /// Runs it on what is shown of each sequence, which are `length` tokens long: the logits of the next token, and the
    /// new parts of the cache by their names. `begun` tells whether there is a cache.
    pub fn run(
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
