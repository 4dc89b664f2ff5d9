//! Putting a part of one graph into another.
//!
//! What is known when the graph is built becomes a constant: the arithmetic with shapes that exporters write is gone then. For a
//! batch of any size a part is read at two sizes ([`Part::twin`]): what both agree on is known, and a dimension in which they
//! differ is a multiple of the batch's.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::{Attribute, Attributes};
use super::element::Element;
use super::error::GraphError;
use super::graph::{Graph, Info, Node, Value};
use super::infer::Typed;
use super::shape::{Dim, Shape};
use super::tensor::Tensor;

/// The nodes of a graph that lead from its inputs and constants to one of its values.
pub(super) struct Part<'a> {
    graph: &'a Graph,
    /// The same graph, read for another size of batch.
    twin: Option<Twin<'a>>,
    to: Value,
    nodes: Vec<usize>,
    /// Constants that it needs and that are not known integers, in the order of the file.
    pub constants: Vec<Value>,
}

/// A graph's other reading.
#[derive(Clone, Copy)]
pub(super) struct Twin<'a> {
    pub graph: &'a Graph,
    /// The sizes of the batch in the one and in the other.
    pub sizes: [usize; 2],
    /// What a batch of any size is called.
    pub name: &'a str,
}

impl<'a> Part<'a> {
    /// What leads to a value.
    pub fn leading_to(graph: &'a Graph, to: Value, twin: Option<Twin<'a>>) -> Result<Self, GraphError> {
        let mut part = Part {
            graph,
            twin,
            to,
            nodes: Vec::new(),
            constants: Vec::new(),
        };
        let mut needed = BTreeSet::from([to]);
        for (at, node) in graph.nodes.iter().enumerate().rev() {
            let mut outputs = node.outputs.iter().flatten();
            let mut used = false;
            for output in outputs.by_ref() {
                used |= needed.contains(output) && part.known(*output)?.is_none();
            }
            if used {
                part.nodes.push(at);
                needed.extend(node.inputs.iter().flatten());
            }
        }
        part.nodes.reverse();
        for (value, _) in &graph.constants {
            if needed.contains(value) && part.known(*value)?.is_none() {
                part.constants.push(*value);
            }
        }
        Ok(part)
    }

    /// The contents of a value, if they are known whatever the batch.
    fn known(&self, value: Value) -> Result<Option<Tensor>, GraphError> {
        let info = self.graph.info(value)?;
        let Some(known) = &info.known else {
            return Ok(None);
        };
        if let Some(twin) = self.twin
            && twin.graph.info(value)?.known.as_ref() != Some(known)
        {
            return Ok(None);
        }
        let Some(sizes) = info.shape.sizes() else {
            return Ok(None);
        };
        Ok(match info.element {
            Element::I64 => Some(Tensor::i64(&sizes, known)?),
            Element::Bool => {
                let bytes = known.iter().map(|&truth| u8::from(truth != 0)).collect();
                Some(Tensor::new(Element::Bool, &sizes, bytes)?)
            }
            _ => None,
        })
    }

    fn typed(&self, value: Value) -> Result<Typed, GraphError> {
        let info = self.graph.info(value)?;
        let mut typed = Typed::new(info.element, info.shape.clone());
        match self.twin {
            None => typed.known.clone_from(&info.known),
            Some(twin) => typed.shape = twin.shape(info, twin.graph.info(value)?),
        }
        Ok(typed)
    }
}

impl Twin<'_> {
    fn shape(&self, one: &Info, other: &Info) -> Shape {
        let [small, large] = self.sizes;
        let dims = one.shape.dims().iter().zip(other.shape.dims()).enumerate();
        let open = dims.map(|(axis, (a, b))| match (a.size(), b.size()) {
            _ if a == b => a.clone(),
            (Some(a), Some(b)) if a == small && b == large => Dim::named(self.name),
            (Some(a), Some(b)) if a % small == 0 && a / small * large == b => {
                Dim::named(&format!("{}*{}", self.name, a / small))
            }
            _ => Dim::named(&format!("{}.{axis}", one.name)),
        });
        open.collect::<Vec<Dim>>().into()
    }
}

