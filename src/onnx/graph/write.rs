//! A graph as an ONNX file.

use prost::Message;

use super::attribute::{Attribute, Attributes};
use super::element::Element;
use super::error::GraphError;
use super::graph::{Graph, Node, OPSET, Value};
use super::proto::attribute_proto::AttributeType;
use super::proto::tensor_shape_proto::{Dimension, dimension};
use super::proto::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
    TensorProto, TensorShapeProto, TypeProto, ValueInfoProto, type_proto,
};
use super::shape::{Dim, Shape};
use super::tensor::Tensor;

/// The version of ONNX's file format that came with a version of its operators, so that old tools read what they can.
fn file_version(opset: i64) -> i64 {
    match opset {
        ..=20 => 9,
        21 | 22 => 10,
        23 => 11,
        _ => 12,
    }
}

impl Graph {
    /// The bytes of an ONNX file that any tool reads; `notes` become the model's metadata.
    ///
    /// # Errors
    /// [`GraphError::Foreign`] for a graph that was put together of another's values.
    pub fn to_model(&self, notes: &[(&str, &str)]) -> Result<Vec<u8>, GraphError> {
        let opsets = self.opsets.iter().map(|(domain, version)| OperatorSetIdProto {
            domain: Some(domain.clone()),
            version: Some(*version),
        });
        let notes = notes.iter().map(|(key, value)| StringStringEntryProto {
            key: Some((*key).to_owned()),
            value: Some((*value).to_owned()),
        });
        let model = ModelProto {
            ir_version: Some(file_version(self.opsets.get("").copied().unwrap_or(OPSET))),
            producer_name: Some(env!("CARGO_PKG_NAME").to_owned()),
            producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            opset_import: opsets.collect(),
            graph: Some(self.to_proto()?),
            metadata_props: notes.collect(),
            ..ModelProto::default()
        };
        Ok(model.encode_to_vec())
    }

    fn to_proto(&self) -> Result<GraphProto, GraphError> {
        let named = |values: &[Value]| -> Result<Vec<ValueInfoProto>, GraphError> {
            values.iter().map(|&value| self.value_info(value)).collect()
        };
        let made = self.nodes().iter().flat_map(|node| node.outputs.iter().flatten());
        let inner: Vec<Value> = made
            .filter(|value| !self.outputs().contains(value))
            .copied()
            .collect();
        let constants = self.constants().iter().map(|(value, tensor)| {
            let mut proto = tensor_proto(tensor);
            proto.name = Some(self.info(*value)?.name.clone());
            Ok(proto)
        });
        Ok(GraphProto {
            node: self
                .nodes()
                .iter()
                .map(|node| self.node_proto(node))
                .collect::<Result<_, _>>()?,
            name: Some(self.name().to_owned()),
            initializer: constants.collect::<Result<_, GraphError>>()?,
            input: named(self.inputs())?,
            output: named(self.outputs())?,
            value_info: named(&inner)?,
            ..GraphProto::default()
        })
    }

    fn value_info(&self, value: Value) -> Result<ValueInfoProto, GraphError> {
        let info = self.info(value)?;
        Ok(ValueInfoProto {
            name: Some(info.name.clone()),
            r#type: Some(type_proto(info.element, &info.shape)),
            ..ValueInfoProto::default()
        })
    }

    fn node_proto(&self, node: &Node) -> Result<NodeProto, GraphError> {
        let names = |values: &[Option<Value>]| -> Result<Vec<String>, GraphError> {
            let name = |value: &Option<Value>| match value {
                Some(value) => Ok(self.info(*value)?.name.clone()),
                None => Ok(String::new()),
            };
            let mut names = values.iter().map(name).collect::<Result<Vec<_>, GraphError>>()?;
            // What is left out at the end is not written.
            while names.last().is_some_and(String::is_empty) {
                names.pop();
            }
            Ok(names)
        };
        Ok(NodeProto {
            input: names(&node.inputs)?,
            output: names(&node.outputs)?,
            name: Some(node.name.clone()),
            op_type: Some(node.operator.clone()),
            domain: Some(node.domain.clone()).filter(|domain| !domain.is_empty()),
            attribute: attributes(&node.attributes)?,
            ..NodeProto::default()
        })
    }
}

fn attributes(all: &Attributes) -> Result<Vec<AttributeProto>, GraphError> {
    let protos = all.iter().map(|(name, value)| {
        let mut proto = AttributeProto {
            name: Some(name.to_owned()),
            ..AttributeProto::default()
        };
        let kind = match value {
            Attribute::Int(value) => {
                proto.i = Some(*value);
                AttributeType::Int
            }
            Attribute::Float(value) => {
                proto.f = Some(*value);
                AttributeType::Float
            }
            Attribute::Text(value) => {
                proto.s = Some(value.clone());
                AttributeType::String
            }
            Attribute::Ints(values) => {
                proto.ints = values.clone();
                AttributeType::Ints
            }
            Attribute::Floats(values) => {
                proto.floats = values.clone();
                AttributeType::Floats
            }
            Attribute::Tensor(tensor) => {
                proto.t = Some(tensor_proto(tensor));
                AttributeType::Tensor
            }
            Attribute::Graph(graph) => {
                proto.g = Some(graph.to_proto()?);
                AttributeType::Graph
            }
            Attribute::Other(other) => return Ok(other.as_ref().clone()),
        };
        proto.set_type(kind);
        Ok(proto)
    });
    protos.collect()
}

fn tensor_proto(tensor: &Tensor) -> TensorProto {
    TensorProto {
        dims: super::build::signed(tensor.dims()),
        data_type: Some(tensor.element().code()),
        raw_data: Some(tensor.bytes().to_vec()),
        ..TensorProto::default()
    }
}

fn type_proto(element: Element, shape: &Shape) -> TypeProto {
    let dims = shape.dims().iter().map(|dim| Dimension {
        value: Some(match dim {
            Dim::Known(size) => dimension::Value::DimValue(i64::try_from(*size).unwrap_or(i64::MAX)),
            Dim::Named(name) => dimension::Value::DimParam(name.to_string()),
        }),
        ..Dimension::default()
    });
    TypeProto {
        value: Some(type_proto::Value::TensorType(type_proto::Tensor {
            elem_type: Some(element.code()),
            shape: Some(TensorShapeProto { dim: dims.collect() }),
        })),
        ..TypeProto::default()
    }
}
