//! Products of matrices.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

impl Graph {
    /// The product of matrices, as numpy's `matmul`.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn matmul(&mut self, a: Value, b: Value) -> Result<Value, GraphError> {
        self.node("MatMul", &[a, b], Attributes::none())
    }

    /// a · b + c, a and b turned first where that is asked for.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn gemm(
        &mut self,
        (a, turn_a): (Value, bool),
        (b, turn_b): (Value, bool),
        c: Option<Value>,
    ) -> Result<Value, GraphError> {
        let turned = Attributes::none()
            .int("transA", turn_a.into())
            .int("transB", turn_b.into());
        match c {
            Some(c) => self.node("Gemm", &[a, b, c], turned),
            None => self.node("Gemm", &[a, b], turned),
        }
    }

    /// The same with the last two dimensions exchanged.
    ///
    /// # Errors
    /// Those of [`Graph::node`]; also for fewer than two dimensions.
    pub fn turned(&mut self, x: Value) -> Result<Value, GraphError> {
        let rank = self.info(x)?.shape.rank();
        let mut order: Vec<usize> = (0..rank).collect();
        if rank >= 2 {
            order.swap(rank - 1, rank - 2);
        }
        self.transpose(x, &order)
    }
}
