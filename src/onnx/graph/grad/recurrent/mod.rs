//! GRU (Cho et al. 2014), as PyTorch and cuDNN have it: the reset gate works behind the recurrent product.
//!
//! With hₜ₋₁ the state before a step,
//! z = σ(x Wzᵀ + hₜ₋₁ Rzᵀ + b), r = σ(x Wrᵀ + hₜ₋₁ Rrᵀ + b), q = hₜ₋₁ Rnᵀ + b, n = tanh(x Wnᵀ + b + r q), hₜ = (1 − z) n + z hₜ₋₁.
//!
//! The forward pass is the runtime's own operator, which keeps the states and not the gates. The gates are computed again, for all
//! steps at once. Let δₜ be the gradient of hₜ; those of what the four gates are made of are δₜ times factors that are known before
//! the backward pass begins:
//! z: (hₜ₋₁ − n) z (1 − z); n: (1 − z) (1 − n²); q: that times r; r: that times q (1 − r).
//! So one short body goes through the steps, δₜ₋₁ = dYₜ₋₁ + δₜ z + Σ (δₜ · factor) R, and all else is products over all steps.

mod gates;
mod steps;

use gates::Gates;
use steps::through_steps;

use super::{Local, Rule};
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

type Made = Result<Value, GraphError>;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    (operator == "GRU").then_some(gru as Rule)
}

/// The sizes of a layer.
#[derive(Clone, Copy)]
struct Sizes {
    steps: usize,
    batch: usize,
    inputs: usize,
    hidden: usize,
}

impl Sizes {
    fn rows(&self) -> usize {
        self.steps * self.batch
    }
}

/// What a layer takes and gives.
struct Layer {
    sizes: Sizes,
    element: Element,
    directions: usize,
    x: Value,
    weight: Value,
    recurrence: Value,
    bias: Option<Value>,
    first: Option<Value>,
    y: Value,
    /// The gradient of all states.
    all: Option<Value>,
    /// The gradient of the last states.
    last: Option<Value>,
}

/// Which gradients are wanted.
#[derive(Clone, Copy)]
struct Wanted {
    x: bool,
    weight: bool,
    recurrence: bool,
    bias: bool,
}

/// The gradients of one direction, as far as they are wanted.
struct Part {
    x: Option<Value>,
    weight: Option<Value>,
    recurrence: Option<Value>,
    bias: Option<Value>,
    first: Option<Value>,
}

/// A gradient of a direction.
type Of = fn(&Part) -> Option<Value>;

fn gru(local: &mut Local<'_>) -> Result<(), GraphError> {
    refuse(local)?;
    let (x, weight, recurrence) = (local.input(0)?, local.input(1)?, local.input(2)?);
    let (dims, all_weights) = (local.sizes(0)?, local.sizes(2)?);
    let (&[steps, batch, inputs], &[directions, _, hidden]) = (&dims[..], &all_weights[..]) else {
        return Err(local.without("other dimensions".to_owned(), "[steps, batch, inputs]"));
    };
    let layer = Layer {
        sizes: Sizes {
            steps,
            batch,
            inputs,
            hidden,
        },
        element: local.element(0)?,
        directions,
        x,
        weight,
        recurrence,
        bias: local.optional(3),
        first: local.optional(5),
        y: local.output(0)?,
        all: local.gradients.first().copied().flatten(),
        last: local.gradients.get(1).copied().flatten(),
    };
    let one_backwards = local.node.attributes.get_text("direction") == Some("reverse");
    let wanted = Wanted {
        x: local.wants(0),
        weight: local.wants(1),
        recurrence: local.wants(2),
        bias: local.wants(3),
    };
    let mut parts = Vec::with_capacity(layer.directions);
    for at in 0..layer.directions {
        let backwards = one_backwards || at == 1;
        parts.push(layer.direction(local.graph, at, backwards, wanted)?);
    }
    let columns: [(usize, Of, &[usize]); 4] = [
        (1, |part| part.weight, &[3 * hidden, inputs]),
        (2, |part| part.recurrence, &[3 * hidden, hidden]),
        (3, |part| part.bias, &[6 * hidden]),
        (5, |part| part.first, &[batch, hidden]),
    ];
    for (input, of, dims) in columns {
        if !local.wants(input) {
            continue;
        }
        let whole = [&[1], dims].concat();
        let rows = parts
            .iter()
            .filter_map(of)
            .map(|part| local.graph.shaped(part, &whole[..].into()))
            .collect::<Result<Vec<Value>, GraphError>>()?;
        let together = local.graph.concat(&rows, 0)?;
        local.give(input, together)?;
    }
    let mut whole = None;
    for part in parts.iter().filter_map(|part| part.x) {
        whole = Some(match whole {
            Some(sum) => local.graph.add(sum, part)?,
            None => part,
        });
    }
    match whole {
        Some(whole) => {
            let whole = local.graph.shaped(whole, &dims.into())?;
            local.give(0, whole)
        }
        None => Ok(()),
    }
}

/// What PyTorch does not write into a file is refused.
fn refuse(local: &Local<'_>) -> Result<(), GraphError> {
    if local.int("linear_before_reset", 0) == 0 {
        let found = "linear_before_reset = 0".to_owned();
        return Err(local.without(found, "1, as PyTorch writes it"));
    }
    if local.int("layout", 0) != 0 {
        return Err(local.without("layout = 1".to_owned(), "0, the steps first"));
    }
    for name in ["activations", "activation_alpha", "activation_beta", "clip"] {
        if local.node.attributes.get(name).is_some() {
            return Err(local.without(format!("the setting {name}"), "none"));
        }
    }
    if local.optional(4).is_some() {
        return Err(local.without("sequence_lens".to_owned(), "rows of one length"));
    }
    Ok(())
}

