//! Running a trained network over rows.

use std::borrow::Cow;

use ort::session::SessionInputValue;
use ort::value::TensorRef;

use super::rows::{Batch, Rows};
use crate::onnx::engine::Engine;
use crate::onnx::graph::network::Port;
use crate::onnx::graph::train::{LOGITS, Numbers};
use crate::onnx::session::{Session, SessionError};
use crate::run::interrupt::Interrupt;

/// Why rows have no predictions.
#[derive(Debug, thiserror::Error)]
pub enum PredictError {
    /// The model does not load or run.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A row can't be read.
    #[error("{0}")]
    Row(String),
    /// A signal came.
    #[error("interrupted")]
    Interrupted,
}

/// A loaded network.
#[derive(Debug)]
pub struct Predictor {
    session: Session,
    inputs: Vec<Port>,
    classes: usize,
    batch: Batch,
}

/// Numbers that a batch holds at most: 64 MB of input.
const MOST: usize = 16 << 20;
/// Rows that a batch holds at most.
const ROWS: usize = 64;

impl Predictor {
    /// Loads a model file's bytes; `name` stands for it in errors.
    ///
    /// # Errors
    /// [`SessionError`], also where it is not a network of these inputs and so many classes.
    pub fn new(
        engine: &Engine,
        name: &str,
        model: &[u8],
        inputs: &[Port],
        classes: usize,
    ) -> Result<Self, SessionError> {
        let session = engine.session_of(name, model)?;
        let fits = inputs.iter().all(|port| {
            let sizes: Option<Vec<usize>> = session
                .input(&port.name)
                .and_then(|found| found.shape.get(1..))
                .map(|rest| {
                    rest.iter()
                        .map(|&size| usize::try_from(size).unwrap_or(0))
                        .collect()
                });
            sizes.as_ref() == Some(&port.dims)
        });
        let gives = session
            .output(LOGITS)
            .and_then(|port| port.shape.get(1).copied())
            .and_then(|size| usize::try_from(size).ok());
        if !fits || session.inputs().len() != inputs.len() || gives != Some(classes) {
            let wanted: Vec<String> = inputs
                .iter()
                .map(|port| format!("{} [batch, {:?}]", port.name, port.dims))
                .collect();
            let wanted = wanted.join(", ");
            return Err(session.unfit(format!(
                "the inputs {wanted} and the output {LOGITS} of {classes} classes"
            )));
        }
        Ok(Predictor {
            batch: Batch::new(inputs),
            session,
            inputs: inputs.to_vec(),
            classes,
        })
    }

    /// The logits of all rows, in their order.
    ///
    /// # Errors
    /// [`PredictError`].
    pub fn logits(
        &mut self,
        rows: &dyn Rows,
        interrupt: &Interrupt,
        mut done: impl FnMut(u64),
    ) -> Result<Vec<Vec<f32>>, PredictError> {
        let widest = self.inputs.iter().map(size).max().unwrap_or(1).max(1);
        let most = (MOST / widest).clamp(1, ROWS);
        let all: Vec<usize> = (0..rows.len()).collect();
        let mut logits = Vec::with_capacity(rows.len());
        for part in all.chunks(most) {
            if interrupt.stopped() {
                return Err(PredictError::Interrupted);
            }
            self.batch.load(rows, part, None).map_err(PredictError::Row)?;
            self.run(part.len(), &mut logits)?;
            done(part.len() as u64);
        }
        Ok(logits)
    }

    fn run(&mut self, rows: usize, logits: &mut Vec<Vec<f32>>) -> Result<(), SessionError> {
        let mut values: Vec<(Cow<'_, str>, SessionInputValue<'_>)> = Vec::new();
        for (port, numbers) in self.inputs.iter().zip(self.batch.inputs()) {
            let shape = [&[rows], &port.dims[..]].concat();
            let value: Result<SessionInputValue<'_>, ort::Error> = match numbers {
                Numbers::F32(numbers) => TensorRef::from_array_view((shape, numbers)).map(Into::into),
                Numbers::I64(numbers) => TensorRef::from_array_view((shape, numbers)).map(Into::into),
            };
            let value = value.map_err(|error| self.session.failed(error))?;
            values.push((Cow::Borrowed(port.name.as_str()), value));
        }
        let path = self.session.path().to_owned();
        let fail = |reason: String| SessionError::Run {
            path: path.clone(),
            reason,
        };
        let outputs = self.session.run(values)?;
        let value = outputs
            .get(LOGITS)
            .ok_or_else(|| fail(format!("it gave no {LOGITS}")))?;
        let (_, numbers) = value
            .try_extract_tensor::<f32>()
            .map_err(|error| fail(error.to_string()))?;
        if numbers.len() != rows * self.classes {
            return Err(fail(format!(
                "it gave {} numbers for {rows} rows of {} classes",
                numbers.len(),
                self.classes
            )));
        }
        logits.extend(numbers.chunks(self.classes.max(1)).map(<[f32]>::to_vec));
        Ok(())
    }
}

/// Numbers of one row.
fn size(port: &Port) -> usize {
    port.dims.iter().product()
}
