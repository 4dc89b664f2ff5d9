//! Normalisations.

use super::{Local, Rule};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::tensor::Tensor;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "BatchNormalization" => batch_norm,
        "LayerNormalization" => layer_norm,
        _ => return None,
    })
}

/// The inputs of [`batch_norm_gradients`]; lists are of one number per channel.
pub(in crate::onnx::graph) struct BatchNorm {
    /// x minus the batch's mean of its channel.
    pub centred: Value,
    /// 1 / √(variance + ε), a list.
    pub steepness: Value,
    /// γ, a list.
    pub scale: Value,
}

/// The gradients of a batch normalisation whose statistics are the batch's: of the input, γ and β.
///
/// With c = x − mean, s = 1 / √(var + ε), and means over all elements of a channel:
/// dβ = N · mean(dy), dγ = N s · mean(dy c), dx = γ s (dy − mean(dy) − c s² mean(dy c)).
/// The bracket's last two terms are one affine map of c per channel, for which the inference form of BatchNormalization is
/// one pass over the memory instead of four.
pub(in crate::onnx::graph) fn batch_norm_gradients(
    graph: &mut Graph,
    norm: &BatchNorm,
    gradient: Value,
    wanted: [bool; 3],
) -> Result<[Option<Value>; 3], GraphError> {
    let BatchNorm {
        centred,
        steepness,
        scale,
    } = *norm;
    let sizes = graph.known_sizes(centred)?;
    let axes: Vec<usize> = (0..sizes.len()).filter(|&axis| axis != 1).collect();
    let channels = sizes.get(1).copied().unwrap_or(1);
    let count = axes.iter().filter_map(|&axis| sizes.get(axis)).product::<usize>() as f64;
    let mean = graph.mean(gradient, &axes, false)?;
    let product = graph.mul(gradient, centred)?;
    let together = graph.mean(product, &axes, false)?;
    let mut given = [None; 3];
    if wanted[1] {
        let part = graph.mul(together, steepness)?;
        given[1] = Some(graph.mul_number(part, count)?);
    }
    if wanted[2] {
        given[2] = Some(graph.mul_number(mean, count)?);
    }
    if wanted[0] {
        let square = graph.mul(steepness, steepness)?;
        let slope = graph.mul(square, together)?;
        let slope = graph.unary("Neg", slope)?;
        let offset = graph.unary("Neg", mean)?;
        let affine = affine(graph, centred, slope, offset)?;
        let bracket = graph.add(gradient, affine)?;
        let factor = graph.mul(scale, steepness)?;
        let mut per_channel = vec![1; sizes.len()];
        per_channel.splice(1..2, [channels]);
        let factor = graph.shaped(factor, &per_channel.into())?;
        given[0] = Some(graph.mul(bracket, factor)?);
    }
    Ok(given)
}

/// slope · x + offset for each channel, in one pass.
fn affine(graph: &mut Graph, x: Value, slope: Value, offset: Value) -> Result<Value, GraphError> {
    let (element, channels) = (graph.info(slope)?.element, graph.known_sizes(slope)?);
    // CUDA's normalisation takes no smaller ε; with the variance it makes one.
    const EPSILON: f32 = 1e-5;
    let zero = graph.constant(Tensor::filled(element, &channels, 0.0))?;
    let one = graph.constant(Tensor::filled(element, &channels, 1.0 - f64::from(EPSILON)))?;
    let settings = Attributes::none().float("epsilon", EPSILON);
    graph.node("BatchNormalization", &[x, slope, offset, zero, one], settings)
}