impl Layer {
    fn direction(
        &self,
        graph: &mut Graph,
        at: usize,
        backwards: bool,
        wanted: Wanted,
    ) -> Result<Part, GraphError> {
        let Sizes {
            steps,
            batch,
            inputs,
            hidden,
        } = self.sizes;
        let rows = self.sizes.rows();
        let x = graph.shaped(self.x, &[rows, inputs].into())?;
        let before = self.before(graph, at, backwards)?;
        let mut weights = Vec::with_capacity(3);
        let mut biases = Vec::with_capacity(6);
        for gate in 0..3 {
            let of = |graph: &mut Graph, all: Value, size: usize| {
                let cuts = [Cut::run(0, at, 1), Cut::run(1, gate * hidden, hidden)];
                let cut = graph.slice(all, &cuts)?;
                graph.shaped(cut, &[hidden, size].into())
            };
            weights.push((
                of(graph, self.weight, inputs)?,
                of(graph, self.recurrence, hidden)?,
            ));
        }
        for place in 0..6 {
            biases.push(match self.bias {
                Some(bias) => {
                    let cuts = [Cut::run(0, at, 1), Cut::run(1, place * hidden, hidden)];
                    let cut = graph.slice(bias, &cuts)?;
                    Some(graph.shaped(cut, &[hidden].into())?)
                }
                None => None,
            });
        }
        let gates = Gates::new(graph, x, before, &weights, &biases)?;
        let factors = gates.factors(graph, before)?;

        let steep = graph.concat(&[factors.z, factors.r, factors.q], 1)?;
        let by_step = |graph: &mut Graph, value: Value, width: usize| {
            graph.shaped(value, &[steps, batch, width].into())
        };
        let steep = by_step(graph, steep, 3 * hidden)?;
        let kept = by_step(graph, gates.z, hidden)?;
        let given = match self.all {
            Some(all) if self.directions == 1 => all,
            Some(all) => graph.slice(all, &[Cut::run(1, at, 1)])?,
            None => graph.zeros(self.element, &[steps, batch, hidden])?,
        };
        let given = by_step(graph, given, hidden)?;
        let last = match self.last {
            Some(last) => graph.slice(last, &[Cut::run(0, at, 1)])?,
            None => graph.zeros(self.element, &[batch, hidden])?,
        };
        let last = graph.shaped(last, &[batch, hidden].into())?;
        let recurrence = graph.slice(self.recurrence, &[Cut::run(0, at, 1)])?;
        let recurrence = graph.shaped(recurrence, &[3 * hidden, hidden].into())?;
        let [first, slopes] = through_steps(graph, [last, given, kept, steep], recurrence, !backwards)?;
        let slopes = graph.shaped(slopes, &[rows, hidden].into())?;

        let mut of_gate = |factor: Value| graph.mul(slopes, factor);
        let (z, r) = (of_gate(factors.z)?, of_gate(factors.r)?);
        let (n, q) = (of_gate(factors.n)?, of_gate(factors.q)?);
        let against = |graph: &mut Graph, gates: [Value; 3], with: Value| {
            let parts = gates
                .into_iter()
                .map(|gate| graph.gemm((gate, true), (with, false), None))
                .collect::<Result<Vec<Value>, GraphError>>()?;
            graph.concat(&parts, 0)
        };
        let mut of_x = None;
        if wanted.x {
            for (gate, (weight, _)) in [z, r, n].into_iter().zip(&weights) {
                of_x = Some(graph.gemm((gate, false), (*weight, false), of_x)?);
            }
        }
        let mut bias = None;
        if wanted.bias {
            let mut sum = |gate: Value| graph.sum(gate, &[0], false);
            let (z, r, n, q) = (sum(z)?, sum(r)?, sum(n)?, sum(q)?);
            bias = Some(graph.concat(&[z, r, n, z, r, q], 0)?);
        }
        let mut weight = None;
        if wanted.weight {
            weight = Some(against(graph, [z, r, n], x)?);
        }
        let mut recurrence = None;
        if wanted.recurrence {
            recurrence = Some(against(graph, [z, r, q], before)?);
        }
        Ok(Part {
            x: of_x,
            weight,
            recurrence,
            bias,
            first: Some(first),
        })
    }

    /// The state before each step, [steps · batch, hidden].
    fn before(&self, graph: &mut Graph, at: usize, backwards: bool) -> Made {
        let Sizes {
            steps, batch, hidden, ..
        } = self.sizes;
        let first = match self.first {
            Some(first) => graph.slice(first, &[Cut::run(0, at, 1)])?,
            None => graph.zeros(self.element, &[1, batch, hidden])?,
        };
        let mut parts = vec![first];
        if steps > 1 {
            let from = usize::from(backwards);
            let rest = graph.slice(self.y, &[Cut::run(0, from, steps - 1), Cut::run(1, at, 1)])?;
            let rest = graph.shaped(rest, &[steps - 1, batch, hidden].into())?;
            parts.insert(usize::from(!backwards), rest);
        }
        let all = graph.concat(&parts, 0)?;
        graph.shaped(all, &[self.sizes.rows(), hidden].into())
    }
}
