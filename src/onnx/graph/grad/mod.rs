//! Reverse-mode differentiation: for a loss in a graph, the nodes that compute its gradients are added to the same graph.
//!
//! Every operator has one rule, in the file of its family; `rule` lists them. A rule sees one node (`Local`): it takes the
//! gradient of what the node gives and gives those of what it takes. Only what leads from a chosen value to the loss is
//! visited, so that nothing is computed for constants, integers and inputs that are not chosen. That a smaller tensor was
//! repeated to the shape of a larger one is undone in one place, `Local::give`.
//!
//! The graph may have been built here or read from a file; its sizes have to be known.

mod activations;
mod conv;
mod elementwise;
mod layout;
mod linear;
mod norm;
mod pool;
mod recurrent;
mod reduce;
mod softmax;

use std::collections::BTreeMap;

use super::element::Element;
use super::error::GraphError;
use super::graph::{Graph, Node, Value};

pub(in crate::onnx::graph) use norm::{BatchNorm, batch_norm_gradients, steepness};

/// The derivative of an operator.
type Rule = fn(&mut Local<'_>) -> Result<(), GraphError>;

/// The rule of an operator, if there is one.
fn rule(operator: &str) -> Option<Rule> {
    let families = [
        elementwise::rule,
        activations::rule,
        linear::rule,
        reduce::rule,
        layout::rule,
        conv::rule,
        pool::rule,
        norm::rule,
        softmax::rule,
        recurrent::rule,
    ];
    families.into_iter().find_map(|family| family(operator))
}

/// Adds the gradients of a loss, one floating-point number, with respect to values, and gives them in the same order. Each
/// has its value's type and shape.
///
/// # Errors
/// [`GraphError::Loss`], [`GraphError::NoRule`], [`GraphError::NoRuleFor`], [`GraphError::Unused`] for a value that the loss
/// does not depend on, and [`GraphError::Misfit`] where sizes are not known.
pub fn gradients(graph: &mut Graph, loss: Value, of: &[Value]) -> Result<Vec<Value>, GraphError> {
    let info = graph.info(loss)?;
    if !info.element.is_float() || info.shape.elements() != Some(1) {
        return Err(GraphError::Loss {
            value: info.name.clone(),
            element: info.element,
            shape: info.shape.to_string(),
        });
    }
    let (element, sizes) = (info.element, info.shape.sizes().unwrap_or_default());
    let reached = reached(graph, of)?;
    let one = graph.constant(super::tensor::Tensor::filled(element, &sizes, 1.0))?;
    let mut parts = Parts(BTreeMap::from([(loss, vec![one])]));
    graph.enter("gradient");
    let visited = visit(graph, &reached, &mut parts);
    graph.leave();
    visited?;
    of.iter()
        .map(|&value| match parts.whole(graph, value)? {
            Some(gradient) => Ok(gradient),
            None => Err(GraphError::Unused(graph.info(value)?.name.clone())),
        })
        .collect()
}

/// Which values depend on those that are chosen, by number.
fn reached(graph: &Graph, of: &[Value]) -> Result<Vec<bool>, GraphError> {
    let mut reached = vec![false; graph.values().count()];
    let mark = |reached: &mut [bool], value: Value| {
        if let Some(there) = reached.get_mut(value.0) {
            *there = true;
        }
    };
    for &value in of {
        graph.info(value)?;
        mark(&mut reached, value);
    }
    for node in graph.nodes() {
        let mut inputs = node.inputs.iter().flatten();
        if inputs.any(|value| reached.get(value.0) == Some(&true)) {
            for &value in node.outputs.iter().flatten() {
                if graph.info(value)?.element.is_float() {
                    mark(&mut reached, value);
                }
            }
        }
    }
    Ok(reached)
}

/// The gradients found so far: one part for each use of a value.
struct Parts(BTreeMap<Value, Vec<Value>>);

impl Parts {
    fn add(&mut self, value: Value, part: Value) {
        self.0.entry(value).or_default().push(part);
    }

    /// The sum of a value's parts.
    fn whole(&mut self, graph: &mut Graph, value: Value) -> Result<Option<Value>, GraphError> {
        let Some(parts) = self.0.get_mut(&value) else {
            return Ok(None);
        };
        let mut all = std::mem::take(parts).into_iter();
        let mut sum = all.next();
        for part in all {
            sum = match sum {
                Some(sum) => Some(graph.add(sum, part)?),
                None => Some(part),
            };
        }
        parts.extend(sum);
        Ok(sum)
    }
}

/// Goes through the nodes from the last to the first.
fn visit(graph: &mut Graph, reached: &[bool], parts: &mut Parts) -> Result<(), GraphError> {
    let wanted = |value: &Value| reached.get(value.0) == Some(&true);
    let mut done = None;
    for at in (0..graph.nodes().len()).rev() {
        let Some(node) = graph.nodes().get(at).cloned() else {
            continue;
        };
        if node.part_of.is_some() && node.part_of == done {
            continue;
        }
        done = node.part_of;
        let composite = node
            .part_of
            .and_then(|number| graph.composites().get(number).cloned());
        let (inputs, outputs) = match &composite {
            Some(composite) => (
                composite.inputs.iter().copied().map(Some).collect(),
                composite.outputs.iter().copied().map(Some).collect(),
            ),
            None => (node.inputs.clone(), node.outputs.clone()),
        };
        let wants: Vec<bool> = inputs
            .iter()
            .map(|input| input.as_ref().is_some_and(wanted))
            .collect();
        if !wants.contains(&true) {
            continue;
        }
        let mut gradients = Vec::with_capacity(outputs.len());
        for output in &outputs {
            let of_float = output.filter(wanted);
            gradients.push(match of_float {
                Some(output) => parts.whole(graph, output)?,
                None => None,
            });
        }
        if gradients.iter().all(Option::is_none) {
            continue;
        }
        let given = match composite {
            Some(composite) => {
                graph.enter(&composite_scope(&node.name, composite.name));
                let given = (composite.rule)(graph, &composite, &gradients, &wants);
                graph.leave();
                given?
            }
            None => {
                let Some(rule) = rule(&node.operator).filter(|_| node.domain.is_empty()) else {
                    return Err(GraphError::NoRule {
                        node: node.name,
                        operator: node.operator,
                    });
                };
                graph.enter(&node.name);
                let mut local = Local {
                    graph,
                    at,
                    given: vec![None; inputs.len()],
                    node,
                    gradients,
                    wants: wants.clone(),
                };
                let ruled = rule(&mut local);
                let given = std::mem::take(&mut local.given);
                graph.leave();
                ruled?;
                given
            }
        };
        for ((input, part), wanted) in inputs.iter().zip(given).zip(wants) {
            if let (Some(input), Some(part), true) = (input, part, wanted) {
                parts.add(*input, part);
            }
        }
    }
    Ok(())
}

/// The path of a composite: that of its last node, up to the composite's name.
fn composite_scope(node: &str, name: &str) -> String {
    match node.rfind(name) {
        Some(at) => node.get(..at + name.len()).unwrap_or(node).to_owned(),
        None => node.to_owned(),
    }
}

/// One node and what its rule may do.
struct Local<'g> {
    graph: &'g mut Graph,
    /// The node's number.
    at: usize,
    node: Node,
    gradients: Vec<Option<Value>>,
    wants: Vec<bool>,
    given: Vec<Option<Value>>,
}

