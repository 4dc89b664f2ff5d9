//! Convolutions.

use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};

/// How a two-dimensional convolution moves; the same in both dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvSettings {
    /// From one place of the kernel to the next.
    pub stride: usize,
    /// Zeros around the image.
    pub padding: usize,
}

impl Graph {
    /// A two-dimensional convolution of [N, C, H, W] with weights [M, C, kernel, kernel] and a bias of M numbers.
    ///
    /// # Errors
    /// Those of [`Graph::node`].
    pub fn conv(
        &mut self,
        x: Value,
        weight: Value,
        bias: Option<Value>,
        settings: ConvSettings,
    ) -> Result<Value, GraphError> {
        let mut attributes = Attributes::none()
            .sizes("strides", &[settings.stride; 2])
            .sizes("pads", &[settings.padding; 4]);
        // Some tools look for it, although the weights say it.
        if let Some(kernel) = self
            .info(weight)?
            .shape
            .sizes()
            .as_deref()
            .and_then(|sizes| sizes.get(2..))
        {
            attributes = attributes.sizes("kernel_shape", kernel);
        }
        let inputs: Vec<Value> = [x, weight].into_iter().chain(bias).collect();
        self.node("Conv", &inputs, attributes)
    }
}
