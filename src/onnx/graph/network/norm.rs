//! Normalisations.

use super::{Init, Net, Role};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::composite::Composite;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::grad::{BatchNorm, batch_norm_gradients, steepness};
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::tensor::Tensor;

/// PyTorch's defaults: what is added to the variance, and the share of the batch in the running statistics.
const EPSILON: f32 = 1e-5;
const MOMENTUM: f64 = 0.1;

impl Net<'_> {
    /// Each channel with mean 0 and variance 1, then scaled and moved: by the batch's statistics in training, by the running
    /// ones in use. Parameters are named as PyTorch's: `weight`, `bias`, `running_mean`, `running_var`.
    ///
    /// # Errors
    /// Those of [`Graph::node`] and [`Net::parameter`].
    pub fn batch_norm(&mut self, name: &str, x: Value) -> Result<Value, GraphError> {
        self.scoped(name, |net| {
            let channels = net.size(x, 1)?;
            let list = |net: &mut Self, name: &str, start: f32, role| {
                net.parameter(name, &[channels], Init::Constant(start), role)
            };
            let scale = list(net, "weight", 1.0, Role::Offset)?;
            let offset = list(net, "bias", 0.0, Role::Offset)?;
            let running_mean = list(net, "running_mean", 0.0, Role::Running)?;
            let running_var = list(net, "running_var", 1.0, Role::Running)?;
            if !net.is_training() {
                let settings = Attributes::none().float("epsilon", EPSILON);
                let inputs = [x, scale, offset, running_mean, running_var];
                return net.graph.node("BatchNormalization", &inputs, settings);
            }
            let sizes = net.graph.known_sizes(x)?;
            let count = sizes.iter().product::<usize>() / channels.max(1);
            let (y, mean, variance) = normalised(net.graph, x, scale, offset)?;
            // The running variance is that of a sample, as in PyTorch.
            let sample = count as f64 / count.saturating_sub(1).max(1) as f64;
            for (name, running, now) in [
                ("running_mean", running_mean, mean),
                ("running_var", running_var, variance),
            ] {
                let sample = if name == "running_var" { sample } else { 1.0 };
                let old = net.graph.mul_number(running, 1.0 - MOMENTUM)?;
                let new = net.graph.mul_number(now, MOMENTUM * sample)?;
                let sum = net.graph.add(old, new)?;
                net.update(name, sum);
            }
            Ok(y)
        })
    }
}

impl Net<'_> {
    /// The numbers of the last dimension with mean 0 and variance 1, then scaled and moved: `weight`, `bias`.
    ///
    /// # Errors
    /// Those of [`Graph::node`] and [`Net::parameter`].
    pub fn layer_norm(&mut self, name: &str, x: Value) -> Result<Value, GraphError> {
        self.scoped(name, |net| {
            let features = net.last_size(x)?;
            let scale = net.parameter("weight", &[features], Init::Constant(1.0), Role::Offset)?;
            let offset = net.parameter("bias", &[features], Init::Constant(0.0), Role::Offset)?;
            let settings = Attributes::none().int("axis", -1).float("epsilon", EPSILON);
            net.graph
                .node("LayerNormalization", &[x, scale, offset], settings)
        })
    }
}

/// The normalised values with the batch's means and variances. One composite, so that its gradient is a few nodes; the last
/// step is the inference form of the operator, which does in one pass what would be two products and two sums.
fn normalised(
    graph: &mut Graph,
    x: Value,
    scale: Value,
    offset: Value,
) -> Result<(Value, Value, Value), GraphError> {
    let sizes = graph.known_sizes(x)?;
    let axes: Vec<usize> = (0..sizes.len()).filter(|&axis| axis != 1).collect();
    let channels = sizes.get(1).copied().unwrap_or(1);
    let made = graph.composite("norm", &[x, scale, offset], gradients, |graph| {
        let element = graph.info(x)?.element;
        let mean = graph.mean(x, &axes, true)?;
        let centred = graph.sub(x, mean)?;
        let square = graph.mul(centred, centred)?;
        let variance = graph.mean(square, &axes, false)?;
        let zero = graph.constant(Tensor::filled(element, &[channels], 0.0))?;
        let settings = Attributes::none().float("epsilon", EPSILON);
        let inputs = [centred, scale, offset, zero, variance];
        let y = graph.node("BatchNormalization", &inputs, settings)?;
        let mean = graph.shaped(mean, &[channels].into())?;
        Ok((vec![y, mean, variance], vec![centred, variance]))
    })?;
    match made[..] {
        [y, mean, variance] => Ok((y, mean, variance)),
        // `build` gives three.
        _ => Err(GraphError::Foreign(x.0)),
    }
}

fn gradients(
    graph: &mut Graph,
    composite: &Composite,
    gradients: &[Option<Value>],
    wanted: &[bool],
) -> Result<Vec<Option<Value>>, GraphError> {
    let ([centred, variance], [_, scale, _], [x, gamma, beta]) =
        (&composite.kept[..], &composite.inputs[..], wanted)
    else {
        return Ok(vec![None; wanted.len()]);
    };
    // A loss that depends on the statistics themselves has no gradient through them: they are for use, not for training.
    let Some(gradient) = gradients.first().copied().flatten() else {
        return Ok(vec![None; wanted.len()]);
    };
    let norm = BatchNorm {
        centred: *centred,
        steepness: steepness(graph, *variance, f64::from(EPSILON))?,
        scale: *scale,
    };
    Ok(batch_norm_gradients(graph, &norm, gradient, [*x, *gamma, *beta])?.to_vec())
}
