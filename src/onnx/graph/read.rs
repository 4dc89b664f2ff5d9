//! A graph from an ONNX file, so that it can be added to and differentiated.

use std::collections::BTreeMap;

use super::attribute::{Attribute, Attributes};
use super::element::Element;
use super::error::GraphError;
use super::graph::{Graph, Info, Node, Value};
use super::infer::Typed;
use super::model_file::ModelFile;
use super::proto::attribute_proto::AttributeType;
use super::proto::tensor_proto::DataLocation;
use super::proto::tensor_shape_proto::dimension;
use super::proto::{
    AttributeProto, GraphProto, NodeProto, TensorProto, TypeProto, ValueInfoProto, type_proto,
};
use super::shape::{Dim, Shape};
use super::tensor::Tensor;

/// Deeper graphs within graphs are not read.
const DEPTH: usize = 16;

impl Graph {
    /// Reads a model: its nodes, constants, types and shapes; notes and metadata are left behind. `sizes` fixes named dimensions, as a training graph needs it: `[("batch", 16)]`.
    ///
    /// # Errors
    /// [`GraphError::File`] when the bytes are no model, or one with older operators or with weights in other files;
    /// [`GraphError::NoShape`] when neither the file nor a rule says what a node gives.
    pub fn from_model(bytes: &[u8], sizes: &[(&str, usize)]) -> Result<Self, GraphError> {
        ModelFile::parse(bytes)?.graph(sizes)
    }
}

pub(super) fn file(found: impl Into<String>, expected: &str) -> GraphError {
    GraphError::File {
        found: found.into(),
        expected: expected.to_owned(),
    }
}

/// How names in the file are turned to values, and what surrounds a graph.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub sizes: &'a [(&'a str, usize)],
    pub depth: usize,
}

impl Reader<'_> {
    /// `weights` are constants besides those in `proto`.
    pub fn graph(
        &self,
        proto: &GraphProto,
        opsets: &BTreeMap<String, i64>,
        outer: &BTreeMap<String, Info>,
        weights: &[(String, Tensor)],
    ) -> Result<Graph, GraphError> {
        if self.depth > DEPTH {
            return Err(file(
                "graphs within graphs, too deep",
                &format!("at most {DEPTH}"),
            ));
        }
        let mut graph = Graph::new(proto.name());
        graph.opsets = opsets.clone();
        let mut values: BTreeMap<String, Value> = BTreeMap::new();
        for (name, tensor) in weights {
            let value = graph.named_constant(name, tensor.clone())?;
            values.insert(name.clone(), value);
        }
        for tensor in &proto.initializer {
            let value = graph.named_constant(tensor.name(), self::tensor(tensor)?)?;
            values.insert(tensor.name().to_owned(), value);
        }
        for input in &proto.input {
            // Old files list constants among the inputs.
            if values.contains_key(input.name()) {
                continue;
            }
            let Some((element, shape)) = self.typed(input) else {
                return Err(file(
                    format!("the input {:?} without type or shape", input.name()),
                    "both",
                ));
            };
            values.insert(
                input.name().to_owned(),
                graph.input(input.name(), element, shape)?,
            );
        }
        let stated: BTreeMap<&str, (Element, Shape)> = proto
            .value_info
            .iter()
            .chain(&proto.output)
            .filter_map(|info| Some((info.name(), self.typed(info)?)))
            .collect();
        for node in &proto.node {
            self.node(&mut graph, node, &mut values, &stated, outer)?;
        }
        for output in &proto.output {
            let value = find(&mut graph, &mut values, outer, output.name())?;
            graph.mark_output(value);
        }
        Ok(graph)
    }

    fn node(
        &self,
        graph: &mut Graph,
        proto: &NodeProto,
        values: &mut BTreeMap<String, Value>,
        stated: &BTreeMap<&str, (Element, Shape)>,
        outer: &BTreeMap<String, Info>,
    ) -> Result<(), GraphError> {
        let mut inputs = Vec::with_capacity(proto.input.len());
        for name in &proto.input {
            inputs.push(match name.as_str() {
                "" => None,
                name => Some(find(graph, values, outer, name)?),
            });
        }
        let mut attributes = Attributes::none();
        for attribute in &proto.attribute {
            let value = self.attribute(graph, attribute, values, outer)?;
            attributes = attributes.with(attribute.name(), value);
        }
        let first = proto
            .output
            .iter()
            .find(|name| !name.is_empty())
            .cloned()
            .unwrap_or_default();
        let name = match proto.name() {
            "" => first,
            name => name.to_owned(),
        };
        let own = matches!(proto.domain(), "" | "ai.onnx");
        let inferred = match own {
            true => graph.infer(&name, proto.op_type(), &inputs, &attributes, proto.output.len()),
            false => Ok(Vec::new()),
        };
        // What the file states is enough where no rule says it.
        let inferred = match inferred {
            Err(GraphError::NoShape { .. }) => Vec::new(),
            other => other?,
        };
        let mut outputs = Vec::with_capacity(proto.output.len());
        for (at, output) in proto.output.iter().enumerate() {
            if output.is_empty() {
                outputs.push(None);
                continue;
            }
            let stated = stated
                .get(output.as_str())
                .map(|(element, shape)| Typed::new(*element, shape.clone()));
            let Some(typed) = inferred.get(at).cloned().or(stated) else {
                return Err(GraphError::NoShape {
                    node: name,
                    operator: proto.op_type().to_owned(),
                });
            };
            let value = graph.value(output, typed)?;
            values.insert(output.clone(), value);
            outputs.push(Some(value));
        }
        graph.push(Node {
            name,
            operator: proto.op_type().to_owned(),
            domain: if own {
                String::new()
            } else {
                proto.domain().to_owned()
            },
            inputs,
            outputs,
            attributes,
            part_of: None,
        });
        Ok(())
    }

    fn attribute(
        &self,
        graph: &Graph,
        proto: &AttributeProto,
        values: &BTreeMap<String, Value>,
        outer: &BTreeMap<String, Info>,
    ) -> Result<Attribute, GraphError> {
        Ok(match proto.r#type() {
            AttributeType::Int => Attribute::Int(proto.i()),
            AttributeType::Float => Attribute::Float(proto.f()),
            AttributeType::String => Attribute::Text(proto.s().to_vec()),
            AttributeType::Ints => Attribute::Ints(proto.ints.clone()),
            AttributeType::Floats => Attribute::Floats(proto.floats.clone()),
            AttributeType::Tensor if proto.t.is_some() => {
                Attribute::Tensor(tensor(proto.t.as_ref().unwrap_or(&TensorProto::default()))?)
            }
            AttributeType::Graph if proto.g.is_some() => {
                let mut around = outer.clone();
                for (name, value) in values {
                    around.insert(name.clone(), graph.info(*value)?.clone());
                }
                let inner = Reader {
                    depth: self.depth + 1,
                    ..*self
                };
                let body = proto.g.clone().unwrap_or_default();
                Attribute::Graph(Box::new(inner.graph(&body, &graph.opsets, &around, &[])?))
            }
            _ => Attribute::Other(Box::new(proto.clone())),
        })
    }

    fn typed(&self, info: &ValueInfoProto) -> Option<(Element, Shape)> {
        let Some(TypeProto {
            value: Some(type_proto::Value::TensorType(tensor)),
            ..
        }) = &info.r#type
        else {
            return None;
        };
        let dims = tensor
            .shape
            .as_ref()?
            .dim
            .iter()
            .enumerate()
            .map(|(at, dim)| match &dim.value {
                Some(dimension::Value::DimValue(size)) => usize::try_from(*size).ok().map(Dim::Known),
                Some(dimension::Value::DimParam(name)) => Some(self.named(name)),
                // A name that no other dimension has.
                None => Some(self.named(&format!("{}.{at}", info.name()))),
            });
        let shape = dims.collect::<Option<Vec<Dim>>>()?;
        Some((Element::of_code(tensor.elem_type())?, shape.into()))
    }

    /// A named dimension, with its size if that is fixed.
    fn named(&self, name: &str) -> Dim {
        let fixed = self.sizes.iter().find(|(known, _)| *known == name);
        fixed.map_or_else(|| Dim::named(name), |(_, size)| Dim::Known(*size))
    }
}

