//! Adding nodes to a graph.

use super::attribute::Attributes;
use super::composite::{Composite, CompositeRule};
use super::element::Element;
use super::error::GraphError;
use super::graph::{FOLLOWED, Graph, Info, Node, Value};
use super::infer::{self, Call, Fault, Typed};
use super::shape::Shape;

impl Graph {
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
