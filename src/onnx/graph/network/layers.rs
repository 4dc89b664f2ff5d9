//! Layers with parameters, and what lies between them.

use super::{Init, Net, Role};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::build::ConvSettings;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::Value;

type Made = Result<Value, GraphError>;

/// A two-dimensional convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conv {
    /// Channels that it gives.
    pub features: usize,
    /// Width and height of the window.
    pub kernel: usize,
    /// From one place of the window to the next.
    pub stride: usize,
    /// Zeros around the image.
    pub padding: usize,
    /// Whether it has a bias; before a normalisation it would do nothing.
    pub bias: bool,
}

/// Errors are those of [`crate::onnx::graph::Graph::node`] and [`Net::parameter`]. Names are those of PyTorch's modules:
/// `NAME.weight`, `NAME.bias`.
impl Net<'_> {
    /// A convolution of [batch, channels, height, width].
    pub fn conv(&mut self, name: &str, x: Value, conv: Conv) -> Made {
        self.scoped(name, |net| {
            let channels = net.size(x, 1)?;
            let Conv {
                features,
                kernel,
                stride,
                padding,
                bias,
            } = conv;
            let init = Init::kaiming(channels * kernel * kernel);
            let weight = net.parameter(
                "weight",
                &[features, channels, kernel, kernel],
                init.clone(),
                Role::Weight,
            )?;
            let bias = match bias {
                true => Some(net.parameter("bias", &[features], init, Role::Offset)?),
                false => None,
            };
            net.graph.conv(x, weight, bias, ConvSettings { stride, padding })
        })
    }

    /// A linear layer over the last dimension: [batch, inputs] → [batch, features], or [batch, steps, inputs] → [batch, steps,
    /// features].
    pub fn linear(&mut self, name: &str, x: Value, features: usize) -> Made {
        self.scoped(name, |net| {
            let inputs = net.last_size(x)?;
            let init = Init::kaiming(inputs);
            let weight = net.parameter("weight", &[features, inputs], init.clone(), Role::Weight)?;
            let bias = net.parameter("bias", &[features], init, Role::Offset)?;
            net.product(x, weight, Some(bias))
        })
    }

    /// x · weightᵀ + bias over the last dimension. One product of two matrices where the sizes are known; with steps and an open
    /// batch, whose product has no name, numpy's.
    pub(super) fn product(&mut self, x: Value, weight: Value, bias: Option<Value>) -> Made {
        let shape = self.graph.shape(x)?;
        let [lead @ .., inputs] = shape.dims() else {
            return self.graph.matmul(x, weight);
        };
        if lead.len() == 1 {
            return self.graph.gemm((x, false), (weight, true), bias);
        }
        let known = shape.sizes().zip(inputs.size());
        let Some((mut sizes, inputs)) = known else {
            let turned = self.graph.turned(weight)?;
            let y = self.graph.matmul(x, turned)?;
            return bias.map_or(Ok(y), |bias| self.graph.add(y, bias));
        };
        let rows: usize = sizes.iter().rev().skip(1).product();
        let flat = self.graph.shaped(x, &[rows, inputs].into())?;
        let y = self.graph.gemm((flat, false), (weight, true), bias)?;
        sizes.pop();
        sizes.push(self.last_size(y)?);
        self.graph.shaped(y, &sizes.into())
    }

    /// x where it is positive, 0 elsewhere.
    pub fn relu(&mut self, x: Value) -> Made {
        self.graph.relu(x)
    }

    /// x where it is positive, `slope` · x elsewhere.
    pub fn leaky_relu(&mut self, x: Value, slope: f32) -> Made {
        self.graph.leaky_relu(x, slope)
    }

    /// The sum of two values of one shape.
    pub fn add(&mut self, a: Value, b: Value) -> Made {
        self.graph.add(a, b)
    }

    /// Several [batch, ...] as one, side by side in the second dimension.
    pub fn join(&mut self, parts: &[Value]) -> Made {
        self.graph.concat(parts, 1)
    }

    /// The mean of each channel: [batch, channels, height, width] → [batch, channels].
    pub fn global_average(&mut self, x: Value) -> Made {
        let pooled = self.graph.node("GlobalAveragePool", &[x], Attributes::none())?;
        self.graph.node("Flatten", &[pooled], Attributes::none())
    }

    /// The size of a value's last dimension, which has to be known.
    pub(super) fn last_size(&self, x: Value) -> Result<usize, GraphError> {
        let rank = self.graph.info(x)?.shape.rank();
        self.size(x, rank.saturating_sub(1))
    }

    /// A size of a value, which has to be known.
    pub(super) fn size(&self, x: Value, axis: usize) -> Result<usize, GraphError> {
        let info = self.graph.info(x)?;
        let size = info
            .shape
            .dims()
            .get(axis)
            .and_then(crate::onnx::graph::shape::Dim::size);
        size.ok_or_else(|| GraphError::Misfit {
            node: self.path.join("."),
            operator: "a layer".to_owned(),
            found: format!("{}{}", info.element, info.shape),
            expected: format!("a known size of dimension {axis}"),
        })
    }
}
