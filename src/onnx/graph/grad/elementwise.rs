//! Arithmetic on each element.

use super::{Local, Rule};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Value;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "Abs" => abs,
        "Add" | "Sum" => add,
        "Cast" => cast,
        "Ceil" | "Floor" | "Round" | "Sign" => flat,
        "Clip" => clip,
        "Div" => div,
        "Erf" => erf,
        "Exp" => exp,
        "Identity" => identity,
        "Log" => log,
        "Max" | "Min" => extreme,
        "Mean" => mean,
        "Mul" => mul,
        "Neg" => neg,
        "Pow" => pow,
        "Reciprocal" => reciprocal,
        "Sqrt" => sqrt,
        "Sub" => sub,
        "Where" => choice,
        _ => return None,
    })
}

fn add(local: &mut Local<'_>) -> Result<(), GraphError> {
    let gradient = local.gradient()?;
    for at in 0..local.node.inputs.len() {
        if local.wants(at) {
            local.give(at, gradient)?;
        }
    }
    Ok(())
}

fn mean(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, count) = (local.gradient()?, local.node.inputs.len());
    let share = local.graph.mul_number(gradient, 1.0 / count as f64)?;
    for at in 0..count {
        if local.wants(at) {
            local.give(at, share)?;
        }
    }
    Ok(())
}

fn sub(local: &mut Local<'_>) -> Result<(), GraphError> {
    let gradient = local.gradient()?;
    if local.wants(0) {
        local.give(0, gradient)?;
    }
    if local.wants(1) {
        let other = local.graph.unary("Neg", gradient)?;
        local.give(1, other)?;
    }
    Ok(())
}

fn mul(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, a, b) = (local.gradient()?, local.input(0)?, local.input(1)?);
    for (at, other) in [(0, b), (1, a)] {
        if local.wants(at) {
            let part = local.graph.mul(gradient, other)?;
            local.give(at, part)?;
        }
    }
    Ok(())
}

/// d(a / b) = da / b − (a / b) db / b
fn div(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, b, y) = (local.gradient()?, local.input(1)?, local.output(0)?);
    let over = local.graph.div(gradient, b)?;
    if local.wants(0) {
        local.give(0, over)?;
    }
    if local.wants(1) {
        let part = local.graph.mul(over, y)?;
        let part = local.graph.unary("Neg", part)?;
        local.give(1, part)?;
    }
    Ok(())
}

/// d(a^b) = b a^(b − 1) da + a^b ln a db; the second only for a above 0, where it exists.
fn pow(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, a, b, y) = (
        local.gradient()?,
        local.input(0)?,
        local.input(1)?,
        local.output(0)?,
    );
    if local.wants(0) {
        let element = local.element(0)?;
        let power = local.graph.cast(b, element)?;
        let less = local.graph.add_number(power, -1.0)?;
        let part = local.graph.node("Pow", &[a, less], Attributes::none())?;
        let part = local.graph.mul(part, power)?;
        let part = local.graph.mul(part, gradient)?;
        local.give(0, part)?;
    }
    if local.wants(1) {
        let log = local.graph.unary("Log", a)?;
        let part = local.graph.mul(y, log)?;
        let part = local.graph.mul(part, gradient)?;
        local.give(1, part)?;
    }
    Ok(())
}

fn neg(local: &mut Local<'_>) -> Result<(), GraphError> {
    let part = local.graph.unary("Neg", local.gradient()?)?;
    local.give(0, part)
}

fn identity(local: &mut Local<'_>) -> Result<(), GraphError> {
    local.give(0, local.gradient()?)
}

fn cast(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, element) = (local.gradient()?, local.element(0)?);
    let part = local.graph.cast(gradient, element)?;
    local.give(0, part)
}

/// Steps: their derivative is 0 wherever there is one, so nothing flows back.
fn flat(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (element, sizes) = (local.element(0)?, local.sizes(0)?);
    let zeros = local.graph.zeros(element, &sizes)?;
    local.give(0, zeros)
}

fn abs(local: &mut Local<'_>) -> Result<(), GraphError> {
    let sign = local.graph.unary("Sign", local.input(0)?)?;
    scaled(local, sign)
}

/// Gives the gradient times the operator's own derivative.
pub(super) fn scaled(local: &mut Local<'_>, derivative: Value) -> Result<(), GraphError> {
    let part = local.graph.mul(local.gradient()?, derivative)?;
    local.give(0, part)
}

fn exp(local: &mut Local<'_>) -> Result<(), GraphError> {
    let y = local.output(0)?;
    scaled(local, y)
}

fn log(local: &mut Local<'_>) -> Result<(), GraphError> {
    let part = local.graph.div(local.gradient()?, local.input(0)?)?;
    local.give(0, part)
}

/// d√x = dx / (2 √x)
fn sqrt(local: &mut Local<'_>) -> Result<(), GraphError> {
    let half = local.graph.mul_number(local.gradient()?, 0.5)?;
    let part = local.graph.div(half, local.output(0)?)?;
    local.give(0, part)
}

/// d(1 / x) = −dx / x²
fn reciprocal(local: &mut Local<'_>) -> Result<(), GraphError> {
    let y = local.output(0)?;
    let square = local.graph.mul(y, y)?;
    let derivative = local.graph.unary("Neg", square)?;
    scaled(local, derivative)
}

/// d erf(x) = 2/√π e^(−x²) dx
fn erf(local: &mut Local<'_>) -> Result<(), GraphError> {
    let x = local.input(0)?;
    let square = local.graph.mul(x, x)?;
    let square = local.graph.unary("Neg", square)?;
    let bell = local.graph.unary("Exp", square)?;
    let derivative = local.graph.mul_number(bell, std::f64::consts::FRAC_2_SQRT_PI)?;
    scaled(local, derivative)
}

/// Flows back to where the bounds let x through.
fn clip(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (x, y, element) = (local.input(0)?, local.output(0)?, local.element(0)?);
    if local.wants(1) || local.wants(2) {
        let found = "a bound to differentiate".to_owned();
        return Err(local.without(found, "bounds that do not depend on what is trained"));
    }
    let through = local.graph.node("Equal", &[x, y], Attributes::none())?;
    let through = local.graph.cast(through, element)?;
    scaled(local, through)
}

/// Flows back to the one that won; to the first of several that are equal.
fn extreme(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, y) = (local.gradient()?, local.output(0)?);
    let mut left: Option<Value> = None;
    for at in 0..local.node.inputs.len() {
        let won = local
            .graph
            .node("Equal", &[local.input(at)?, y], Attributes::none())?;
        let first = match left {
            None => won,
            Some(left) => local.graph.node("And", &[won, left], Attributes::none())?,
        };
        let lost = local.graph.unary("Not", won)?;
        left = Some(match left {
            None => lost,
            Some(left) => local.graph.node("And", &[lost, left], Attributes::none())?,
        });
        if local.wants(at) {
            let element = local.element(at)?;
            let share = local.graph.cast(first, element)?;
            let part = local.graph.mul(gradient, share)?;
            local.give(at, part)?;
        }
    }
    Ok(())
}

fn choice(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, which) = (local.gradient()?, local.input(0)?);
    let zero = local.graph.scalar_like(gradient, 0.0)?;
    for (at, order) in [(1, [which, gradient, zero]), (2, [which, zero, gradient])] {
        if local.wants(at) {
            let part = local.graph.node("Where", &order, Attributes::none())?;
            local.give(at, part)?;
        }
    }
    Ok(())
}
