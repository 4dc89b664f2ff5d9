//! What a network is fed with, row by row.

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
    fn fill(&self, row: usize, epoch: Option<u64>, inputs: &mut [&mut [f32]]) -> Result<(), String>;
}

/// Numbers of several rows for each input, one after another.
#[derive(Debug, Default)]
pub(super) struct Batch {
    inputs: Vec<Vec<f32>>,
    sizes: Vec<usize>,
}

impl Batch {
    /// For inputs of these sizes.
    pub(super) fn new(sizes: Vec<usize>) -> Self {
        Batch {
            inputs: vec![Vec::new(); sizes.len()],
            sizes,
        }
    }

    /// Takes these rows in, in place of those before.
    pub(super) fn load(
        &mut self,
        source: &dyn Rows,
        rows: &[usize],
        epoch: Option<u64>,
    ) -> Result<(), String> {
        for (input, &size) in self.inputs.iter_mut().zip(&self.sizes) {
            input.resize(rows.len() * size, 0.0);
        }
        for (at, &row) in rows.iter().enumerate() {
            let inputs = self.inputs.iter_mut().zip(&self.sizes);
            // Each input has just been made as long as the rows need.
            let mut parts: Vec<&mut [f32]> = inputs
                .filter_map(|(input, &size)| input.get_mut(at * size..(at + 1) * size))
                .collect();
            source.fill(row, epoch, &mut parts)?;
        }
        Ok(())
    }

    /// The numbers, in the order of the inputs.
    pub(super) fn inputs(&self) -> Vec<&[f32]> {
        self.inputs.iter().map(Vec::as_slice).collect()
    }
}
