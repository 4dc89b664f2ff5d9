//! Graphs of the BERT kind: token ids and masks in, numbers for each token or each text out.

use std::borrow::Cow;
use std::path::Path;

use half::f16;
use ort::session::SessionInputValue;
use ort::value::{DynValue, Tensor, TensorElementType};

use super::batch::Limits;
use super::engine::Engine;
use super::gap_head;
use super::operators;
use super::session::{Port, Session, SessionError};
use crate::run::bounded;

/// Larger graphs are not cut, since that takes their bytes twice.
const CUT_LIMIT: u64 = 1 << 30;

/// Such a graph, loaded.
#[derive(Debug)]
pub struct Encoder {
    session: Session,
    inputs: Vec<(String, Feed, TensorElementType)>,
    alone: bool,
}

/// What an input takes. The graphs differ: DistilBERT and RoBERTa have no token types, few have positions.
#[derive(Debug, Clone, Copy)]
enum Feed {
    Ids,
    Mask,
    Types,
    Positions,
    /// Which tokens a head cut by [`gap_head`] is computed for.
    Gaps,
}

/// Rows of numbers as a graph gave them.
#[derive(Debug, Clone, Copy)]
pub struct Output<'a> {
    /// The sizes of the dimensions, rows first.
    pub shape: &'a [usize],
    /// The numbers, last dimension fastest.
    pub data: &'a [f32],
}

impl Encoder {
    /// Loads a graph.
    ///
    /// # Errors
    /// [`SessionError`]; also when it takes anything but ids, attention mask, token types and positions.
    pub fn open(engine: &Engine, graph: &Path) -> Result<Self, SessionError> {
        Self::of(engine.session(graph)?, graph)
    }

    /// Loads a masked language model's graph, its head for one token a row where it can be cut so; otherwise as it is.
    ///
    /// # Errors
    /// [`SessionError`]; also when it takes anything but ids, attention mask, token types and positions.
    pub fn open_cut(engine: &Engine, graph: &Path) -> Result<Self, SessionError> {
        // What can't be read or cut is for the runtime to judge.
        let cut = bounded::read(graph, CUT_LIMIT)
            .ok()
            .and_then(|model| gap_head::at_positions(&model));
        let session = cut.and_then(|cut| engine.session_of(&graph.display().to_string(), &cut).ok());
        match session {
            Some(session) => Self::of(session, graph),
            None => Self::open(engine, graph),
        }
    }

    fn of(session: Session, graph: &Path) -> Result<Self, SessionError> {
        let alone = operators::depends_on_batch(graph).map_err(|error| SessionError::Load {
            path: graph.to_owned(),
            reason: error.to_string(),
        })?;
        let inputs: Option<Vec<_>> = session.inputs().iter().map(feed).collect();
        let inputs = inputs
            .filter(|inputs| inputs.iter().any(|(_, feed, _)| matches!(feed, Feed::Ids)))
            .ok_or_else(|| {
                session.unfit("input_ids, and of attention_mask, token_type_ids and position_ids any")
            })?;
        Ok(Encoder {
            session,
            inputs,
            alone,
        })
    }

    /// Whether its head is computed for one token of each row.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.inputs.iter().any(|(_, feed, _)| matches!(feed, Feed::Gaps))
    }

    /// Whether a row's numbers depend on the rows beside it; such a graph is run row by row.
    #[must_use]
    pub fn runs_alone(&self) -> bool {
        self.alone
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// What a run of this graph may hold, of at most `tokens` tokens.
    #[must_use]
    pub fn limits(&self, rows: usize, tokens: usize) -> Limits {
        Limits {
            rows: if self.alone { 1 } else { rows },
            tokens,
        }
    }

    /// Runs rows of token ids, filled up with `pad` to the widest, and shows one output to `take`.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn run<T>(
        &mut self,
        rows: &[&[u32]],
        pad: u32,
        output: &str,
        take: impl FnOnce(Output<'_>) -> T,
    ) -> Result<T, SessionError> {
        self.run_split(rows, &[], pad, output, take)
    }

    /// The same for rows of two texts: the tokens of row `i` from `seconds[i]` on are those of its second text; a row
    /// without such a number has one text.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn run_split<T>(
        &mut self,
        rows: &[&[u32]],
        seconds: &[usize],
        pad: u32,
        output: &str,
        take: impl FnOnce(Output<'_>) -> T,
    ) -> Result<T, SessionError> {
        let batch = Batch {
            seconds,
            ..Batch::of(rows, pad)
        };
        self.run_batch(&batch, output, take)
    }

    /// The same for a graph whose head is cut: `gaps[i]` is the token of row `i` that it is computed for. The output has
    /// one or more equal rows for each row.
    ///
    /// # Errors
    /// [`SessionError`].
    pub fn run_at<T>(
        &mut self,
        rows: &[&[u32]],
        gaps: &[usize],
        pad: u32,
        output: &str,
        take: impl FnOnce(Output<'_>) -> T,
    ) -> Result<T, SessionError> {
        let batch = Batch {
            gaps,
            ..Batch::of(rows, pad)
        };
        self.run_batch(&batch, output, take)
    }

    fn run_batch<T>(
        &mut self,
        batch: &Batch<'_>,
        output: &str,
        take: impl FnOnce(Output<'_>) -> T,
    ) -> Result<T, SessionError> {
        let mut values = Vec::with_capacity(self.inputs.len());
        for (name, feed, element) in &self.inputs {
            let value = tensor(&batch.shape(*feed), batch.numbers(*feed), *element)
                .map_err(|error| self.session.failed(error))?;
            values.push((Cow::Owned(name.clone()), value));
        }
        let path = self.session.path().to_owned();
        let fail = |reason: String| SessionError::Run {
            path: path.clone(),
            reason,
        };
        let outputs = self.session.run(values)?;
        let value = outputs
            .get(output)
            .ok_or_else(|| fail(format!("it gave no {output}")))?;
        floats(value, take).map_err(fail)
    }
}

fn feed(port: &Port) -> Option<(String, Feed, TensorElementType)> {
    let element = port.element?;
    let feed = match port.name.as_str() {
        "input_ids" => Feed::Ids,
        "attention_mask" => Feed::Mask,
        "token_type_ids" => Feed::Types,
        "position_ids" => Feed::Positions,
        gap_head::POSITIONS => Feed::Gaps,
        _ => return None,
    };
    Some((port.name.clone(), feed, element))
}

/// What a run is fed with.
struct Batch<'a> {
    rows: &'a [&'a [u32]],
    width: usize,
    pad: u32,
    /// Where the second text of each row begins.
    seconds: &'a [usize],
    /// The token of each row that the head is computed for.
    gaps: &'a [usize],
}

