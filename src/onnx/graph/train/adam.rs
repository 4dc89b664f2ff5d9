//! Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), step by step as PyTorch's, and gradient clipping.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::network::Role;
use crate::onnx::graph::tensor::Tensor;

/// What weight decay applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decay {
    /// All that is trained, as PyTorch's optimizers do if they are told nothing else.
    All,
    /// The weights of products alone, not biases and normalisations.
    Weights,
}

/// The optimizer's settings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Optimizer {
    /// How much of the gradients' mean stays at each step, from 0 to below 1.
    pub beta1: f64,
    /// How much of their squares' mean stays, from 0 to below 1.
    pub beta2: f64,
    /// What is added to the root of the squares' mean, above 0.
    pub epsilon: f64,
    /// Weight decay, from 0.
    pub weight_decay: f64,
    /// Whether the decay shrinks the parameters themselves (AdamW) or is part of the gradient (Adam's L2 penalty).
    pub decoupled: bool,
    /// What decays.
    pub decay: Decay,
}

impl Optimizer {
    /// AdamW with PyTorch's constants.
    #[must_use]
    pub fn adam_w(weight_decay: f64) -> Self {
        Optimizer {
            decoupled: true,
            ..Optimizer::adam(weight_decay)
        }
    }

    /// Adam with PyTorch's constants.
    #[must_use]
    pub fn adam(weight_decay: f64) -> Self {
        Optimizer {
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay,
            decoupled: false,
            decay: Decay::All,
        }
    }

    fn decays(&self, role: Role) -> bool {
        self.weight_decay != 0.0 && (self.decay == Decay::All || role == Role::Weight)
    }
}

/// What all parameters of a step have in common.
pub(super) struct Common {
    /// 1 / √(1 − β₂ᵗ) and rate / (1 − β₁ᵗ), scalars.
    root: Value,
    pace: Value,
    /// 1 − rate · decay, a scalar, where parameters shrink by themselves.
    shrink: Option<Value>,
}

impl Common {
    /// From the learning rate, a 32-bit scalar, and the number of the step, a 64-bit integer from 1.
    pub(super) fn new(
        graph: &mut Graph,
        adam: &Optimizer,
        rate: Value,
        step: Value,
    ) -> Result<Self, GraphError> {
        // 1 − 0.999ᵗ loses five digits in 32 bits.
        let step = graph.cast(step, Element::F64)?;
        let mut rest = |beta: f64| -> Result<Value, GraphError> {
            let beta = graph.constant(Tensor::f64(&[], &[beta])?)?;
            let power = graph.node("Pow", &[beta, step], Attributes::none())?;
            let one = graph.scalar_like(power, 1.0)?;
            graph.sub(one, power)
        };
        let (first, second) = (rest(adam.beta1)?, rest(adam.beta2)?);
        let root = graph.unary("Sqrt", second)?;
        let root = graph.unary("Reciprocal", root)?;
        let root = graph.cast(root, Element::F32)?;
        let wide = graph.cast(rate, Element::F64)?;
        let pace = graph.div(wide, first)?;
        let pace = graph.cast(pace, Element::F32)?;
        let mut shrink = None;
        if adam.decoupled && adam.weight_decay != 0.0 {
            let part = graph.mul_number(wide, -adam.weight_decay)?;
            let rest = graph.add_number(part, 1.0)?;
            shrink = Some(graph.cast(rest, Element::F32)?);
        }
        Ok(Common { root, pace, shrink })
    }
}

/// One parameter with its gradient and moments.
pub(super) struct Trained {
    pub role: Role,
    pub value: Value,
    pub gradient: Value,
    pub first: Value,
    pub second: Value,
}

/// The parameter and its moments after the step.
pub(super) fn updated(
    graph: &mut Graph,
    adam: &Optimizer,
    common: &Common,
    trained: &Trained,
) -> Result<[Value; 3], GraphError> {
    let (mut value, mut gradient) = (trained.value, trained.gradient);
    if adam.decays(trained.role) {
        if let Some(shrink) = common.shrink {
            value = graph.mul(value, shrink)?;
        } else {
            let penalty = graph.mul_number(value, adam.weight_decay)?;
            gradient = graph.add(gradient, penalty)?;
        }
    }
    let kept = graph.mul_number(trained.first, adam.beta1)?;
    let new = graph.mul_number(gradient, 1.0 - adam.beta1)?;
    let first = graph.add(kept, new)?;
    let kept = graph.mul_number(trained.second, adam.beta2)?;
    let square = graph.mul(gradient, gradient)?;
    let new = graph.mul_number(square, 1.0 - adam.beta2)?;
    let second = graph.add(kept, new)?;
    let size = graph.unary("Sqrt", second)?;
    let size = graph.mul(size, common.root)?;
    let size = graph.add_number(size, adam.epsilon)?;
    let direction = graph.div(first, size)?;
    let change = graph.mul(direction, common.pace)?;
    let value = graph.sub(value, change)?;
    Ok([value, first, second])
}

/// The length of all gradients as one vector.
pub(super) fn norm(graph: &mut Graph, gradients: &[Value]) -> Result<Value, GraphError> {
    let mut squares = Vec::with_capacity(gradients.len());
    for &gradient in gradients {
        let rank = graph.info(gradient)?.shape.rank();
        let axes: Vec<usize> = (0..rank).collect();
        squares.push(graph.reduce("ReduceSumSquare", gradient, &axes, false)?);
    }
    let sum = graph.node("Sum", &squares, Attributes::none())?;
    graph.unary("Sqrt", sum)
}

/// Gradients scaled so that their norm is at most `limit`, as PyTorch's `clip_grad_norm_`.
pub(super) fn clipped(
    graph: &mut Graph,
    gradients: &[Value],
    norm: Value,
    limit: f64,
) -> Result<Vec<Value>, GraphError> {
    let above = graph.add_number(norm, 1e-6)?;
    let limit = graph.scalar_like(norm, limit)?;
    let factor = graph.div(limit, above)?;
    let one = graph.scalar_like(norm, 1.0)?;
    let factor = graph.node("Min", &[factor, one], Attributes::none())?;
    gradients
        .iter()
        .map(|&gradient| graph.mul(gradient, factor))
        .collect()
}
