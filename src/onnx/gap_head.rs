//! A masked language model's graph whose head is computed for one token of each row instead of all.
//!
//! The head multiplies each token's vector by the vectors of all words of the vocabulary, which costs a small model as much
//! as all its layers, and fills hundreds of megabytes with numbers that nobody reads. So a GatherND is put before that product:
//! it takes the tokens that a new input, [`POSITIONS`], names.
//!
//! An ONNX file is a protocol buffer (onnx.proto); fields that don't matter are copied as they are.

use std::ops::Range;

/// The new input: for each row the positions of the tokens, as 64-bit numbers of shape rows × positions × 1.
pub const POSITIONS: &str = "augment_positions";

/// The output of the head, and of the graph.
const LOGITS: &str = "logits";
/// GatherND has batch dimensions since this version of ONNX's operators.
const OPSET: u64 = 12;
/// No head has as many operators behind its product.
const STEPS: usize = 8;

// Fields of onnx.proto.
const MODEL_GRAPH: u64 = 7;
const MODEL_OPSET: u64 = 8;
const GRAPH_NODE: u64 = 1;
const GRAPH_INITIALIZER: u64 = 5;
const GRAPH_INPUT: u64 = 11;
const GRAPH_OUTPUT: u64 = 12;
const GRAPH_VALUE_INFO: u64 = 13;
const NODE_INPUT: u64 = 1;
const NODE_OUTPUT: u64 = 2;
const NODE_OP_TYPE: u64 = 4;
const TENSOR_NAME: u64 = 8;
const TENSOR_DATA_LOCATION: u64 = 14;

/// The graph with its head at [`POSITIONS`]; none if it is not built as heads usually are, or keeps its weights in other
/// files. Its logits then are of shape rows × positions × vocabulary.
#[must_use]
pub fn at_positions(model: &[u8]) -> Option<Vec<u8>> {
    let fields = fields(model)?;
    let default_opset = fields.iter().filter(|field| field.number == MODEL_OPSET);
    let default_opset = default_opset.filter_map(|field| opset(field.bytes(model)?));
    if default_opset.max()? < OPSET {
        return None;
    }
    let graph = fields.iter().find(|field| field.number == MODEL_GRAPH)?;
    let cut = cut(graph.bytes(model)?)?;
    let mut out = Vec::with_capacity(model.len() + 256);
    for field in &fields {
        match field.number {
            MODEL_GRAPH => put_bytes(&mut out, MODEL_GRAPH, &cut),
            _ => out.extend_from_slice(model.get(field.whole.clone())?),
        }
    }
    Some(out)
}

/// A field of a message.
struct Field {
    number: u64,
    /// Where it stands, tag and all.
    whole: Range<usize>,
    /// Where its bytes stand, if it has a length.
    content: Option<Range<usize>>,
    /// Its value, if it is a plain number.
    value: u64,
}

impl Field {
    fn bytes<'a>(&self, message: &'a [u8]) -> Option<&'a [u8]> {
        message.get(self.content.clone()?)
    }

    fn text<'a>(&self, message: &'a [u8]) -> Option<&'a str> {
        std::str::from_utf8(self.bytes(message)?).ok()
    }
}

/// The fields of a message; none if it is not one.
fn fields(message: &[u8]) -> Option<Vec<Field>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < message.len() {
        let start = at;
        let tag = varint(message, &mut at)?;
        let (mut content, mut value) = (None, 0);
        match tag & 7 {
            0 => value = varint(message, &mut at)?,
            1 => at = at.checked_add(8)?,
            2 => {
                let length = usize::try_from(varint(message, &mut at)?).ok()?;
                let end = at.checked_add(length)?;
                content = Some(at..end);
                at = end;
            }
            5 => at = at.checked_add(4)?,
            _ => return None,
        }
        if at > message.len() {
            return None;
        }
        found.push(Field {
            number: tag >> 3,
            whole: start..at,
            content,
            value,
        });
    }
    Some(found)
}