impl<'a> Batch<'a> {
    fn of(rows: &'a [&'a [u32]], pad: u32) -> Self {
        Batch {
            rows,
            width: rows.iter().map(|row| row.len()).max().unwrap_or(0),
            pad,
            seconds: &[],
            gaps: &[],
        }
    }

    /// How often each gap is asked for. A product of one row alone goes another way through the runtime's kernels and
    /// rounds otherwise than the same row among others.
    fn repeats(&self) -> usize {
        if self.rows.len() == 1 { 2 } else { 1 }
    }

    fn shape(&self, feed: Feed) -> Vec<usize> {
        match feed {
            Feed::Gaps => vec![self.rows.len(), self.repeats(), 1],
            Feed::Ids | Feed::Mask | Feed::Types | Feed::Positions => vec![self.rows.len(), self.width],
        }
    }

    fn numbers(&self, feed: Feed) -> Vec<i64> {
        let mut out = Vec::with_capacity(self.rows.len() * self.width);
        for (index, row) in self.rows.iter().enumerate() {
            let rest = std::iter::repeat_n((), self.width - row.len());
            match feed {
                Feed::Ids => {
                    out.extend(row.iter().map(|&id| i64::from(id)));
                    out.extend(rest.map(|()| i64::from(self.pad)));
                }
                Feed::Mask => {
                    out.extend(row.iter().map(|_| 1));
                    out.extend(rest.map(|()| 0));
                }
                Feed::Types => {
                    let second = self.seconds.get(index).copied().unwrap_or(row.len());
                    out.extend((0..row.len()).map(|at| i64::from(at >= second)));
                    out.extend(rest.map(|()| 0));
                }
                Feed::Positions => out.extend((0_i64..).take(self.width)),
                Feed::Gaps => {
                    let gap = self.gaps.get(index).copied().unwrap_or(0);
                    let gap = i64::try_from(gap).unwrap_or(0);
                    out.extend(std::iter::repeat_n(gap, self.repeats()));
                }
            }
        }
        out
    }
}

/// A tensor of whole numbers in the type that a graph asks for.
pub(super) fn tensor(
    shape: &[usize],
    numbers: Vec<i64>,
    element: TensorElementType,
) -> Result<SessionInputValue<'static>, ort::Error> {
    let shape = shape.to_vec();
    Ok(match element {
        TensorElementType::Int32 => {
            // Token ids, masks and positions are far below what 32 bits hold.
            let small: Vec<i32> = numbers.into_iter().map(|number| number as i32).collect();
            Tensor::from_array((shape, small))?.into()
        }
        _ => Tensor::from_array((shape, numbers))?.into(),
    })
}

/// Shows a tensor of 32-bit or 16-bit floating point numbers.
pub(crate) fn floats<T>(value: &DynValue, take: impl FnOnce(Output<'_>) -> T) -> Result<T, String> {
    let sizes = |shape: &[i64]| -> Vec<usize> {
        shape
            .iter()
            .map(|&size| usize::try_from(size).unwrap_or(0))
            .collect()
    };
    if let Ok((shape, data)) = value.try_extract_tensor::<f32>() {
        return Ok(take(Output {
            shape: &sizes(shape),
            data,
        }));
    }
    let (shape, data) = value
        .try_extract_tensor::<f16>()
        .map_err(|error| format!("its numbers cannot be read: {error}"))?;
    let data: Vec<f32> = data.iter().map(|number| number.to_f32()).collect();
    Ok(take(Output {
        shape: &sizes(shape),
        data: &data,
    }))
}
