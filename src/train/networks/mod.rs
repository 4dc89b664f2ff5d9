//! The networks, one file each: what they take, their layers, and their sizes as `docs/training.md` states them.
//!
//! A description is all there is of a network: the training step and the file for use are both built from it, and a model's
//! folder keeps it.

mod bert_text;
mod bimer;
mod residual;
mod resnet_cnn;
mod resnet_crnn_at;
mod text_head;

use serde::{Deserialize, Serialize};

pub use bert_text::{BertText, EncoderFile, IDS, MASK, Pooled, TYPES};
pub use bimer::{Bimer, SPEECH, Speech};
pub use resnet_cnn::{ResnetCnn, WIDTHS};
pub use resnet_crnn_at::{Attentive, ResnetCrnnAt};
pub use text_head::TextHead;

use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

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
    /// A head over a frozen encoder of texts.
    TextHead(TextHead),
    /// Both, fused.
    Bimer(Bimer),
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
            Architecture::TextHead(_) | Architecture::BertText(_) => None,
            Architecture::Bimer(bimer) => Some((bimer.height, bimer.width)),
        }
    }

    /// Size of the features of texts that it takes; `None` if it takes none.
    #[must_use]
    pub fn text(&self) -> Option<usize> {
        match self {
            Architecture::ResnetCnn(_) | Architecture::ResnetCrnnAt(_) | Architecture::BertText(_) => None,
            Architecture::TextHead(head) => Some(head.text_size),
            Architecture::Bimer(bimer) => Some(bimer.text_size),
        }
    }

    /// Tokens of a row of texts that it takes; `None` if it takes none.
    #[must_use]
    pub fn tokens(&self) -> Option<usize> {
        match self {
            Architecture::BertText(bert) => Some(bert.tokens),
            _ => None,
        }
    }

    /// How many classes it tells apart.
    #[must_use]
    pub fn classes(&self) -> usize {
        match self {
            Architecture::ResnetCnn(speech) => speech.classes,
            Architecture::ResnetCrnnAt(speech) => speech.classes,
            Architecture::TextHead(head) => head.classes,
            Architecture::Bimer(bimer) => bimer.classes,
            Architecture::BertText(bert) => bert.classes,
        }
    }

    fn network(&self) -> &dyn Network {
        match self {
            Architecture::ResnetCnn(network) => network,
            Architecture::ResnetCrnnAt(network) => network,
            Architecture::TextHead(network) => network,
            Architecture::Bimer(network) => network,
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
        for network in [Architecture::Bimer(bimer), Architecture::ResnetCrnnAt(speech)] {
            let text = serde_json::to_string(&network).unwrap();
            assert_eq!(
                serde_json::from_str::<Architecture>(&text).unwrap(),
                network,
                "{text}"
            );
        }
    }

    /// Its speech branch was `resnet-cnn` before there was a choice.
    #[test]
    fn a_bimer_of_an_earlier_version_is_read() {
        let text = "{\"kind\":\"bimer\",\"height\":9,\"width\":8,\"widths\":[8],\"text_size\":6,\"text_features\":5,\
                    \"dropout\":0.5,\"classes\":3}";
        let network = serde_json::from_str(text).unwrap();
        assert!(matches!(
            network,
            Architecture::Bimer(Bimer {
                speech: Speech::ResnetCnn,
                ..
            })
        ));
    }
}
