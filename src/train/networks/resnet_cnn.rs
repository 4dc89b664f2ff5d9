//! `resnet-cnn`: the BiMER paper's ResNet-CNN for mel images (`3×369×496` there): six residual blocks, average over the whole
//! map, dropout, a linear layer. The paper names the layers; slope and initial values are PyTorch's defaults.

use serde::{Deserialize, Serialize};

use super::{IMAGE, inputs, residual};
use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// Channels behind each of the paper's blocks.
pub const WIDTHS: [usize; 6] = [16, 32, 64, 128, 256, 512];

/// The network with its sizes: 4,899,460 trained parameters with [`WIDTHS`] and four classes, whatever the picture's size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResnetCnn {
    /// Height of the pictures.
    pub height: usize,
    /// Width of the pictures.
    pub width: usize,
    /// Channels behind each block.
    pub widths: Vec<usize>,
    /// Share of the averages that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for ResnetCnn {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new(IMAGE, &[3, self.height, self.width])]
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let [image] = inputs("resnet-cnn", values)?;
        let x = residual::blocks(net, image, &self.widths)?;
        let x = net.global_average(x)?;
        let x = net.dropout("dropout", x, self.dropout)?;
        net.linear("head", x, self.classes)
    }
}
