//! Recurrent layers.

use super::{Init, Net, Role};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Value;

/// A direction's parameters as ONNX orders them.
struct Direction {
    weight: Value,
    recurrence: Value,
    bias: Value,
}

impl Net<'_> {
    /// One layer of GRU over the steps, forwards and, if `bidirectional`, also backwards:
    /// [batch, steps, inputs] → [batch, steps, directions · hidden].
    ///
    /// Parameters have PyTorch's names, shapes and order of gates (r, z, n): `weight_ih_l0` [3 · hidden, inputs], `weight_hh_l0` [3 ·
    /// hidden, hidden], `bias_ih_l0` and `bias_hh_l0` [3 · hidden], and the same with `_reverse`; they begin as there. The graph puts
    /// them into the order of ONNX's operator (z, r, n), whose `linear_before_reset` is PyTorch's formula.
    ///
    /// # Errors
    /// Those of [`crate::onnx::graph::Graph::node`] and [`Net::parameter`].
    pub fn gru(
        &mut self,
        name: &str,
        x: Value,
        hidden: usize,
        bidirectional: bool,
    ) -> Result<Value, GraphError> {
        self.scoped(name, |net| {
            let (steps, inputs) = (net.size(x, 1)?, net.last_size(x)?);
            let suffixes: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
            let directions = suffixes
                .iter()
                .map(|suffix| net.direction(suffix, inputs, hidden))
                .collect::<Result<Vec<Direction>, GraphError>>()?;
            let mut together = |of: fn(&Direction) -> Value| {
                let parts: Vec<Value> = directions.iter().map(of).collect();
                net.graph.concat(&parts, 0)
            };
            let weight = together(|direction| direction.weight)?;
            let recurrence = together(|direction| direction.recurrence)?;
            let bias = together(|direction| direction.bias)?;
            let x = net.graph.transpose(x, &[1, 0, 2])?;
            let settings = Attributes::none()
                .sizes_int("hidden_size", hidden)
                .int("linear_before_reset", 1)
                .text(
                    "direction",
                    if bidirectional { "bidirectional" } else { "forward" },
                );
            let y = net.graph.node("GRU", &[x, weight, recurrence, bias], settings)?;
            let y = net.graph.transpose(y, &[2, 0, 1, 3])?;
            let width = suffixes.len() * hidden;
            let sizes = [0, signed(steps), signed(width)];
            net.graph.reshape(y, &sizes)
        })
    }

    fn direction(&mut self, suffix: &str, inputs: usize, hidden: usize) -> Result<Direction, GraphError> {
        let init = Init::kaiming(hidden);
        let wide = 3 * hidden;
        let mut parameter = |name: &str, dims: &[usize], role| {
            let value = self.parameter(&format!("{name}_l0{suffix}"), dims, init.clone(), role)?;
            self.reordered(value, hidden)
        };
        let weight = parameter("weight_ih", &[wide, inputs], Role::Weight)?;
        let recurrence = parameter("weight_hh", &[wide, hidden], Role::Weight)?;
        let of_inputs = parameter("bias_ih", &[wide], Role::Offset)?;
        let of_states = parameter("bias_hh", &[wide], Role::Offset)?;
        let bias = self.graph.concat(&[of_inputs, of_states], 0)?;
        Ok(Direction {
            weight: self.graph.shaped(weight, &[1, wide, inputs].into())?,
            recurrence: self.graph.shaped(recurrence, &[1, wide, hidden].into())?,
            bias: self.graph.shaped(bias, &[1, 2 * wide].into())?,
        })
    }

    /// Gates in the order r, z, n as z, r, n.
    fn reordered(&mut self, gates: Value, hidden: usize) -> Result<Value, GraphError> {
        let sizes = self.graph.integers(&[signed(hidden); 3])?;
        let along = Attributes::none().int("axis", 0);
        let parts = self
            .graph
            .nodes_of("Split", &[Some(gates), Some(sizes)], along, 3)?;
        match parts[..] {
            [r, z, n] => self.graph.concat(&[z, r, n], 0),
            // Three were asked for.
            _ => Err(GraphError::Foreign(gates.0)),
        }
    }
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
