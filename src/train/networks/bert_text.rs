//! `bert-text`: an encoder of texts from an ONNX file, one vector of its tokens, dropout, a linear layer: the BiMER paper's text
//! model.

use serde::{Deserialize, Serialize};

use super::TextBranch;
use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// The network with its sizes: the encoder's parameters as far as they are trained, and `encoder.size · classes + classes` of the
/// head.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BertText {
    /// The encoder and what is made of its vectors.
    #[serde(flatten)]
    pub text: TextBranch,
    /// Share of the vector that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for BertText {
    fn inputs(&self) -> Vec<Port> {
        self.text.ports()
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let x = self.text.vectors(net, values)?;
        let x = net.dropout("dropout", x, self.dropout)?;
        net.linear("head", x, self.classes)
    }
}
