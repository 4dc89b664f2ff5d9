//! A network described once: for training, with dropout and the batch's statistics, and for use, without them.
//!
//! A network is a function from values to logits, written with the layers of [`Net`]. Each parameter has a name and how it
//! begins; in a training step it is an input of the graph, in a file for use a constant.

mod attention;
mod dropout;
mod imported;
mod init;
mod layers;
mod norm;
mod recurrent;

use std::collections::BTreeMap;

pub use attention::Encoder;
pub use imported::Tuned;
pub use init::Init;
pub use layers::Conv;

use super::element::Element;
use super::error::GraphError;
use super::graph::{Graph, Value};
use super::shape::{Dim, Shape};
use super::tensor::Tensor;

/// The name of the batch's dimension in files for use.
pub const BATCH: &str = "batch";

/// An input of a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The sizes of one row: those behind the batch's.
    pub dims: Vec<usize>,
    /// What its elements are: [`Element::F32`] or [`Element::I64`].
    pub element: Element,
}

impl Port {
    /// An input of 32-bit numbers.
    #[must_use]
    pub fn new(name: &str, dims: &[usize]) -> Self {
        Port {
            name: name.to_owned(),
            dims: dims.to_vec(),
            element: Element::F32,
        }
    }

    /// An input of 64-bit integers, such as the numbers of tokens.
    #[must_use]
    pub fn integers(name: &str, dims: &[usize]) -> Self {
        Port {
            element: Element::I64,
            ..Port::new(name, dims)
        }
    }

    pub(super) fn shape(&self, batch: Dim) -> Shape {
        let rest = self.dims.iter().map(|&size| Dim::Known(size));
        [batch].into_iter().chain(rest).collect::<Vec<Dim>>().into()
    }
}

/// A network that tells classes apart.
pub trait Network {
    /// What it takes.
    fn inputs(&self) -> Vec<Port>;

    /// Its logits [batch, classes] from its inputs [batch, ...], in the order of [`Network::inputs`].
    ///
    /// # Errors
    /// [`GraphError`] where its layers do not fit one another.
    fn logits(&self, net: &mut Net<'_>, inputs: &[Value]) -> Result<Value, GraphError>;
}

/// What becomes of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is trained and, if the optimizer has a weight decay, decays: the weights of products.
    Weight,
    /// It is trained, and whether it decays is chosen apart: biases and the scales of normalisations.
    Offset,
    /// It follows the data: the running statistics of normalisations.
    Running,
}

/// A named parameter of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name, as a path with dots.
    pub name: String,
    /// Its shape.
    pub dims: Vec<usize>,
    /// How it begins.
    pub init: Init,
    /// What becomes of it.
    pub role: Role,
    /// Where it is in the graph.
    pub value: Value,
}

/// What the layers are built for.
enum Phase<'a> {
    Training { seed: u64, step: Value },
    Use(&'a BTreeMap<String, Tensor>),
}

/// A network while it is built into a graph.
pub struct Net<'a> {
    graph: &'a mut Graph,
    phase: Phase<'a>,
    path: Vec<String>,
    parameters: Vec<Parameter>,
    /// What running statistics become, by the parameter's name.
    updates: Vec<(String, Value)>,
}

impl<'a> Net<'a> {
    /// For a training step: `seed` makes the dropout's masks together with `step`, a 64-bit integer in the graph.
    pub(super) fn training(graph: &'a mut Graph, seed: u64, step: Value) -> Self {
        Self::new(graph, Phase::Training { seed, step })
    }

    /// For use, with what was trained.
    pub(super) fn for_use(graph: &'a mut Graph, state: &'a BTreeMap<String, Tensor>) -> Self {
        Self::new(graph, Phase::Use(state))
    }

    fn new(graph: &'a mut Graph, phase: Phase<'a>) -> Self {
        Net {
            graph,
            phase,
            path: Vec::new(),
            parameters: Vec::new(),
            updates: Vec::new(),
        }
    }

    /// The graph, for what has no layer here.
    pub fn graph(&mut self) -> &mut Graph {
        self.graph
    }

    /// Whether a training step is built.
    #[must_use]
    pub fn is_training(&self) -> bool {
        matches!(self.phase, Phase::Training { .. })
    }

    pub(super) fn parts(self) -> (Vec<Parameter>, Vec<(String, Value)>) {
        (self.parameters, self.updates)
    }

    /// Names within `build` start with `name`.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn scoped<T>(
        &mut self,
        name: &str,
        build: impl FnOnce(&mut Self) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        self.path.push(name.to_owned());
        self.graph.enter(name);
        let made = build(self);
        self.graph.leave();
        self.path.pop();
        made
    }

    /// A parameter of 32-bit numbers.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken; [`GraphError::File`] when what was trained has no such parameter, or
    /// one of another shape.
    pub fn parameter(
        &mut self,
        name: &str,
        dims: &[usize],
        init: Init,
        role: Role,
    ) -> Result<Value, GraphError> {
        let name = self.named(name);
        let value = match self.phase {
            Phase::Training { .. } => self.graph.input(&name, Element::F32, dims)?,
            Phase::Use(state) => {
                let tensor = state.get(&name).filter(|tensor| tensor.dims() == dims);
                let Some(tensor) = tensor else {
                    return Err(GraphError::File {
                        found: match state.get(&name) {
                            Some(tensor) => format!("{name} of shape {:?}", tensor.dims()),
                            None => format!("no parameter {name}"),
                        },
                        expected: format!("{name} of shape {dims:?}"),
                    });
                };
                self.graph.named_constant(&name, tensor.clone())?
            }
        };
        self.parameters.push(Parameter {
            name,
            dims: dims.to_vec(),
            init,
            role,
            value,
        });
        Ok(value)
    }

    /// Sets what a running statistic becomes with this step.
    fn update(&mut self, name: &str, value: Value) {
        let name = self.named(name);
        self.updates.push((name, value));
    }

    fn named(&self, name: &str) -> String {
        let path = self.path.iter().map(String::as_str).chain([name]);
        path.collect::<Vec<&str>>().join(".")
    }
}
