//! `resnet50-crnn-at`: the BiMER paper's ResNet50-CRNN+AT for mel images: the last feature map of a ResNet-50 (2048 channels); a
//! convolution, batch normalisation and ReLU to 256 channels; spatial attention; each place of the map, row by row, is a step;
//! bidirectional GRU; a layer of a Transformer's encoder; the mean over the steps; a linear layer.
//!
//! Spatial attention is the paper's: the mean over the channels, softmax over all places, times the map. Our choices where it is
//! silent: the convolution is 1×1 without a bias; the GRU has as many states in each direction as the convolution has channels (256,
//! so that steps have 512 features); one encoder layer with feed-forward 2048, ReLU and dropout 0.1; no dropout before the head.

use serde::{Deserialize, Serialize};

use super::{Attentive, Backbone, inputs};
use crate::onnx::graph::network::{Conv, Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// From an image to its features: all but the head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapBranch {
    /// The image encoder.
    pub backbone: Backbone,
    /// Channels behind the convolution, 256 in the paper, and states of the GRU in each direction.
    pub channels: usize,
    /// Width and height of the convolution's window, an odd number.
    pub kernel: usize,
    /// The encoder layer; its heads divide 2 · `channels`.
    #[serde(flatten)]
    pub attentive: Attentive,
}

impl MapBranch {
    /// The size of its features.
    #[must_use]
    pub fn size(&self) -> usize {
        2 * self.channels
    }

    /// Features [batch, 2 · channels] of images, or of maps if the backbone is fed with those.
    pub(super) fn features(&self, net: &mut Net<'_>, x: Value) -> Result<Value, GraphError> {
        let map = self.backbone.map(net, x)?;
        let conv = Conv {
            features: self.channels,
            kernel: self.kernel,
            stride: 1,
            padding: self.kernel / 2,
            // The normalisation behind it takes any bias away.
            bias: false,
        };
        let x = net.conv("conv", map, conv)?;
        let x = net.batch_norm("norm", x)?;
        let x = net.relu(x)?;
        let x = net.spatial_attention(x)?;
        let x = net.steps_of_map(x)?;
        let x = net.gru("gru", x, self.channels, true)?;
        let x = net.transformer_encoder("encoder", x, self.attentive.layer())?;
        net.mean_of_steps(x)
    }
}

/// The network with its sizes: behind a map of 2048 channels 4,468,740 trained parameters with 256 channels, a kernel of 1,
/// [`Attentive::default`] and four classes, and those of the backbone that are trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resnet50CrnnAt {
    /// Height of the pictures.
    pub height: usize,
    /// Width of the pictures.
    pub width: usize,
    /// All but the head.
    #[serde(flatten)]
    pub speech: MapBranch,
    /// Share of the features before the head that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for Resnet50CrnnAt {
    fn inputs(&self) -> Vec<Port> {
        vec![self.speech.backbone.port(self.height, self.width)]
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let [x] = inputs("resnet50-crnn-at", values)?;
        let x = self.speech.features(net, x)?;
        let x = net.dropout("dropout", x, self.dropout)?;
        net.linear("head", x, self.classes)
    }
}
