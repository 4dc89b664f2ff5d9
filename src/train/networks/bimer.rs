//! `bimer`: the BiMER paper's intermediate fusion: speech features (512) and text features (256), side by side (768), into one
//! linear layer. The speech branch is `resnet-cnn` or `resnet-crnn-at` without its head; the text branch a linear layer over a frozen
//! encoder.

use serde::{Deserialize, Serialize};

use super::{Attentive, IMAGE, TEXT, inputs, residual};
use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// The scope of the speech branch's parameters: behind it stand the names that they have in `resnet-cnn`.
pub const SPEECH: &str = "speech";

/// The network that the speech branch is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Speech {
    /// `resnet-cnn`.
    #[default]
    ResnetCnn,
    /// `resnet-crnn-at`.
    ResnetCrnnAt(Attentive),
}

impl Speech {
    /// Its name, as recipes have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Speech::ResnetCnn => "resnet-cnn",
            Speech::ResnetCrnnAt(_) => "resnet-crnn-at",
        }
    }
}

/// The network with its sizes: with the paper's widths, 384 features of texts and four classes 4,999,044 trained parameters, and
/// 9,334,660 with `resnet-crnn-at`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bimer {
    /// Height of the pictures.
    pub height: usize,
    /// Width of the pictures.
    pub width: usize,
    /// The speech branch.
    #[serde(default)]
    pub speech: Speech,
    /// Channels behind each block of the speech branch; the last one is the size of its features, 512 in the paper.
    pub widths: Vec<usize>,
    /// Size of the encoder's features of texts.
    pub text_size: usize,
    /// Size of what the text branch makes of them, 256 in the paper.
    pub text_features: usize,
    /// Share of the speech features, and of the encoder's, that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for Bimer {
    fn inputs(&self) -> Vec<Port> {
        vec![
            Port::new(IMAGE, &[3, self.height, self.width]),
            Port::new(TEXT, &[self.text_size]),
        ]
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let [image, text] = inputs("bimer", values)?;
        let speech = net.scoped(SPEECH, |net| {
            let x = match &self.speech {
                Speech::ResnetCnn => {
                    let map = residual::blocks(net, image, &self.widths)?;
                    net.global_average(map)?
                }
                Speech::ResnetCrnnAt(attentive) => attentive.features(net, image, &self.widths)?,
            };
            net.dropout("dropout", x, self.dropout)
        })?;
        let text = net.scoped("words", |net| {
            let x = net.dropout("dropout", text, self.dropout)?;
            net.linear("linear", x, self.text_features)
        })?;
        let joined = net.join(&[speech, text])?;
        net.linear("head", joined, self.classes)
    }
}
