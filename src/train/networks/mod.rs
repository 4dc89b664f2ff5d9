//! The networks, one file each: what they take, their layers, and their sizes as `docs/training.md` states them.
//!
//! A description is all there is of a network: the training step and the file for use are both built from it, and a model's
//! folder keeps it.

mod backbone;
mod bert_text;
mod bimer;
mod residual;
mod resnet50_crnn_at;
mod resnet_cnn;
mod resnet_crnn_at;
mod text_branch;
mod text_head;

use serde::{Deserialize, Serialize};

pub use backbone::{Backbone, Fed, IMAGENET_MEAN, IMAGENET_STD, ImageFile, MAP};
pub use bert_text::BertText;
pub use bimer::{Bimer, SPEECH, Speech, WORDS, Words};
pub use resnet_cnn::{ResnetCnn, WIDTHS};
pub use resnet_crnn_at::{Attentive, ResnetCrnnAt};
pub use resnet50_crnn_at::{MapBranch, Resnet50CrnnAt};
pub use text_branch::{EncoderFile, IDS, MASK, Pooled, TYPES, TextBranch};
pub use text_head::TextHead;

use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{Graph, GraphError, Value};

/// The input of pictures: [batch, 3, height, width], red, green and blue from −1 to 1.
pub const IMAGE: &str = "image";
/// The input of the features of texts: [batch, size].
pub const TEXT: &str = "text";

/// A network with all its sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Architecture {
    /// The paper's network for mel images.
    ResnetCnn(ResnetCnn),
    /// The paper's network for mel images with a recurrent layer and attention.
    ResnetCrnnAt(ResnetCrnnAt),
    /// The paper's network for mel images behind a ResNet-50.
    #[serde(rename = "resnet50-crnn-at")]
    Resnet50CrnnAt(Box<Resnet50CrnnAt>),
    /// A head over a frozen encoder of texts.
    TextHead(TextHead),
    /// Speech and text, fused.
    Bimer(Box<Bimer>),
    /// An encoder of texts that is trained itself.
    BertText(BertText),
}

impl Architecture {
    /// Its name, as recipes have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Architecture::ResnetCnn(_) => "resnet-cnn",
            Architecture::ResnetCrnnAt(_) => "resnet-crnn-at",
            Architecture::Resnet50CrnnAt(_) => "resnet50-crnn-at",
            Architecture::TextHead(_) => "text-head",
            Architecture::Bimer(_) => "bimer",
            Architecture::BertText(_) => "bert-text",
        }
    }

    /// Height and width of the pictures that it takes; `None` if it takes none.
    #[must_use]
    pub fn picture(&self) -> Option<(usize, usize)> {
        match self {
            Architecture::ResnetCnn(speech) => Some((speech.height, speech.width)),
            Architecture::ResnetCrnnAt(speech) => Some((speech.height, speech.width)),
            Architecture::Resnet50CrnnAt(speech) => Some((speech.height, speech.width)),
            Architecture::TextHead(_) | Architecture::BertText(_) => None,
            Architecture::Bimer(bimer) => Some((bimer.height, bimer.width)),
        }
    }

    /// Size of the features of texts that it takes; `None` if it takes none.
    #[must_use]
    pub fn text(&self) -> Option<usize> {
        match self {
            Architecture::TextHead(head) => Some(head.text_size),
            Architecture::Bimer(bimer) if bimer.words == Words::Features => Some(bimer.text_size),
            _ => None,
        }
    }

    /// The encoder of texts within it, if there is one.
    #[must_use]
    pub fn reader(&self) -> Option<&TextBranch> {
        match self {
            Architecture::BertText(bert) => Some(&bert.text),
            Architecture::Bimer(bimer) => match &bimer.words {
                Words::BertText(text) => Some(text),
                Words::Features => None,
            },
            _ => None,
        }
    }

    /// The image encoder within it, if there is one.
    #[must_use]
    pub fn backbone(&self) -> Option<&Backbone> {
        match self {
            Architecture::Resnet50CrnnAt(speech) => Some(&speech.speech.backbone),
            Architecture::Bimer(bimer) => match &bimer.speech {
                Speech::Resnet50CrnnAt(speech) => Some(&speech.backbone),
                Speech::ResnetCnn | Speech::ResnetCrnnAt(_) => None,
            },
            _ => None,
        }
    }

    /// The encoder layer of its speech network or branch, if it has one.
    #[must_use]
    pub fn attentive(&self) -> Option<&Attentive> {
        match self {
            Architecture::ResnetCrnnAt(speech) => Some(&speech.attentive),
            Architecture::Resnet50CrnnAt(speech) => Some(&speech.speech.attentive),
            Architecture::Bimer(bimer) => match &bimer.speech {
                Speech::ResnetCnn => None,
                Speech::ResnetCrnnAt(attentive) => Some(attentive),
                Speech::Resnet50CrnnAt(speech) => Some(&speech.attentive),
            },
            _ => None,
        }
    }

    /// The same network, its image encoder fed with images or with maps of them. Its parameters are the same, too, if the encoder is
    /// not trained.
    #[must_use]
    pub fn fed(mut self, with: Fed) -> Self {
        let speech = match &mut self {
            Architecture::Resnet50CrnnAt(speech) => Some(&mut speech.speech),
            Architecture::Bimer(bimer) => match &mut bimer.speech {
                Speech::Resnet50CrnnAt(speech) => Some(speech.as_mut()),
                Speech::ResnetCnn | Speech::ResnetCrnnAt(_) => None,
            },
            _ => None,
        };
        if let Some(speech) = speech {
            speech.backbone.fed = with;
        }
        self
    }

    /// How many classes it tells apart.
    #[must_use]
    pub fn classes(&self) -> usize {
        match self {
            Architecture::ResnetCnn(speech) => speech.classes,
            Architecture::ResnetCrnnAt(speech) => speech.classes,
            Architecture::Resnet50CrnnAt(speech) => speech.classes,
            Architecture::TextHead(head) => head.classes,
            Architecture::Bimer(bimer) => bimer.classes,
            Architecture::BertText(bert) => bert.classes,
        }
    }

    fn network(&self) -> &dyn Network {
        match self {
            Architecture::ResnetCnn(network) => network,
            Architecture::ResnetCrnnAt(network) => network,
            Architecture::Resnet50CrnnAt(network) => network.as_ref(),
            Architecture::TextHead(network) => network,
            Architecture::Bimer(network) => network.as_ref(),
            Architecture::BertText(network) => network,
        }
    }
}

