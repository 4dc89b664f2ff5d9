//! `bimer`: the BiMER paper's intermediate fusion: speech features (512) and text features (256), side by side (768), into one
//! linear layer.
//!
//! The paper's branches are `resnet50-crnn-at` and BERT, each without its head; smaller ones may stand in for them: `resnet-cnn` or
//! `resnet-crnn-at`, and the features of a frozen encoder. Behind the text branch's vector come dropout and a linear layer.

use serde::{Deserialize, Serialize};

use super::{Attentive, IMAGE, MapBranch, TEXT, TextBranch, inputs, residual};
use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// The scope of the speech branch's parameters: behind it stand the names that they have in the speech network.
pub const SPEECH: &str = "speech";
/// The scope of the text branch's parameters: behind it stand the names that they have in `bert-text`.
pub const WORDS: &str = "words";

/// The network that the speech branch is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Speech {
    /// `resnet-cnn`.
    #[default]
    ResnetCnn,
    /// `resnet-crnn-at`.
    ResnetCrnnAt(Attentive),
    /// `resnet50-crnn-at`.
    #[serde(rename = "resnet50-crnn-at")]
    Resnet50CrnnAt(Box<MapBranch>),
}

impl Speech {
    /// Its name, as recipes have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Speech::ResnetCnn => "resnet-cnn",
            Speech::ResnetCrnnAt(_) => "resnet-crnn-at",
            Speech::Resnet50CrnnAt(_) => "resnet50-crnn-at",
        }
    }
}

/// What the text branch begins with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Words {
    /// Features of a frozen encoder, which is not in the network.
    #[default]
    Features,
    /// The encoder of `bert-text`.
    BertText(TextBranch),
}

impl Words {
    /// Its name, as recipes have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Words::Features => "features",
            Words::BertText(_) => "bert-text",
        }
    }
}

/// The network with its sizes: with the paper's widths, 384 features of texts and four classes 4,999,044 trained parameters, and
/// 9,334,660 with `resnet-crnn-at`; with `resnet50-crnn-at` behind a map of 2048 channels 4,568,324 and those of its backbone that are
/// trained; with `bert-text` those of its encoder that are trained, too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bimer {
    /// Height of the pictures.
    pub height: usize,
    /// Width of the pictures.
    pub width: usize,
    /// The speech branch.
    #[serde(default)]
    pub speech: Speech,
    /// Channels behind each residual block of the speech branch; the last one is the size of its features, 512 in the paper. None for
    /// `resnet50-crnn-at`.
    pub widths: Vec<usize>,
    /// The text branch.
    #[serde(default)]
    pub words: Words,
    /// Size of the vectors of texts.
    pub text_size: usize,
    /// Size of what the text branch makes of them, 256 in the paper.
    pub text_features: usize,
    /// Share of the speech features, and of the vectors of texts, that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for Bimer {
    fn inputs(&self) -> Vec<Port> {
        let image = match &self.speech {
            Speech::Resnet50CrnnAt(speech) => speech.backbone.port(self.height, self.width),
            Speech::ResnetCnn | Speech::ResnetCrnnAt(_) => Port::new(IMAGE, &[3, self.height, self.width]),
        };
        let text = match &self.words {
            Words::Features => vec![Port::new(TEXT, &[self.text_size])],
            Words::BertText(text) => text.ports(),
        };
        [image].into_iter().chain(text).collect()
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let (image, text) = values.split_at(values.len().min(1));
        let [image] = inputs("bimer", image)?;
        let speech = net.scoped(SPEECH, |net| {
            let x = match &self.speech {
                Speech::ResnetCnn => {
                    let map = residual::blocks(net, image, &self.widths)?;
                    net.global_average(map)?
                }
                Speech::ResnetCrnnAt(attentive) => attentive.features(net, image, &self.widths)?,
                Speech::Resnet50CrnnAt(speech) => speech.features(net, image)?,
            };
            net.dropout("dropout", x, self.dropout)
        })?;
        let text = net.scoped(WORDS, |net| {
            let x = match &self.words {
                Words::Features => inputs("bimer", text).map(|[text]| text)?,
                Words::BertText(branch) => branch.vectors(net, text)?,
            };
            let x = net.dropout("dropout", x, self.dropout)?;
            net.linear("linear", x, self.text_features)
        })?;
        let joined = net.join(&[speech, text])?;
        net.linear("head", joined, self.classes)
    }
}
