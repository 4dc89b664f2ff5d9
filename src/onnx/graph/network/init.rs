//! How parameters begin.

use crate::draw::Draw;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::tensor::Tensor;

/// How a parameter begins. Its numbers depend on the seed and its name alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Init {
    /// All the same.
    Constant(f32),
    /// Even between −bound and bound.
    Uniform(f64),
    /// As they are in a file.
    Given(Tensor),
}

impl Init {
    /// PyTorch's default for the weights and biases of convolutions and linear layers, Kaiming's uniform distribution with
    /// a = √5: a bound of 1 / √(inputs of one output).
    #[must_use]
    pub fn kaiming(inputs: usize) -> Self {
        Init::Uniform(1.0 / (inputs.max(1) as f64).sqrt())
    }

    /// Xavier's (Glorot and Bengio 2010) uniform distribution: a bound of √(6 / (inputs + outputs)).
    #[must_use]
    pub fn xavier(inputs: usize, outputs: usize) -> Self {
        Init::Uniform((6.0 / (inputs + outputs).max(1) as f64).sqrt())
    }

    /// The parameter's first numbers.
    ///
    /// # Errors
    /// None for a shape that memory holds.
    pub fn tensor(&self, seed: u64, name: &str, dims: &[usize]) -> Result<Tensor, GraphError> {
        match self {
            Init::Given(tensor) => Ok(tensor.clone()),
            Init::Constant(value) => Ok(Tensor::filled(Element::F32, dims, f64::from(*value))),
            Init::Uniform(bound) => {
                let mut draw = Draw::new(seed, name, "parameter");
                let count: usize = dims.iter().product();
                let values: Vec<f32> = (0..count)
                    .map(|_| ((draw.unit() * 2.0 - 1.0) * bound) as f32)
                    .collect();
                Ok(Tensor::f32(dims, &values)?)
            }
        }
    }
}
