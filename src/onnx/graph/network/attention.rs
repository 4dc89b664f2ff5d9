//! Attention over steps (Vaswani et al. 2017) and what is built of it.

use super::{Init, Net, Role};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Value;

type Made = Result<Value, GraphError>;

/// A layer of a Transformer's encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Encoder {
    /// Parts into which attention divides the features; their number has to be divisible by it.
    pub heads: usize,
    /// Size of the hidden layer behind attention.
    pub feed_forward: usize,
    /// Share of attention weights, of the hidden layer and of both sublayers' results that training drops.
    pub dropout: f64,
}

/// Errors are those of [`crate::onnx::graph::Graph::node`] and [`Net::parameter`]. Parameters have PyTorch's names and shapes and
/// begin as there.
impl Net<'_> {
    /// Each step's features [batch, steps, features] times its share of the attention: the softmax over all steps of a linear
    /// features → 1. That has no bias, since softmax takes away what all steps have in common.
    pub fn soft_attention(&mut self, name: &str, x: Value) -> Made {
        self.scoped(name, |net| {
            let features = net.last_size(x)?;
            let init = Init::kaiming(features);
            let weight = net.parameter("weight", &[1, features], init, Role::Weight)?;
            let scores = net.product(x, weight, None)?;
            let over_steps = Attributes::none().int("axis", 1);
            let shares = net.graph.node("Softmax", &[scores], over_steps)?;
            net.graph.mul(x, shares)
        })
    }

    /// A map [batch, channels, height, width] times the softmax, over all its places, of its mean over the channels.
    pub fn spatial_attention(&mut self, map: Value) -> Made {
        let (height, width) = (self.size(map, 2)?, self.size(map, 3)?);
        let signed = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        let mean = self.graph.mean(map, &[1], false)?;
        let row = self.graph.reshape(mean, &[0, signed(height * width)])?;
        let shares = self
            .graph
            .node("Softmax", &[row], Attributes::none().int("axis", 1))?;
        let shares = self
            .graph
            .reshape(shares, &[0, 1, signed(height), signed(width)])?;
        self.graph.mul(map, shares)
    }

    /// Self-attention with several heads, [batch, steps, features] → the same: `in_proj_weight`, `in_proj_bias`, `out_proj`.
    /// `dropout` is the share of attention weights that training drops.
    pub fn self_attention(&mut self, name: &str, x: Value, heads: usize, dropout: f64) -> Made {
        self.scoped(name, |net| {
            let (steps, features) = (net.size(x, 1)?, net.last_size(x)?);
            if heads == 0 || !features.is_multiple_of(heads) {
                return Err(GraphError::Misfit {
                    node: net.path.join("."),
                    operator: "attention".to_owned(),
                    found: format!("{heads} heads for {features} features"),
                    expected: "heads that divide the features".to_owned(),
                });
            }
            let each = features / heads;
            let init = Init::xavier(features, 3 * features);
            let weight = net.parameter("in_proj_weight", &[3 * features, features], init, Role::Weight)?;
            let zero = Init::Constant(0.0);
            let bias = net.parameter("in_proj_bias", &[3 * features], zero.clone(), Role::Offset)?;
            let all = net.product(x, weight, Some(bias))?;
            let signed = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
            let all = net
                .graph
                .reshape(all, &[0, signed(steps), 3, signed(heads), signed(each)])?;
            // [3, batch, heads, steps, each]
            let all = net.graph.transpose(all, &[2, 0, 3, 1, 4])?;
            let (ones, first) = (net.graph.integers(&[1; 3])?, Attributes::none().int("axis", 0));
            let parts = net.graph.nodes_of("Split", &[Some(all), Some(ones)], first, 3)?;
            let [query, key, value] = parts[..] else {
                // Three were asked for.
                return Err(GraphError::Foreign(all.0));
            };
            let query = net.graph.mul_number(query, 1.0 / (each as f64).sqrt())?;
            let key = net.graph.turned(key)?;
            let scores = net.graph.matmul(query, key)?;
            let last = Attributes::none().int("axis", -1);
            let shares = net.graph.node("Softmax", &[scores], last)?;
            let shares = net.dropout("dropout", shares, dropout)?;
            let mixed = net.graph.matmul(shares, value)?;
            let mixed = net.graph.transpose(mixed, &[1, 3, 0, 2, 4])?;
            let mixed = net.graph.reshape(mixed, &[0, signed(steps), signed(features)])?;
            net.scoped("out_proj", |net| {
                let init = Init::kaiming(features);
                let weight = net.parameter("weight", &[features, features], init, Role::Weight)?;
                let bias = net.parameter("bias", &[features], zero, Role::Offset)?;
                net.product(mixed, weight, Some(bias))
            })
        })
    }

    /// A layer of a Transformer's encoder, [batch, steps, features] → the same, normalised behind each sublayer as in PyTorch's
    /// default: x + attention → norm → + linear, ReLU, linear → norm. Its parts are `self_attn`, `linear1`, `linear2`, `norm1`, `norm2`.
    pub fn transformer_encoder(&mut self, name: &str, x: Value, encoder: Encoder) -> Made {
        self.scoped(name, |net| {
            let Encoder {
                heads,
                feed_forward,
                dropout,
            } = encoder;
            let features = net.last_size(x)?;
            let y = net.self_attention("self_attn", x, heads, dropout)?;
            let y = net.dropout("dropout1", y, dropout)?;
            let y = net.add(x, y)?;
            let x = net.layer_norm("norm1", y)?;
            let y = net.linear("linear1", x, feed_forward)?;
            let y = net.relu(y)?;
            let y = net.dropout("dropout", y, dropout)?;
            let y = net.linear("linear2", y, features)?;
            let y = net.dropout("dropout2", y, dropout)?;
            let y = net.add(x, y)?;
            net.layer_norm("norm2", y)
        })
    }

    /// The places of a map, row by row, as steps: [batch, channels, height, width] → [batch, height · width, channels].
    pub fn steps_of_map(&mut self, map: Value) -> Made {
        let (channels, height, width) = (self.size(map, 1)?, self.size(map, 2)?, self.size(map, 3)?);
        let signed = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        let last = self.graph.transpose(map, &[0, 2, 3, 1])?;
        self.graph
            .reshape(last, &[0, signed(height * width), signed(channels)])
    }

    /// The mean over the steps: [batch, steps, features] → [batch, features].
    pub fn mean_of_steps(&mut self, x: Value) -> Made {
        self.graph.mean(x, &[1], false)
    }
}
