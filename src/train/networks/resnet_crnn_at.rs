//! `resnet-crnn-at`: the BiMER paper's ResNet-CRNN+AT for mel images (`3×369×496` there): six residual blocks; each place of the
//! last map, row by row, is a step; bidirectional GRU; attention over the steps; a layer of a Transformer's encoder; dropout; a linear
//! layer.
//!
//! The paper names these layers, their sizes but for the feed-forward part, and a dropout of 0.3. Our choices where it is silent: the
//! attention is a softmax over the steps of a linear features → 1, whose shares multiply the GRU's states; behind the encoder comes the
//! mean over the steps; feed-forward 2048, ReLU and dropout 0.1 in the encoder, as PyTorch's defaults.

use serde::{Deserialize, Serialize};

use super::{IMAGE, inputs, residual};
use crate::onnx::graph::network::{Encoder, Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// A layer of a Transformer's encoder; in `resnet-crnn-at` soft attention stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Attentive {
    /// Heads of the encoder's attention, 8 in the paper; they divide the size of its steps.
    pub heads: usize,
    /// Size of the encoder's hidden layer.
    pub feed_forward: usize,
    /// Share of what is in the encoder that training drops, from 0 to below 1.
    pub encoder_dropout: f64,
}

impl Default for Attentive {
    fn default() -> Self {
        Attentive {
            heads: 8,
            feed_forward: 2048,
            encoder_dropout: 0.1,
        }
    }
}

impl Attentive {
    /// The encoder's layer.
    pub(super) fn layer(&self) -> Encoder {
        Encoder {
            heads: self.heads,
            feed_forward: self.feed_forward,
            dropout: self.encoder_dropout,
        }
    }

    /// An image as features [batch, last of `widths`], which is an even number: half of them come from each direction of the GRU.
    pub(super) fn features(
        &self,
        net: &mut Net<'_>,
        image: Value,
        widths: &[usize],
    ) -> Result<Value, GraphError> {
        let size = widths.last().copied().unwrap_or(0);
        if size == 0 || !size.is_multiple_of(2) {
            return Err(GraphError::Setting {
                name: "widths",
                found: size.to_string(),
                expected: "an even number of channels behind the last block",
            });
        }
        let map = residual::blocks(net, image, widths)?;
        let x = net.steps_of_map(map)?;
        let x = net.gru("gru", x, size / 2, true)?;
        let x = net.soft_attention("attention", x)?;
        let x = net.transformer_encoder("encoder", x, self.layer())?;
        net.mean_of_steps(x)
    }
}

/// The network with its sizes: 9,235,076 trained parameters with [`super::WIDTHS`], [`Attentive::default`] and four classes,
/// whatever the picture's size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResnetCrnnAt {
    /// Height of the pictures.
    pub height: usize,
    /// Width of the pictures.
    pub width: usize,
    /// Channels behind each block; the last one, even, is the size of the features of steps.
    pub widths: Vec<usize>,
    /// What stands behind the blocks.
    #[serde(flatten)]
    pub attentive: Attentive,
    /// Share of the features before the head that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for ResnetCrnnAt {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new(IMAGE, &[3, self.height, self.width])]
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let [image] = inputs("resnet-crnn-at", values)?;
        let x = self.attentive.features(net, image, &self.widths)?;
        let x = net.dropout("dropout", x, self.dropout)?;
        net.linear("head", x, self.classes)
    }
}
