//! A graph while it is built: values with checked names, types and shapes, and the nodes that make them.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::Attributes;
use super::composite::Composite;
use super::element::Element;
use super::error::GraphError;
use super::infer::Typed;
use super::shape::Shape;
use super::tensor::Tensor;

/// The version of ONNX's operators that graphs are written in: all of ONNX Runtime 1.24 to 1.31 run it.
pub const OPSET: i64 = 20;

/// Constants of so many bytes are kept once, however often they are asked for.
const SHARED: usize = 64;
/// The contents of integer tensors of so many elements are followed, to know what shapes computed in the graph are.
pub(super) const FOLLOWED: usize = 64;

/// A value of a graph: an input, a constant, or what a node gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Value(pub(super) usize);

/// What is known of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// Its name.
    pub name: String,
    /// What its elements are.
    pub element: Element,
    /// Its shape.
    pub shape: Shape,
    /// Its contents, where it is a small tensor of 64-bit integers, or of truth values (0 and 1), that do not depend on the
    /// contents of the graph's inputs.
    pub known: Option<Vec<i64>>,
}

/// One operation.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its operator, for example `MatMul`.
    pub operator: String,
    /// The operator's domain; empty for ONNX's own.
    pub domain: String,
    /// What it takes; none for an optional input that is left out.
    pub inputs: Vec<Option<Value>>,
    /// What it gives; none for an optional output that is left out.
    pub outputs: Vec<Option<Value>>,
    /// Its settings.
    pub attributes: Attributes,
    /// The composite that it is part of.
    pub(super) part_of: Option<usize>,
}

/// An ONNX graph that is being built. Nodes come in an order in which they can run.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(super) name: String,
    /// The versions of operators it is written in, by domain.
    pub(super) opsets: BTreeMap<String, i64>,
    pub(super) nodes: Vec<Node>,
    pub(super) values: Vec<Info>,
    pub(super) constants: Vec<(Value, Tensor)>,
    pub(super) inputs: Vec<Value>,
    pub(super) outputs: Vec<Value>,
    pub(super) taken: BTreeSet<String>,
    pub(super) counters: BTreeMap<String, usize>,
    pub(super) scope: Vec<String>,
    pub(super) shared: BTreeMap<(Element, Vec<usize>, Vec<u8>), Value>,
    pub(super) composites: Vec<Composite>,
}

impl Graph {
    /// A graph without nodes.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Graph {
            name: name.to_owned(),
            opsets: BTreeMap::from([(String::new(), OPSET)]),
            nodes: Vec::new(),
            values: Vec::new(),
            constants: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            taken: BTreeSet::new(),
            counters: BTreeMap::new(),
            scope: Vec::new(),
            shared: BTreeMap::new(),
            composites: Vec::new(),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its nodes.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Its constants.
    #[must_use]
    pub fn constants(&self) -> &[(Value, Tensor)] {
        &self.constants
    }

    /// What it takes.
    #[must_use]
    pub fn inputs(&self) -> &[Value] {
        &self.inputs
    }

    /// What it gives.
    #[must_use]
    pub fn outputs(&self) -> &[Value] {
        &self.outputs
    }

    /// All its values.
    pub fn values(&self) -> impl Iterator<Item = (Value, &Info)> {
        self.values.iter().enumerate().map(|(at, info)| (Value(at), info))
    }

    pub(super) fn composites(&self) -> &[Composite] {
        &self.composites
    }

    /// What is known of a value.
    ///
    /// # Errors
    /// [`GraphError::Foreign`].
    pub fn info(&self, value: Value) -> Result<&Info, GraphError> {
        self.values.get(value.0).ok_or(GraphError::Foreign(value.0))
    }

    /// The shape of a value.
    ///
    /// # Errors
    /// [`GraphError::Foreign`].
    pub fn shape(&self, value: Value) -> Result<Shape, GraphError> {
        Ok(self.info(value)?.shape.clone())
    }

    /// An input.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken.
    pub fn input(
        &mut self,
        name: &str,
        element: Element,
        shape: impl Into<Shape>,
    ) -> Result<Value, GraphError> {
        let value = self.value(name, Typed::new(element, shape.into()))?;
        self.inputs.push(value);
        Ok(value)
    }

    /// A value of the graph around this one, under its name there. Only bodies of operators have such.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken.
    pub fn capture(&mut self, outer: &Info) -> Result<Value, GraphError> {
        self.value(&outer.name, Typed::new(outer.element, outer.shape.clone()))
    }

    /// A constant under a name of its own.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken.
    pub fn named_constant(&mut self, name: &str, tensor: Tensor) -> Result<Value, GraphError> {
        let mut typed = Typed::new(tensor.element(), tensor.dims().to_vec().into());
        if tensor.len() <= FOLLOWED {
            typed.known = tensor.to_i64();
        }
        let value = self.value(name, typed)?;
        self.constants.push((value, tensor));
        Ok(value)
    }

    /// A constant. Small ones are kept once.
    ///
    /// # Errors
    /// None that a caller could cause; those of [`Graph::named_constant`].
    pub fn constant(&mut self, tensor: Tensor) -> Result<Value, GraphError> {
        let small = tensor.bytes().len() <= SHARED;
        let key = small.then(|| (tensor.element(), tensor.dims().to_vec(), tensor.bytes().to_vec()));
        if let Some(there) = key.as_ref().and_then(|key| self.shared.get(key)) {
            return Ok(*there);
        }
        let name = self.free_name("constant");
        let value = self.named_constant(&name, tensor)?;
        if let Some(key) = key {
            self.shared.insert(key, value);
        }
        Ok(value)
    }

    /// A list of 64-bit integers.
    ///
    /// # Errors
    /// As [`Graph::constant`].
    pub fn integers(&mut self, values: &[i64]) -> Result<Value, GraphError> {
        self.constant(Tensor::integers(values))
    }

    /// A number with the same elements as a value.
    ///
    /// # Errors
    /// [`GraphError::Foreign`].
    pub fn scalar_like(&mut self, like: Value, number: f64) -> Result<Value, GraphError> {
        let element = self.info(like)?.element;
        self.constant(Tensor::filled(element, &[], number))
    }

    /// Makes a value an output under a name.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken, [`GraphError::Foreign`].
    pub fn output(&mut self, name: &str, value: Value) -> Result<Value, GraphError> {
        let made = self.nodes.iter().any(|node| node.outputs.contains(&Some(value)));
        let value = if made && !self.outputs.contains(&value) {
            value
        } else {
            // An input, a constant and a value that is an output already keep their names.
            self.node("Identity", &[value], Attributes::none())?
        };
        self.rename(value, name)?;
        self.outputs.push(value);
        Ok(value)
    }

    pub(super) fn value(&mut self, name: &str, typed: Typed) -> Result<Value, GraphError> {
        if name.is_empty() || !self.taken.insert(name.to_owned()) {
            return Err(GraphError::Name(name.to_owned()));
        }
        self.values.push(Info {
            name: name.to_owned(),
            element: typed.element,
            shape: typed.shape,
            known: typed.known,
        });
        Ok(Value(self.values.len() - 1))
    }

    /// Marks a value as an output under the name that it has.
    pub(super) fn mark_output(&mut self, value: Value) {
        self.outputs.push(value);
    }
}
