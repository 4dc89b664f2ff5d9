//! Files with ONNX operators of versions 11 to 15, as many repositories of models have them, written as version 16 has them.
//!
//! Of what changed between the two, these matter here: lists of axes and of parts became inputs (Squeeze, Unsqueeze, ReduceSum, Split;
//! 13), Dropout's share did (12), Softmax is over one axis instead of all from one on (13), and RoiAlign's coordinates have another
//! default (16).

use super::error::GraphError;
use super::graph::Graph;
use super::proto::attribute_proto::AttributeType;
use super::proto::{AttributeProto, GraphProto, NodeProto};
use super::read::file;
use super::tensor::Tensor;

/// The version that files are written as.
pub(super) const RENEWED: i64 = 16;

/// Since when lists are inputs, and Softmax is over one axis.
const INPUTS: i64 = 13;
/// Since when Dropout is told that it is used in training.
const DROPOUT: i64 = 12;

/// Writes a graph of an older version anew; constants that it needs besides go to `weights`.
pub(super) fn renew(
    proto: &mut GraphProto,
    version: i64,
    weights: &mut Vec<(String, Tensor)>,
) -> Result<(), GraphError> {
    for (at, node) in proto.node.iter_mut().enumerate() {
        let list = match node.op_type() {
            "Squeeze" | "Unsqueeze" | "ReduceSum" if version < INPUTS => "axes",
            "Split" if version < INPUTS => "split",
            "Softmax" | "LogSoftmax" | "Hardmax" if version < INPUTS => {
                if !node.attribute.iter().any(|attribute| attribute.name() == "axis") {
                    node.attribute.push(AttributeProto {
                        name: Some("axis".to_owned()),
                        r#type: Some(AttributeType::Int.into()),
                        i: Some(1),
                        ..AttributeProto::default()
                    });
                }
                continue;
            }
            "RoiAlign" => {
                let name = "coordinate_transformation_mode";
                if !node.attribute.iter().any(|attribute| attribute.name() == name) {
                    node.attribute.push(AttributeProto {
                        name: Some(name.to_owned()),
                        r#type: Some(AttributeType::String.into()),
                        s: Some(b"output_half_pixel".to_vec()),
                        ..AttributeProto::default()
                    });
                }
                continue;
            }
            "Dropout" if version < DROPOUT => {
                node.op_type = Some("Identity".to_owned());
                node.attribute.clear();
                node.output.truncate(1);
                continue;
            }
            _ => continue,
        };
        if let Some(values) = taken(node, list) {
            let name = format!("{}.{list}.{at}", node.op_type());
            weights.push((name.clone(), Tensor::i64(&[values.len()], &values)?));
            node.input.truncate(1);
            node.input.push(name);
        }
    }
    Ok(())
}

/// Takes a list out of a node's attributes.
fn taken(node: &mut NodeProto, name: &str) -> Option<Vec<i64>> {
    let at = node
        .attribute
        .iter()
        .position(|attribute| attribute.name() == name)?;
    Some(node.attribute.remove(at).ints)
}

/// Whether each Softmax of a file of an older version is over the last axis, where both versions do the same.
pub(super) fn check(graph: &Graph, version: i64) -> Result<(), GraphError> {
    if version >= INPUTS {
        return Ok(());
    }
    for node in graph.nodes() {
        if !matches!(node.operator.as_str(), "Softmax" | "LogSoftmax" | "Hardmax") {
            continue;
        }
        let Some(&Some(input)) = node.inputs.first() else {
            continue;
        };
        let info = graph.info(input)?;
        let rank = i64::try_from(info.shape.rank()).unwrap_or(i64::MAX);
        let axis = node.attributes.get_int("axis").unwrap_or(-1);
        if info.element.is_float() && axis != -1 && axis + 1 != rank {
            return Err(file(
                format!(
                    "{} ({}) of version {version} over all axes from {axis} on of {}",
                    node.name, node.operator, info.shape
                ),
                "one over the last axis\nhint: onnx.version_converter.convert_version(model, 20) converts the file",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::graph::attribute::Attributes;
    use crate::onnx::graph::element::Element;

    fn node(operator: &str, inputs: &[&str], outputs: &[&str], lists: &[(&str, &[i64])]) -> NodeProto {
        NodeProto {
            op_type: Some(operator.to_owned()),
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: outputs.iter().map(|&name| name.to_owned()).collect(),
            attribute: lists
                .iter()
                .map(|(name, ints)| AttributeProto {
                    name: Some((*name).to_owned()),
                    r#type: Some(AttributeType::Ints.into()),
                    ints: ints.to_vec(),
                    ..AttributeProto::default()
                })
                .collect(),
            ..NodeProto::default()
        }
    }

    #[test]
    fn lists_become_inputs() {
        let mut graph = GraphProto {
            node: vec![
                node("Unsqueeze", &["x"], &["y"], &[("axes", &[0, 2])]),
                node("Split", &["y"], &["a", "b"], &[("split", &[1, 3])]),
                node("ReduceSum", &["y"], &["z"], &[]),
                node("ReduceMean", &["y"], &["m"], &[("axes", &[1])]),
                node("Softmax", &["y"], &["s"], &[]),
                node("Dropout", &["s"], &["d", "mask"], &[]),
            ],
            ..GraphProto::default()
        };
        let mut weights = Vec::new();
        renew(&mut graph, 11, &mut weights).unwrap();
        let lists: Vec<Vec<i64>> = weights.iter().map(|(_, list)| list.to_i64().unwrap()).collect();
        assert_eq!(lists, [vec![0, 2], vec![1, 3]]);
        for (at, (name, _)) in weights.iter().enumerate() {
            assert_eq!(graph.node[at].input[1], *name);
            assert!(graph.node[at].attribute.is_empty());
        }
        assert_eq!(graph.node[2].input.len(), 1, "all axes");
        assert_eq!(graph.node[3].attribute.len(), 1, "until version 18");
        assert_eq!(graph.node[4].attribute[0].i(), 1);
        assert_eq!(
            (graph.node[5].op_type(), graph.node[5].output.len()),
            ("Identity", 1)
        );
        // Newer ones stay.
        let before = graph.clone();
        renew(&mut graph, 13, &mut weights).unwrap();
        assert_eq!(graph, before);
    }

    #[test]
    fn a_softmax_over_several_axes_is_refused() {
        for (axis, sound) in [(2, true), (-1, true), (1, false)] {
            let mut graph = Graph::new("g");
            let x = graph.input("x", Element::F32, [2, 3, 4]).unwrap();
            let attributes = Attributes::none().int("axis", axis);
            graph.node("Softmax", &[x], attributes).unwrap();
            assert_eq!(check(&graph, 12).is_ok(), sound, "{axis}");
            check(&graph, 13).unwrap();
        }
    }
}