impl Network for Architecture {
    fn inputs(&self) -> Vec<Port> {
        self.network().inputs()
    }

    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError> {
        self.network().logits(net, inputs)
    }
}

/// So many inputs as the network asked for.
fn inputs<const N: usize>(network: &str, inputs: &[Value]) -> Result<[Value; N], GraphError> {
    inputs.try_into().map_err(|_| GraphError::Misfit {
        node: network.to_owned(),
        operator: "a network".to_owned(),
        found: format!("{} inputs", inputs.len()),
        expected: format!("{N}"),
    })
}

/// A file's outputs in words.
fn outputs(graph: &Graph) -> String {
    let found = graph.outputs().iter().filter_map(|&value| graph.info(value).ok());
    let words = found.map(|info| format!("{} {}{}", info.name, info.element, info.shape));
    words.collect::<Vec<String>>().join(", ")
}

/// A network that is to be built, and has its encoder by name alone.
fn unread(what: &str, model: &str) -> GraphError {
    GraphError::File {
        found: format!("the {what} {model} by its name alone"),
        expected: "its file, which a network is built from".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Folders of models keep descriptions.
    #[test]
    fn descriptions_are_read_as_they_were_written() {
        let attentive = Attentive {
            heads: 4,
            ..Attentive::default()
        };
        let bimer = Bimer {
            height: 9,
            width: 8,
            speech: Speech::ResnetCrnnAt(attentive),
            widths: vec![8],
            words: Words::Features,
            text_size: 6,
            text_features: 5,
            dropout: 0.5,
            classes: 3,
        };
        let speech = ResnetCrnnAt {
            height: 9,
            width: 8,
            widths: vec![8],
            attentive,
            dropout: 0.3,
            classes: 3,
        };
        for network in [
            Architecture::Bimer(Box::new(bimer)),
            Architecture::ResnetCrnnAt(speech),
        ] {
            let text = serde_json::to_string(&network).unwrap();
            assert_eq!(
                serde_json::from_str::<Architecture>(&text).unwrap(),
                network,
                "{text}"
            );
        }
    }

    /// Its branches were `resnet-cnn` and a frozen encoder before there was a choice.
    #[test]
    fn a_bimer_of_an_earlier_version_is_read() {
        let text = "{\"kind\":\"bimer\",\"height\":9,\"width\":8,\"widths\":[8],\"text_size\":6,\"text_features\":5,\
                    \"dropout\":0.5,\"classes\":3}";
        let Architecture::Bimer(network) = serde_json::from_str(text).unwrap() else {
            panic!("another network");
        };
        assert_eq!(
            (&network.speech, &network.words),
            (&Speech::ResnetCnn, &Words::Features)
        );
    }
}
