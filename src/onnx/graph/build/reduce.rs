//! Sums and means.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

impl Graph {
    /// One of the operators `ReduceSum`, `ReduceMean` and so on over axes.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn reduce(
        &mut self,
        operator: &str,
        x: Value,
        axes: &[usize],
        keep: bool,
    ) -> Result<Value, GraphError> {
        let axes: Vec<i64> = axes
            .iter()
            .map(|&axis| i64::try_from(axis).unwrap_or(i64::MAX))
            .collect();
        let settings = Attributes::none().int("keepdims", keep.into());
        // In files with older operators only the sum takes its axes as an input.
        if self.opsets.get("").is_some_and(|&version| version < 18) && operator != "ReduceSum" {
            return self.node(operator, &[x], settings.ints("axes", axes));
        }
        let axes = self.integers(&axes)?;
        self.node(operator, &[x, axes], settings)
    }

    /// The sum over axes, which stay as dimensions of size 1 if `keep`.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn sum(&mut self, x: Value, axes: &[usize], keep: bool) -> Result<Value, GraphError> {
        self.reduce("ReduceSum", x, axes, keep)
    }

    /// The mean over axes, which stay as dimensions of size 1 if `keep`.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn mean(&mut self, x: Value, axes: &[usize], keep: bool) -> Result<Value, GraphError> {
        self.reduce("ReduceMean", x, axes, keep)
    }

    /// The sum of all elements, as a scalar.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn total(&mut self, x: Value) -> Result<Value, GraphError> {
        let rank = self.info(x)?.shape.rank();
        let axes: Vec<usize> = (0..rank).collect();
        self.sum(x, &axes, false)
    }
}