impl Graph {
    /// Adds a part of another graph. `given` says what stands for its inputs and constants here; constants that are not given are
    /// copied.
    ///
    /// # Errors
    /// [`GraphError::File`] for an input that is not given, and for a part with graphs within.
    pub(super) fn graft(
        &mut self,
        part: &Part<'_>,
        mut given: BTreeMap<Value, Value>,
    ) -> Result<Value, GraphError> {
        let version = part.graph.opsets.get("").copied().unwrap_or(0);
        for &at in &part.nodes {
            let Some(node) = part.graph.nodes.get(at) else {
                continue;
            };
            let mut inputs = Vec::with_capacity(node.inputs.len());
            for input in &node.inputs {
                inputs.push(match input {
                    Some(input) => Some(self.stand_in(part, &mut given, *input)?),
                    None => None,
                });
            }
            let name = self.free_name(node.name.trim_matches('/'));
            let mut outputs = Vec::with_capacity(node.outputs.len());
            for output in &node.outputs {
                let Some(output) = output else {
                    outputs.push(None);
                    continue;
                };
                let name = match outputs.len() {
                    0 => name.clone(),
                    number => format!("{name}:{number}"),
                };
                let value = self.value(&name, part.typed(*output)?)?;
                given.insert(*output, value);
                outputs.push(Some(value));
            }
            if !node.domain.is_empty()
                || node
                    .attributes
                    .iter()
                    .any(|(_, it)| matches!(it, Attribute::Graph(_)))
            {
                return Err(GraphError::File {
                    found: format!("{} ({}{})", node.name, node.domain, node.operator),
                    expected: "ONNX's own operators, without graphs within".to_owned(),
                });
            }
            let mut node = Node {
                name,
                inputs,
                outputs,
                part_of: None,
                ..node.clone()
            };
            self.raise(&mut node, version)?;
            self.push(node);
        }
        self.stand_in(part, &mut given, part.to)
    }

    fn stand_in(
        &mut self,
        part: &Part<'_>,
        given: &mut BTreeMap<Value, Value>,
        value: Value,
    ) -> Result<Value, GraphError> {
        if let Some(known) = part.known(value)? {
            return self.constant(known);
        }
        if let Some(here) = given.get(&value) {
            return Ok(*here);
        }
        let constant = part.graph.constants.iter().find(|(there, _)| *there == value);
        let Some((_, tensor)) = constant else {
            return Err(GraphError::File {
                found: format!("a graph that needs {:?}", part.graph.info(value)?.name),
                expected: "one that needs what the network gives it".to_owned(),
            });
        };
        let here = self.constant(tensor.clone())?;
        given.insert(value, here);
        Ok(here)
    }

    /// Writes a node of an older version of ONNX's operators as [`super::OPSET`] has it. Between 16 and 20, axes of reductions
    /// became inputs, and Split wants to be told its number of outputs; newer versions only take more types.
    fn raise(&mut self, node: &mut Node, version: i64) -> Result<(), GraphError> {
        if version >= 18 {
            return Ok(());
        }
        if node.operator.starts_with("Reduce")
            && let Some(axes) = node.attributes.get_ints("axes").map(<[i64]>::to_vec)
        {
            let axes = self.integers(&axes)?;
            node.inputs.truncate(1);
            node.inputs.push(Some(axes));
            let kept = node.attributes.iter().filter(|(name, _)| *name != "axes");
            node.attributes = kept.fold(Attributes::none(), |all, (name, value)| {
                all.with(name, value.clone())
            });
        }
        if node.operator == "Split" && node.inputs.get(1).copied().flatten().is_none() {
            let outputs = node.outputs.len();
            node.attributes = std::mem::take(&mut node.attributes).sizes_int("num_outputs", outputs);
        }
        Ok(())
    }
}