fn find(
    graph: &mut Graph,
    values: &mut BTreeMap<String, Value>,
    outer: &BTreeMap<String, Info>,
    name: &str,
) -> Result<Value, GraphError> {
    if let Some(value) = values.get(name) {
        return Ok(*value);
    }
    let Some(info) = outer.get(name) else {
        return Err(file(
            format!("the value {name:?} before it is made"),
            "nodes in an order in which they can run",
        ));
    };
    let value = graph.capture(info)?;
    values.insert(name.to_owned(), value);
    Ok(value)
}

pub(super) fn tensor(proto: &TensorProto) -> Result<Tensor, GraphError> {
    let name = proto.name();
    if proto.data_location() == DataLocation::External {
        return Err(file(
            format!("weights of {name:?} in another file"),
            "weights within the model's file",
        ));
    }
    let (element, dims) = typed(proto)?;
    let bytes = match (&proto.raw_data, element) {
        (Some(raw), _) => raw.clone(),
        (None, Element::F32) => proto.float_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        (None, Element::F64) => proto.double_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        (None, Element::I64) => proto.int64_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        (None, Element::I32) => proto.int32_data.iter().flat_map(|v| v.to_le_bytes()).collect(),
        // Narrow types lie in 32-bit integers; the low bytes are theirs.
        (None, _) => {
            let narrow = proto
                .int32_data
                .iter()
                .flat_map(|v| v.to_le_bytes().into_iter().take(element.bytes()));
            narrow.collect()
        }
    };
    Ok(Tensor::new(element, &dims, bytes)?)
}

/// The elements and the shape of a tensor.
pub(super) fn typed(proto: &TensorProto) -> Result<(Element, Vec<usize>), GraphError> {
    let name = proto.name();
    let Some(element) = Element::of_code(proto.data_type()) else {
        return Err(file(
            format!("{name:?} with elements of type {}", proto.data_type()),
            "floating-point numbers, integers or truth values",
        ));
    };
    let dims: Option<Vec<usize>> = proto.dims.iter().map(|&dim| usize::try_from(dim).ok()).collect();
    let Some(dims) = dims else {
        return Err(file(
            format!("{name:?} with the shape {:?}", proto.dims),
            "sizes from 0",
        ));
    };
    Ok((element, dims))
}
