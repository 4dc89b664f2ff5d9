//! An encoder of texts from an ONNX file as a part of a network: it is trained as a whole, in its last layers, or not at all.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{outputs, unread};
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::network::{Net, Port, Tuned};
use crate::onnx::graph::{Attributes, GraphError, Import, Value};

/// The input of token numbers: [batch, tokens].
pub const IDS: &str = "input_ids";
/// The input that tells tokens (1) from padding (0): [batch, tokens].
pub const MASK: &str = "attention_mask";
/// The input that tells the first of two sentences (0) from the second: [batch, tokens].
pub const TYPES: &str = "token_type_ids";

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooled {
    /// That of the first token.
    First,
    /// Their mean.
    Mean,
}

/// An encoder's file: what it takes and gives. Its weights are in the file alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EncoderFile {
    /// What it is called: as models are named.
    pub model: String,
    /// Hash of its graph, weights and tokenizer.
    pub hash: String,
    /// The inputs that it has of [`IDS`], [`MASK`] and [`TYPES`].
    pub inputs: Vec<String>,
    /// The output with the vectors of tokens.
    pub output: String,
    /// The size of those vectors.
    pub size: usize,
    /// Layers that the names of the weights that lead to those vectors tell; 0 if they tell none.
    pub layers: usize,
    #[serde(skip)]
    import: Option<Arc<Import>>,
}

/// The same file, read or not.
impl PartialEq for EncoderFile {
    fn eq(&self, other: &Self) -> bool {
        let all = |it: &Self| (it.hash.clone(), it.inputs.clone(), it.output.clone(), it.size);
        all(self) == all(other)
    }
}

/// Names of vectors of tokens, the usual one first.
const VECTORS: [&str; 4] = [
    "last_hidden_state",
    "token_embeddings",
    "hidden_states",
    "encoder_hidden_states",
];

impl EncoderFile {
    /// Reads an encoder's file; `tokens` is the width of a batch that it will be asked for.
    ///
    /// # Errors
    /// [`GraphError`]: it is no encoder, or has operators that are not known.
    pub fn open(path: &Path, model: &str, hash: &str, tokens: usize) -> Result<Self, GraphError> {
        Self::of(Import::open(path)?, model, hash, tokens)
    }

    /// The same of a file that was read.
    ///
    /// # Errors
    /// [`GraphError`].
    pub fn of(import: Import, model: &str, hash: &str, tokens: usize) -> Result<Self, GraphError> {
        let wrong = |found: String, expected: &str| {
            Err(GraphError::File {
                found,
                expected: expected.to_owned(),
            })
        };
        let there = import.inputs();
        if let Some(other) = there.iter().find(|name| ![IDS, MASK, TYPES].contains(name)) {
            return wrong(
                format!("the input {other:?}"),
                "an encoder that takes input_ids, attention_mask and token_type_ids, or some of them",
            );
        }
        let sizes: Vec<(&str, Vec<usize>)> = there.iter().map(|&name| (name, vec![2, tokens])).collect();
        let graph = import.graph(&sizes)?;
        let mut vectors = Vec::new();
        for &output in graph.outputs() {
            let info = graph.info(output)?;
            if let (Element::F32, Some([2, width, size])) = (info.element, info.shape.sizes().as_deref())
                && *width == tokens
                && info.name != "logits"
            {
                vectors.push((output, info.name.clone(), *size));
            }
        }
        vectors.sort_by_key(|(_, name, _)| VECTORS.iter().position(|it| it == name).unwrap_or(VECTORS.len()));
        let Some((value, output, size)) = vectors.into_iter().next() else {
            return wrong(
                format!("the outputs {}", outputs(&graph)),
                "vectors of tokens\nhint: export the model without its head, for the task feature-extraction",
            );
        };
        Ok(EncoderFile {
            model: model.to_owned(),
            hash: hash.to_owned(),
            inputs: [IDS, MASK, TYPES]
                .into_iter()
                .filter(|name| there.contains(name))
                .map(str::to_owned)
                .collect(),
            output,
            size,
            layers: import.layers_to(&graph, value)?,
            import: Some(Arc::new(import)),
        })
    }
}

/// An encoder of texts within a network, up to one vector a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextBranch {
    /// The encoder.
    pub encoder: EncoderFile,
    /// Which of its weights are trained.
    pub train: Tuned,
    /// How the vectors of tokens become one.
    pub pooling: Pooled,
    /// Tokens of a row; shorter texts are filled up.
    pub tokens: usize,
}

impl TextBranch {
    /// What it takes: [batch, tokens] each.
    #[must_use]
    pub fn ports(&self) -> Vec<Port> {
        // The mean needs the mask, also of an encoder that does not.
        let masked = self.pooling == Pooled::Mean;
        let taken =
            |name: &&str| self.encoder.inputs.iter().any(|it| it == name) || (*name == MASK && masked);
        let names = [IDS, MASK, TYPES].into_iter().filter(taken);
        names.map(|name| Port::integers(name, &[self.tokens])).collect()
    }

    /// The names of what it takes.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.ports().into_iter().map(|port| port.name).collect()
    }

    /// The vectors of texts, [batch, `encoder.size`], from values in the order of [`TextBranch::ports`]. Parameters are in the scope
    /// `encoder`.
    pub(super) fn vectors(&self, net: &mut Net<'_>, values: &[Value]) -> Result<Value, GraphError> {
        let Some(import) = &self.encoder.import else {
            return Err(unread("encoder", &self.encoder.model));
        };
        let ports = self.ports();
        let named: Vec<(&str, Value)> = ports
            .iter()
            .map(|port| port.name.as_str())
            .zip(values.iter().copied())
            .collect();
        let own: Vec<(&str, Value)> = named
            .iter()
            .filter(|(name, _)| self.encoder.inputs.iter().any(|it| it == name))
            .copied()
            .collect();
        let vectors = net.imported("encoder", import, &own, &self.encoder.output, self.train)?;
        let mask = named
            .iter()
            .find(|(name, _)| *name == MASK)
            .map(|(_, value)| *value);
        match (self.pooling, mask) {
            (Pooled::Mean, Some(mask)) => mean(net, vectors, mask, self.tokens),
            _ => first(net, vectors),
        }
    }
}

/// The first of the vectors: [batch, tokens, size] → [batch, size].
fn first(net: &mut Net<'_>, vectors: Value) -> Result<Value, GraphError> {
    let graph = net.graph();
    let one = graph.slice(vectors, &[Cut::run(1, 0, 1)])?;
    graph.node("Flatten", &[one], Attributes::none())
}

/// The mean of the vectors whose mask is 1; every row has at least one.
fn mean(net: &mut Net<'_>, vectors: Value, mask: Value, tokens: usize) -> Result<Value, GraphError> {
    let graph = net.graph();
    let element = graph.info(vectors)?.element;
    let mask = graph.cast(mask, element)?;
    let count = graph.sum(mask, &[1], true)?;
    let sizes = [0, 1, i64::try_from(tokens).unwrap_or(i64::MAX)];
    let row = graph.reshape(mask, &sizes)?;
    let sum = graph.matmul(row, vectors)?;
    let sum = graph.node("Flatten", &[sum], Attributes::none())?;
    graph.div(sum, count)
}
