//! A graph while it is built: values with checked names, types and shapes, and the nodes that make them.

use std::collections::{BTreeMap, BTreeSet};

use super::attribute::Attributes;
use super::composite::{Composite, CompositeRule};
use super::element::Element;
use super::error::GraphError;
use super::infer::{self, Call, Fault, Typed};
use super::shape::Shape;
use super::tensor::Tensor;

/// The version of ONNX's operators that graphs are written in: all of ONNX Runtime 1.24 to 1.31 run it.
pub const OPSET: i64 = 20;

/// Constants of so many bytes are kept once, however often they are asked for.
const SHARED: usize = 64;
/// The contents of integer tensors of so many elements are followed, to know what shapes computed in the graph are.
const FOLLOWED: usize = 64;

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
    name: String,
    /// The versions of operators it is written in, by domain.
    pub(super) opsets: BTreeMap<String, i64>,
    nodes: Vec<Node>,
    values: Vec<Info>,
    constants: Vec<(Value, Tensor)>,
    inputs: Vec<Value>,
    outputs: Vec<Value>,
    taken: BTreeSet<String>,
    counters: BTreeMap<String, usize>,
    scope: Vec<String>,
    shared: BTreeMap<(Element, Vec<usize>, Vec<u8>), Value>,
    composites: Vec<Composite>,
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

    /// A value by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Value> {
        self.values.iter().position(|info| info.name == name).map(Value)
    }

    /// Names of nodes made by `build` start with `name`, as in a path.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn scoped<T>(
        &mut self,
        name: &str,
        build: impl FnOnce(&mut Graph) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        self.enter(name);
        let made = build(self);
        self.leave();
        made
    }

    /// Names of nodes start with `name` until [`Graph::leave`].
    pub fn enter(&mut self, name: &str) {
        self.scope.push(name.to_owned());
    }

    /// Ends what [`Graph::enter`] began.
    pub fn leave(&mut self) {
        self.scope.pop();
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

    /// Gives a value another name.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken, [`GraphError::Foreign`].
    pub fn rename(&mut self, value: Value, name: &str) -> Result<(), GraphError> {
        if self.info(value)?.name == name {
            return Ok(());
        }
        if name.is_empty() || !self.taken.insert(name.to_owned()) {
            return Err(GraphError::Name(name.to_owned()));
        }
        if let Some(info) = self.values.get_mut(value.0) {
            let old = std::mem::replace(&mut info.name, name.to_owned());
            self.taken.remove(&old);
        }
        Ok(())
    }

    /// Adds a node with one result.
    ///
    /// # Errors
    /// [`GraphError::Misfit`] when the inputs do not fit the operator, [`GraphError::NoShape`] for an operator whose
    /// results are not known here.
    pub fn node(
        &mut self,
        operator: &str,
        inputs: &[Value],
        attributes: Attributes,
    ) -> Result<Value, GraphError> {
        let inputs: Vec<Option<Value>> = inputs.iter().copied().map(Some).collect();
        let mut outputs = self.nodes_of(operator, &inputs, attributes, 1)?;
        // One was asked for, so one is there.
        outputs.pop().ok_or_else(|| GraphError::NoShape {
            node: operator.to_owned(),
            operator: operator.to_owned(),
        })
    }

    /// Adds a node with several results; inputs may be left out.
    ///
    /// # Errors
    /// As [`Graph::node`].
    pub fn nodes_of(
        &mut self,
        operator: &str,
        inputs: &[Option<Value>],
        attributes: Attributes,
        outputs: usize,
    ) -> Result<Vec<Value>, GraphError> {
        let name = self.free_name(operator);
        let typed = self.infer(&name, operator, inputs, &attributes, outputs)?;
        let mut made = Vec::with_capacity(outputs);
        for (at, typed) in typed.into_iter().take(outputs).enumerate() {
            let name = if at == 0 {
                name.clone()
            } else {
                format!("{name}:{at}")
            };
            made.push(self.value(&name, typed)?);
        }
        self.push(Node {
            name,
            operator: operator.to_owned(),
            domain: String::new(),
            inputs: inputs.to_vec(),
            outputs: made.iter().copied().map(Some).collect(),
            attributes,
            part_of: None,
        });
        Ok(made)
    }

    /// A node's second result, for a node that was made without it.
    pub(super) fn second_output(
        &mut self,
        node: usize,
        element: Element,
        shape: Shape,
    ) -> Result<Value, GraphError> {
        let last = self.nodes.get(node).map(|node| format!("{}:1", node.name));
        let name = self.free_name(&last.unwrap_or_default());
        let value = self.value(&name, Typed::new(element, shape))?;
        if let Some(node) = self.nodes.get_mut(node) {
            node.outputs.truncate(1);
            node.outputs.push(Some(value));
        }
        Ok(value)
    }

    /// Appends a node as it is; its values have to be of this graph.
    pub(super) fn push(&mut self, node: Node) {
        self.nodes.push(node);
    }

    /// The types of a node's results.
    pub(super) fn infer(
        &self,
        name: &str,
        operator: &str,
        inputs: &[Option<Value>],
        attributes: &Attributes,
        outputs: usize,
    ) -> Result<Vec<Typed>, GraphError> {
        let inputs: Vec<Option<&Info>> = inputs
            .iter()
            .map(|input| input.map(|value| self.info(value)).transpose())
            .collect::<Result<_, _>>()?;
        let call = Call {
            operator,
            inputs: &inputs,
            attributes,
            outputs,
        };
        let mut typed = infer::infer(&call).map_err(|fault| match fault {
            Fault::Unknown => GraphError::NoShape {
                node: name.to_owned(),
                operator: operator.to_owned(),
            },
            Fault::Expected(expected) => GraphError::Misfit {
                node: name.to_owned(),
                operator: operator.to_owned(),
                found: found(&inputs),
                expected,
            },
        })?;
        for typed in &mut typed {
            typed.known.take_if(|known| known.len() > FOLLOWED);
        }
        Ok(typed)
    }

    /// Adds nodes that belong together and know their derivative as a whole: `build` adds them and gives what they make
    /// and what the derivative needs besides.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn composite(
        &mut self,
        name: &'static str,
        inputs: &[Value],
        rule: CompositeRule,
        build: impl FnOnce(&mut Graph) -> Result<(Vec<Value>, Vec<Value>), GraphError>,
    ) -> Result<Vec<Value>, GraphError> {
        let first = self.nodes.len();
        let (outputs, kept) = self.scoped(name, build)?;
        let number = self.composites.len();
        for node in self.nodes.iter_mut().skip(first) {
            // A composite within another is part of the outer one.
            node.part_of = Some(number);
        }
        self.composites.push(Composite {
            name,
            inputs: inputs.to_vec(),
            outputs: outputs.clone(),
            kept,
            rule,
        });
        Ok(outputs)
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

    /// A name that is not taken, with the scope before it.
    pub(super) fn free_name(&mut self, last: &str) -> String {
        let mut path = self.scope.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(last);
        loop {
            let counter = self.counters.entry(path.clone()).or_insert(0);
            *counter += 1;
            let name = match *counter {
                1 => path.clone(),
                number => format!("{path}_{number}"),
            };
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }
}

fn found(inputs: &[Option<&Info>]) -> String {
    let types = inputs.iter().map(|input| match input {
        Some(info) => format!("{}{}", info.element, info.shape),
        None => "nothing".to_owned(),
    });
    let types: Vec<String> = types.collect();
    if types.is_empty() {
        "no inputs".to_owned()
    } else {
        types.join(", ")
    }
}