fn varint(message: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *message.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

/// The version of ONNX's own operators, if an OperatorSetIdProto (domain = 1, version = 2) is about them.
fn opset(message: &[u8]) -> Option<u64> {
    let fields = fields(message)?;
    let domain = fields.iter().find(|field| field.number == 1);
    let own = domain.is_none_or(|field| matches!(field.text(message), Some("" | "ai.onnx")));
    own.then(|| {
        fields
            .iter()
            .find(|field| field.number == 2)
            .map(|field| field.value)
    })?
}

/// A node of the graph.
struct Node<'a> {
    inputs: Vec<&'a str>,
    outputs: Vec<&'a str>,
    operator: &'a str,
}

fn node(message: &[u8]) -> Option<Node<'_>> {
    let mut node = Node {
        inputs: Vec::new(),
        outputs: Vec::new(),
        operator: "",
    };
    for field in fields(message)? {
        match field.number {
            NODE_INPUT => node.inputs.push(field.text(message)?),
            NODE_OUTPUT => node.outputs.push(field.text(message)?),
            NODE_OP_TYPE => node.operator = field.text(message)?,
            _ => {}
        }
    }
    Some(node)
}

/// The graph with the head at the positions.
fn cut(graph: &[u8]) -> Option<Vec<u8>> {
    let fields = fields(graph)?;
    let nodes: Vec<(usize, Node<'_>)> = fields
        .iter()
        .enumerate()
        .filter(|(_, field)| field.number == GRAPH_NODE)
        .map(|(index, field)| Some((index, node(field.bytes(graph)?)?)))
        .collect::<Option<_>>()?;
    let mut weights = Vec::new();
    for field in fields.iter().filter(|field| field.number == GRAPH_INITIALIZER) {
        weights.push(weight(field.bytes(graph)?)?);
    }
    let product = product(&nodes, &weights)?;
    let mut out = Vec::with_capacity(graph.len() + 256);
    for (index, field) in fields.iter().enumerate() {
        let whole = graph.get(field.whole.clone())?;
        match field.number {
            GRAPH_NODE if index == product => {
                let message = field.bytes(graph)?;
                put_bytes(&mut out, GRAPH_NODE, &gather(node(message)?.inputs.first()?));
                put_bytes(&mut out, GRAPH_NODE, &with_first_input(message, GATHERED)?);
            }
            // Shapes of inner values and of the output are not what they were; the runtime finds them by itself.
            GRAPH_VALUE_INFO => {}
            GRAPH_OUTPUT => put_bytes(&mut out, GRAPH_OUTPUT, &without_shape(field.bytes(graph)?)?),
            _ => out.extend_from_slice(whole),
        }
    }
    put_bytes(&mut out, GRAPH_INPUT, &positions());
    Some(out)
}

/// The name of a weight; none if it lies in another file.
fn weight(message: &[u8]) -> Option<&str> {
    let mut name = "";
    for field in fields(message)? {
        match field.number {
            TENSOR_NAME => name = field.text(message)?,
            TENSOR_DATA_LOCATION if field.value != 0 => return None,
            _ => {}
        }
    }
    Some(name)
}

/// The node that multiplies by the vocabulary: from the logits back through biases and casts.
fn product(nodes: &[(usize, Node<'_>)], weights: &[&str]) -> Option<usize> {
    let maker = |name: &str| nodes.iter().find(|(_, node)| node.outputs.contains(&name));
    let is_constant = |name: &str| {
        weights.contains(&name)
            || maker(name).is_some_and(|(_, node)| match node.operator {
                "Constant" => true,
                "Transpose" | "Cast" | "DequantizeLinear" | "Identity" => {
                    node.inputs.iter().all(|input| weights.contains(input))
                }
                _ => false,
            })
    };
    let mut name = LOGITS;
    for _ in 0..STEPS {
        let (index, node) = maker(name)?;
        let (first, rest) = node.inputs.split_first()?;
        let all = |names: &[&str]| names.iter().all(|name| is_constant(name));
        match node.operator {
            "MatMul" | "MatMulNBits" if all(rest) && !is_constant(first) => return Some(*index),
            "Cast" | "Identity" => name = first,
            "Add" if all(rest) => name = first,
            "Add" if is_constant(first) && rest.len() == 1 => name = rest.first()?,
            _ => return None,
        }
    }
    None
}

/// What the product reads instead.
const GATHERED: &str = "augment_at_positions";

/// GatherND(tokens, positions) with the rows as batch dimension.
fn gather(tokens: &str) -> Vec<u8> {
    let mut attribute = Vec::new();
    put_bytes(&mut attribute, 1, b"batch_dims");
    put_number(&mut attribute, 3, 1);
    // AttributeProto.INT
    put_number(&mut attribute, 20, 2);
    let mut node = Vec::new();
    put_bytes(&mut node, NODE_INPUT, tokens.as_bytes());
    put_bytes(&mut node, NODE_INPUT, POSITIONS.as_bytes());
    put_bytes(&mut node, NODE_OUTPUT, GATHERED.as_bytes());
    put_bytes(&mut node, 3, b"augment_gather");
    put_bytes(&mut node, NODE_OP_TYPE, b"GatherND");
    put_bytes(&mut node, 5, &attribute);
    node
}

/// A node with another first input.
fn with_first_input(message: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(message.len() + name.len());
    let mut is_first = true;
    for field in fields(message)? {
        if field.number == NODE_INPUT && std::mem::take(&mut is_first) {
            put_bytes(&mut out, NODE_INPUT, name.as_bytes());
        } else {
            out.extend_from_slice(message.get(field.whole)?);
        }
    }
    Some(out)
}

/// A ValueInfoProto (name = 1, type = 2) whose tensor type (1) keeps its element type (1) and loses its shape (2).
fn without_shape(message: &[u8]) -> Option<Vec<u8>> {
    fn keep(message: &[u8], path: &[u64]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        for field in fields(message)? {
            match path.split_first() {
                Some((number, rest)) if *number == field.number => {
                    put_bytes(&mut out, field.number, &keep(field.bytes(message)?, rest)?);
                }
                None if field.number == 2 => {}
                _ => out.extend_from_slice(message.get(field.whole)?),
            }
        }
        Some(out)
    }
    keep(message, &[2, 1])
}

/// The new input: 64-bit numbers of shape rows × positions × 1.
fn positions() -> Vec<u8> {
    let (mut rows, mut count, mut one) = (Vec::new(), Vec::new(), Vec::new());
    put_bytes(&mut rows, 2, b"augment_rows");
    put_bytes(&mut count, 2, b"augment_count");
    put_number(&mut one, 1, 1);
    let (mut shape, mut tensor, mut kind, mut info) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for dimension in [rows, count, one] {
        put_bytes(&mut shape, 1, &dimension);
    }
    // TensorProto.INT64
    put_number(&mut tensor, 1, 7);
    put_bytes(&mut tensor, 2, &shape);
    put_bytes(&mut kind, 1, &tensor);
    put_bytes(&mut info, 1, POSITIONS.as_bytes());
    put_bytes(&mut info, 2, &kind);
    info
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 128 {
        out.push((value & 127) as u8 | 128);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_number(out: &mut Vec<u8>, field: u64, value: u64) {
    put_varint(out, field << 3);
    put_varint(out, value);
}

fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_varint(out, field << 3 | 2);
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn model(name: &str) -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/models")
            .join(name);
        std::fs::read(path).unwrap()
    }

    #[test]
    fn heads_of_masked_models_are_cut_and_others_left() {
        for name in [
            "bert-mlm/onnx/model.onnx",
            "distilbert-mlm/model.onnx",
            "bert-mlm/onnx/model_fp16.onnx",
        ] {
            let model = model(name);
            let cut = at_positions(&model).unwrap_or_else(|| panic!("{name}"));
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert!(text(&cut).contains(POSITIONS), "{name}");
            // Weights stay.
            assert!(cut.len() > model.len() / 2, "{name}");
        }
        assert!(at_positions(&model("sentence-encoder/onnx/model.onnx")).is_none());
    }

    #[test]
    fn damaged_files_are_left_alone() {
        let model = model("distilbert-mlm/model.onnx");
        for cut in 0..400 {
            let end = model.len() * cut / 400;
            // Some cuts fall between fields and leave a message; none may panic.
            let _ = at_positions(&model[..end]);
        }
        for at in (0..model.len()).step_by(997) {
            let mut broken = model.clone();
            broken[at] ^= 0xff;
            let _ = at_positions(&broken);
        }
        assert!(at_positions(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").is_none());
        assert!(at_positions(b"").is_none());
    }
}