impl Local<'_> {
    /// An input; operators are checked when nodes are added, so it is there unless it is an optional one.
    fn input(&self, at: usize) -> Result<Value, GraphError> {
        self.optional(at)
            .ok_or_else(|| self.without(format!("no input {at}"), "one"))
    }

    fn optional(&self, at: usize) -> Option<Value> {
        self.node.inputs.get(at).copied().flatten()
    }

    fn output(&self, at: usize) -> Result<Value, GraphError> {
        let output = self.node.outputs.get(at).copied().flatten();
        output.ok_or_else(|| self.without(format!("no output {at}"), "one"))
    }

    /// The gradient of the first output.
    fn gradient(&self) -> Result<Value, GraphError> {
        let gradient = self.gradients.first().copied().flatten();
        gradient.ok_or_else(|| {
            self.without(
                "a gradient of another output only".to_owned(),
                "one of the first output",
            )
        })
    }

    fn wants(&self, input: usize) -> bool {
        self.wants.get(input) == Some(&true)
    }

    /// The sizes of an input.
    fn sizes(&self, input: usize) -> Result<Vec<usize>, GraphError> {
        self.graph.known_sizes(self.input(input)?)
    }

    fn rank(&self, input: usize) -> Result<usize, GraphError> {
        Ok(self.graph.info(self.input(input)?)?.shape.rank())
    }

    fn element(&self, input: usize) -> Result<Element, GraphError> {
        Ok(self.graph.info(self.input(input)?)?.element)
    }

    /// The contents of an integer input.
    fn known(&self, input: usize) -> Result<Vec<i64>, GraphError> {
        let value = self.input(input)?;
        let known = self.graph.info(value)?.known.clone();
        known.ok_or_else(|| {
            let found = format!("input {input} that is computed when the graph runs");
            self.without(found, "one that is known when the graph is built")
        })
    }

    /// Gives the gradient of an input. Where the input was repeated to a larger shape, its gradient is the sum over the
    /// repetitions.
    fn give(&mut self, input: usize, gradient: Value) -> Result<(), GraphError> {
        let (from, to) = (self.graph.shape(self.input(input)?)?, self.graph.shape(gradient)?);
        let axes = Graph::repeated(&from, &to);
        let mut whole = gradient;
        if !axes.is_empty() {
            whole = self.graph.sum(whole, &axes, from.rank() == to.rank())?;
        }
        whole = self.graph.shaped(whole, &from)?;
        if let Some(given) = self.given.get_mut(input) {
            *given = Some(whole);
        }
        Ok(())
    }

    /// An error for settings that the rule cannot do.
    fn without(&self, found: String, expected: &str) -> GraphError {
        GraphError::NoRuleFor {
            node: self.node.name.clone(),
            operator: self.node.operator.clone(),
            found,
            expected: expected.to_owned(),
        }
    }

    fn int(&self, name: &str, otherwise: i64) -> i64 {
        self.node.attributes.get_int(name).unwrap_or(otherwise)
    }

    fn float(&self, name: &str, otherwise: f32) -> f32 {
        self.node.attributes.get_float(name).unwrap_or(otherwise)
    }

    /// An axis from an attribute, counted from the front.
    fn axis(&self, otherwise: i64, rank: usize) -> usize {
        front(self.int("axis", otherwise), rank)
    }

    /// The axes of a reduction: an attribute in older versions, an input, or all.
    fn axes(&self, rank: usize) -> Result<Vec<usize>, GraphError> {
        let listed = match self.node.attributes.get_ints("axes") {
            Some(axes) => Some(axes.to_vec()),
            None if self.optional(1).is_some() => Some(self.known(1)?),
            None => None,
        };
        Ok(match listed {
            Some(axes) if !axes.is_empty() => axes.into_iter().map(|axis| front(axis, rank)).collect(),
            _ if self.int("noop_with_empty_axes", 0) != 0 => Vec::new(),
            _ => (0..rank).collect(),
        })
    }
}

/// An axis counted from the front. Axes were checked when the node was added.
fn front(axis: i64, rank: usize) -> usize {
    let size = i64::try_from(rank).unwrap_or(i64::MAX);
    usize::try_from(if axis < 0 { axis + size } else { axis }).unwrap_or(0)
}
