//! What a network is fed with, row by row.

use crate::onnx::graph::Element;
use crate::onnx::graph::network::Port;
use crate::onnx::graph::train::Numbers;

/// Where a row's numbers for one of the inputs go.
#[derive(Debug)]
pub enum Place<'a> {
    /// 32-bit floats.
    F32(&'a mut [f32]),
    /// 64-bit integers.
    I64(&'a mut [i64]),
}

/// Rows with their classes, as numbers for a network's inputs.
pub trait Rows {
    /// How many there are.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row's name, for errors.
    fn name(&self, row: usize) -> &str;

    /// A row's class.
    fn class(&self, row: usize) -> usize;

    /// Writes a row's numbers for each of the network's inputs, in their order. `epoch` is that of training, for what differs from
    /// epoch to epoch; none when predicting.
    ///
    /// # Errors
    /// In words, naming the file, when it can't be read or is of another size.
    fn fill(&self, row: usize, epoch: Option<u64>, inputs: &mut [Place<'_>]) -> Result<(), String>;
}

/// Numbers of several rows for each input, one after another.
#[derive(Debug, Default)]
pub(super) struct Batch {
    inputs: Vec<Input>,
}

#[derive(Debug)]
enum Input {
    F32(usize, Vec<f32>),
    I64(usize, Vec<i64>),
}

impl Batch {
    /// For these inputs.
    pub(super) fn new(ports: &[Port]) -> Self {
        let input = |port: &Port| {
            let size = port.dims.iter().product();
            match port.element {
                Element::I64 => Input::I64(size, Vec::new()),
                _ => Input::F32(size, Vec::new()),
            }
        };
        Batch {
            inputs: ports.iter().map(input).collect(),
        }
    }

    /// Takes these rows in, in place of those before.
    pub(super) fn load(
        &mut self,
        source: &dyn Rows,
        rows: &[usize],
        epoch: Option<u64>,
    ) -> Result<(), String> {
        for input in &mut self.inputs {
            match input {
                Input::F32(size, numbers) => numbers.resize(rows.len() * *size, 0.0),
                Input::I64(size, numbers) => numbers.resize(rows.len() * *size, 0),
            }
        }
        for (at, &row) in rows.iter().enumerate() {
            // Each input has just been made as long as the rows need.
            let place = |size: usize| at * size..(at + 1) * size;
            let parts = self.inputs.iter_mut().filter_map(|input| match input {
                Input::F32(size, numbers) => numbers.get_mut(place(*size)).map(Place::F32),
                Input::I64(size, numbers) => numbers.get_mut(place(*size)).map(Place::I64),
            });
            let mut parts: Vec<Place<'_>> = parts.collect();
            source.fill(row, epoch, &mut parts)?;
        }
        Ok(())
    }

    /// The numbers, in the order of the inputs.
    pub(super) fn inputs(&self) -> Vec<Numbers<'_>> {
        let numbers = self.inputs.iter().map(|input| match input {
            Input::F32(_, numbers) => Numbers::F32(numbers),
            Input::I64(_, numbers) => Numbers::I64(numbers),
        });
        numbers.collect()
    }
}
