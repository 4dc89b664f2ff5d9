//! Activations.

use super::elementwise::scaled;
use super::{Local, Rule};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "Dropout" => dropout,
        "Elu" => elu,
        "Gelu" => gelu,
        "LeakyRelu" => leaky_relu,
        "PRelu" => prelu,
        "Relu" => relu,
        "Sigmoid" => sigmoid,
        "Softplus" => softplus,
        "Tanh" => tanh,
        _ => return None,
    })
}

/// The output is positive where the input is; asking the output lets the runtime free the input.
fn relu(local: &mut Local<'_>) -> Result<(), GraphError> {
    let derivative = local.graph.positive(local.output(0)?)?;
    scaled(local, derivative)
}

/// 1 where x is above 0, the slope elsewhere, as PyTorch has it at 0.
fn leaky_relu(local: &mut Local<'_>) -> Result<(), GraphError> {
    let slope = f64::from(local.float("alpha", 0.01));
    // Only a positive slope keeps the sign.
    let sign = if slope > 0.0 {
        local.output(0)?
    } else {
        local.input(0)?
    };
    let above = local.graph.positive(sign)?;
    let derivative = if (0.0..1.0).contains(&slope) {
        let slope = local.graph.scalar_like(above, slope)?;
        local.graph.node("Max", &[above, slope], Attributes::none())?
    } else {
        let rest = local.graph.mul_number(above, 1.0 - slope)?;
        local.graph.add_number(rest, slope)?
    };
    scaled(local, derivative)
}

fn prelu(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, x, slope) = (local.gradient()?, local.input(0)?, local.input(1)?);
    let zero = local.graph.scalar_like(x, 0.0)?;
    let above = local.graph.node("Greater", &[x, zero], Attributes::none())?;
    if local.wants(0) {
        let below = local.graph.mul(gradient, slope)?;
        let part = local
            .graph
            .node("Where", &[above, gradient, below], Attributes::none())?;
        local.give(0, part)?;
    }
    if local.wants(1) {
        let below = local.graph.mul(gradient, x)?;
        let part = local
            .graph
            .node("Where", &[above, zero, below], Attributes::none())?;
        local.give(1, part)?;
    }
    Ok(())
}

/// x above 0, α (eˣ − 1) = y elsewhere, whose derivative is y + α.
fn elu(local: &mut Local<'_>) -> Result<(), GraphError> {
    let alpha = f64::from(local.float("alpha", 1.0));
    let (x, y) = (local.input(0)?, local.output(0)?);
    let zero = local.graph.scalar_like(x, 0.0)?;
    let one = local.graph.scalar_like(x, 1.0)?;
    let above = local.graph.node("Greater", &[x, zero], Attributes::none())?;
    let below = local.graph.add_number(y, alpha)?;
    let derivative = local
        .graph
        .node("Where", &[above, one, below], Attributes::none())?;
    scaled(local, derivative)
}

/// 1 − y²
fn tanh(local: &mut Local<'_>) -> Result<(), GraphError> {
    let y = local.output(0)?;
    let square = local.graph.mul(y, y)?;
    let one = local.graph.scalar_like(y, 1.0)?;
    let derivative = local.graph.sub(one, square)?;
    scaled(local, derivative)
}

/// y (1 − y)
fn sigmoid(local: &mut Local<'_>) -> Result<(), GraphError> {
    let y = local.output(0)?;
    let one = local.graph.scalar_like(y, 1.0)?;
    let rest = local.graph.sub(one, y)?;
    let derivative = local.graph.mul(y, rest)?;
    scaled(local, derivative)
}

/// ln(1 + eˣ), whose derivative is the sigmoid.
fn softplus(local: &mut Local<'_>) -> Result<(), GraphError> {
    let derivative = local.graph.unary("Sigmoid", local.input(0)?)?;
    scaled(local, derivative)
}

fn gelu(local: &mut Local<'_>) -> Result<(), GraphError> {
    let x = local.input(0)?;
    let derivative = match local.node.attributes.get_text("approximate") {
        Some("tanh") => gelu_tanh(local.graph, x)?,
        _ => gelu_erf(local.graph, x)?,
    };
    scaled(local, derivative)
}

/// x Φ(x), with Φ the normal distribution: Φ(x) + x φ(x).
fn gelu_erf(graph: &mut Graph, x: Value) -> Result<Value, GraphError> {
    let narrow = graph.mul_number(x, std::f64::consts::FRAC_1_SQRT_2)?;
    let erf = graph.unary("Erf", narrow)?;
    let whole = graph.add_number(erf, 1.0)?;
    let share = graph.mul_number(whole, 0.5)?;
    let square = graph.mul(x, x)?;
    let square = graph.mul_number(square, -0.5)?;
    let bell = graph.unary("Exp", square)?;
    // 1 / √(2 π)
    let bell = graph.mul_number(
        bell,
        std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2 / 2.0,
    )?;
    let slope = graph.mul(x, bell)?;
    graph.add(share, slope)
}

/// 0.5 x (1 + t) with t = tanh(√(2/π) (x + 0.044715 x³)): 0.5 (1 + t) + 0.5 x (1 − t²) √(2/π) (1 + 3 · 0.044715 x²).
fn gelu_tanh(graph: &mut Graph, x: Value) -> Result<Value, GraphError> {
    const CUBE: f64 = 0.044_715;
    let root = std::f64::consts::FRAC_2_SQRT_PI * std::f64::consts::FRAC_1_SQRT_2;
    let square = graph.mul(x, x)?;
    let inner = graph.mul_number(square, CUBE)?;
    let inner = graph.add_number(inner, 1.0)?;
    let inner = graph.mul(inner, x)?;
    let inner = graph.mul_number(inner, root)?;
    let t = graph.unary("Tanh", inner)?;
    let share = graph.add_number(t, 1.0)?;
    let share = graph.mul_number(share, 0.5)?;
    let t_square = graph.mul(t, t)?;
    let one = graph.scalar_like(x, 1.0)?;
    let rest = graph.sub(one, t_square)?;
    let steep = graph.mul_number(square, 3.0 * CUBE)?;
    let steep = graph.add_number(steep, 1.0)?;
    let steep = graph.mul_number(steep, root / 2.0)?;
    let slope = graph.mul(x, rest)?;
    let slope = graph.mul(slope, steep)?;
    graph.add(share, slope)
}

/// In a file made for use, dropout does nothing. One that works has its mask in the graph as a product here.
fn dropout(local: &mut Local<'_>) -> Result<(), GraphError> {
    if local.optional(2).is_some() {
        let found = "a training_mode".to_owned();
        return Err(local.without(found, "a product with a mask (network::Net::dropout)"));
    }
    local.give(0, local.gradient()?)
}