fn batch_norm(local: &mut Local<'_>) -> Result<(), GraphError> {
    if local.wants(3) || local.wants(4) {
        let found = "running statistics to differentiate".to_owned();
        return Err(local.without(found, "statistics that do not depend on what is trained"));
    }
    let epsilon = f64::from(local.float("epsilon", 1e-5));
    let (x, scale, gradient) = (local.input(0)?, local.input(1)?, local.gradient()?);
    let sizes = local.sizes(0)?;
    let axes: Vec<usize> = (0..sizes.len()).filter(|&axis| axis != 1).collect();
    let mut per_channel = vec![1; sizes.len()];
    per_channel.splice(1..2, [sizes.get(1).copied().unwrap_or(1)]);
    let training = local.int("training_mode", 0) != 0;
    let mean = match training {
        true => local.graph.mean(x, &axes, false)?,
        false => local.input(3)?,
    };
    let mean = local.graph.shaped(mean, &per_channel.clone().into())?;
    let centred = local.graph.sub(x, mean)?;
    let variance = match training {
        true => {
            let square = local.graph.mul(centred, centred)?;
            local.graph.mean(square, &axes, false)?
        }
        false => local.input(4)?,
    };
    let steepness = steepness(local.graph, variance, epsilon)?;
    let wanted = [local.wants(0), local.wants(1), local.wants(2)];
    if training {
        let norm = BatchNorm {
            centred,
            steepness,
            scale,
        };
        let given = batch_norm_gradients(local.graph, &norm, gradient, wanted)?;
        for (at, part) in given.into_iter().enumerate() {
            if let Some(part) = part {
                local.give(at, part)?;
            }
        }
        return Ok(());
    }
    if wanted[0] {
        let factor = local.graph.mul(scale, steepness)?;
        let factor = local.graph.shaped(factor, &per_channel.into())?;
        let part = local.graph.mul(gradient, factor)?;
        local.give(0, part)?;
    }
    if wanted[1] {
        let product = local.graph.mul(gradient, centred)?;
        let sum = local.graph.sum(product, &axes, false)?;
        let part = local.graph.mul(sum, steepness)?;
        local.give(1, part)?;
    }
    if wanted[2] {
        let part = local.graph.sum(gradient, &axes, false)?;
        local.give(2, part)?;
    }
    Ok(())
}

/// 1 / √(variance + ε)
pub(in crate::onnx::graph) fn steepness(
    graph: &mut Graph,
    variance: Value,
    epsilon: f64,
) -> Result<Value, GraphError> {
    let above = graph.add_number(variance, epsilon)?;
    let root = graph.unary("Sqrt", above)?;
    graph.unary("Reciprocal", root)
}

/// With h = (x − mean) s, g = dy γ and means over the normalised axes: dx = s (g − mean(g) − h mean(g h)),
/// dγ = Σ dy h, dβ = Σ dy.
fn layer_norm(local: &mut Local<'_>) -> Result<(), GraphError> {
    let epsilon = f64::from(local.float("epsilon", 1e-5));
    let (x, scale, gradient) = (local.input(0)?, local.input(1)?, local.gradient()?);
    let rank = local.rank(0)?;
    let axes: Vec<usize> = (local.axis(-1, rank)..rank).collect();
    let graph = &mut *local.graph;
    let mean = graph.mean(x, &axes, true)?;
    let centred = graph.sub(x, mean)?;
    let square = graph.mul(centred, centred)?;
    let variance = graph.mean(square, &axes, true)?;
    let steep = steepness(graph, variance, epsilon)?;
    let normal = graph.mul(centred, steep)?;
    if local.wants(0) {
        let graph = &mut *local.graph;
        let scaled = graph.mul(gradient, scale)?;
        let mean = graph.mean(scaled, &axes, true)?;
        let product = graph.mul(scaled, normal)?;
        let together = graph.mean(product, &axes, true)?;
        let along = graph.mul(normal, together)?;
        let rest = graph.sub(scaled, mean)?;
        let rest = graph.sub(rest, along)?;
        let part = graph.mul(rest, steep)?;
        local.give(0, part)?;
    }
    if local.wants(1) {
        let part = local.graph.mul(gradient, normal)?;
        local.give(1, part)?;
    }
    if local.wants(2) {
        local.give(2, gradient)?;
    }
    Ok(())
}
