//! `text-head`: dropout and a linear layer, or one hidden layer, over the features of a frozen encoder of texts. The BiMER paper's
//! text model is BERT with such a head.

use serde::{Deserialize, Serialize};

use super::{TEXT, inputs};
use crate::onnx::graph::network::{Net, Network, Port};
use crate::onnx::graph::{GraphError, Value};

/// The network with its sizes: `text_size · classes + classes` trained parameters without a hidden layer (1,540 for 384 features
/// and four classes), `(text_size + 1) · hidden + (hidden + 1) · classes` with one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextHead {
    /// Size of the encoder's features.
    pub text_size: usize,
    /// Size of the hidden layer, which ends in ReLU; none leaves it out.
    pub hidden: Option<usize>,
    /// Share of the features, and of the hidden layer, that training drops, from 0 to below 1.
    pub dropout: f64,
    /// Classes.
    pub classes: usize,
}

impl Network for TextHead {
    fn inputs(&self) -> Vec<Port> {
        vec![Port::new(TEXT, &[self.text_size])]
    }

    fn logits(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let [text] = inputs("text-head", values)?;
        let mut x = net.dropout("dropout", text, self.dropout)?;
        if let Some(hidden) = self.hidden {
            let y = net.linear("hidden", x, hidden)?;
            let y = net.relu(y)?;
            x = net.dropout("hidden_dropout", y, self.dropout)?;
        }
        net.linear("head", x, self.classes)
    }
}
