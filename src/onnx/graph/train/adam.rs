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

/// What all parameters of a step have in common: 32-bit scalars.
///
/// The moments are kept without their factors 1 − β, M = m / (1 − β₁) and V = v / (1 − β₂), which saves three passes over the
/// parameters: with a = √((1 − β₂) / (1 − β₂ᵗ)) the step r m̂ / (√v̂ + ε) is (r (1 − β₁) / (1 − β₁ᵗ) / a) M / (√V + ε / a).
pub(super) struct Common {
    /// r (1 − β₁) / (1 − β₁ᵗ) / a
    pace: Value,
    /// ε / a
    epsilon: Value,
    /// 1 − r · decay, where parameters shrink by themselves.
    shrink: Option<Value>,
}

impl Common {
    /// From the learning rate r, a 32-bit scalar, and the number t of the step, a 64-bit integer from 1.
    pub(super) fn new(
        graph: &mut Graph,
        adam: &Optimizer,
        rate: Value,
        step: Value,
    ) -> Result<Self, GraphError> {
        // 1 − 0.999ᵗ loses five digits in 32 bits.
        let step = graph.cast(step, Element::F64)?;
        let mut rest = |beta: f64| -> Result<Value, GraphError> {
            let base = graph.constant(Tensor::f64(&[], &[beta])?)?;
            let power = graph.node("Pow", &[base, step], Attributes::none())?;
            let one = graph.scalar_like(power, 1.0)?;
            let rest = graph.sub(one, power)?;
            graph.mul_number(rest, 1.0 / (1.0 - beta))
        };
        let (first, second) = (rest(adam.beta1)?, rest(adam.beta2)?);
        // 1 / a
        let root = graph.unary("Sqrt", second)?;
        let wide = graph.cast(rate, Element::F64)?;
        let pace = graph.div(wide, first)?;
        let pace = graph.mul(pace, root)?;
        let epsilon = graph.mul_number(root, adam.epsilon)?;
        let mut shrink = None;
        if adam.decoupled && adam.weight_decay != 0.0 {
            let part = graph.mul_number(wide, -adam.weight_decay)?;
            let rest = graph.add_number(part, 1.0)?;
            shrink = Some(graph.cast(rest, Element::F32)?);
        }
        Ok(Common {
            pace: graph.cast(pace, Element::F32)?,
            epsilon: graph.cast(epsilon, Element::F32)?,
            shrink,
        })
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
            let shrink = graph.beside(shrink, value)?;
            value = graph.mul(value, shrink)?;
        } else {
            let penalty = graph.mul_number(value, adam.weight_decay)?;
            gradient = graph.add(gradient, penalty)?;
        }
    }
    let kept = graph.mul_number(trained.first, adam.beta1)?;
    let first = graph.add(kept, gradient)?;
    let kept = graph.mul_number(trained.second, adam.beta2)?;
    let square = graph.mul(gradient, gradient)?;
    let second = graph.add(kept, square)?;
    let size = graph.unary("Sqrt", second)?;
    let epsilon = graph.beside(common.epsilon, size)?;
    let size = graph.add(size, epsilon)?;
    let direction = graph.div(first, size)?;
    let pace = graph.beside(common.pace, direction)?;
    let change = graph.mul(direction, pace)?;
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
    let scaled = gradients.iter().map(|&gradient| {
        let factor = graph.beside(factor, gradient)?;
        graph.mul(gradient, factor)
    });
    scaled.collect()
}
