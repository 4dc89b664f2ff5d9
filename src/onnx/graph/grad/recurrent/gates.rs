//! What a GRU's forward pass does not keep, for all steps at once.

use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

/// The gates' places in weights and biases.
const Z: usize = 0;
const R: usize = 1;
const N: usize = 2;

/// The gates of all steps, each [steps · batch, hidden].
pub(super) struct Gates {
    pub z: Value,
    pub r: Value,
    pub n: Value,
    pub q: Value,
}

/// What the gradient of a state is multiplied by to become that of what its gates are made of.
pub(super) struct Factors {
    pub z: Value,
    pub r: Value,
    pub n: Value,
    pub q: Value,
}

impl Gates {
    pub fn new(
        graph: &mut Graph,
        x: Value,
        before: Value,
        weights: &[(Value, Value)],
        biases: &[Option<Value>],
    ) -> Result<Self, GraphError> {
        let bias = |place: usize| biases.get(place).copied().flatten();
        let weights = |gate: usize| weights.get(gate).copied().ok_or(GraphError::Foreign(x.0));
        let gate = |graph: &mut Graph, gate: usize| {
            let (weight, recurrence) = weights(gate)?;
            let both = match (bias(gate), bias(gate + 3)) {
                (Some(a), Some(b)) => Some(graph.add(a, b)?),
                _ => None,
            };
            let sum = graph.gemm((x, false), (weight, true), both)?;
            let sum = graph.gemm((before, false), (recurrence, true), Some(sum))?;
            graph.unary("Sigmoid", sum)
        };
        let (z, r) = (gate(graph, Z)?, gate(graph, R)?);
        let (weight, recurrence) = weights(N)?;
        let q = graph.gemm((before, false), (recurrence, true), bias(N + 3))?;
        let sum = graph.gemm((x, false), (weight, true), bias(N))?;
        let reset = graph.mul(r, q)?;
        let sum = graph.add(sum, reset)?;
        let n = graph.unary("Tanh", sum)?;
        Ok(Gates { z, r, n, q })
    }

    pub fn factors(&self, graph: &mut Graph, before: Value) -> Result<Factors, GraphError> {
        let one = graph.scalar_like(self.z, 1.0)?;
        let rest = graph.sub(one, self.z)?;
        let square = graph.mul(self.n, self.n)?;
        let slope = graph.sub(one, square)?;
        let n = graph.mul(rest, slope)?;
        let q = graph.mul(n, self.r)?;
        let open = graph.sub(one, self.r)?;
        let r = graph.mul(q, self.q)?;
        let r = graph.mul(r, open)?;
        let apart = graph.sub(before, self.n)?;
        let z = graph.mul(apart, self.z)?;
        let z = graph.mul(z, rest)?;
        Ok(Factors { z, r, n, q })
    }
}
