//! A layer that is a model's file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BATCH, Init, Net, Role};
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graft::{Part, Twin};
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::import::{Import, Place};
use crate::onnx::graph::tensor::Tensor;

/// Which weights of a model's file are trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tuned {
    /// None.
    Head,
    /// All.
    All,
    /// Those of the last so many layers, and what comes behind them.
    Last(usize),
}

impl Tuned {
    fn takes(self, place: Place, layers: usize) -> bool {
        match (self, place) {
            (Tuned::Head, _) | (Tuned::Last(_), Place::Before) => false,
            (Tuned::All, _) => true,
            (Tuned::Last(last), Place::Layer(number)) => number + last >= layers,
            (Tuned::Last(last), Place::After) => last > 0,
        }
    }
}

/// Two sizes of batch that tell which dimensions are the batch's; 1 would do for any.
const TWINS: [usize; 2] = [2, 3];

impl Net<'_> {
    /// The output of a model's file for inputs by their names. Its weights are parameters `NAME.WEIGHT`, which begin as in the file,
    /// as far as they are trained; else constants. Without dropout: files for use have none.
    ///
    /// # Errors
    /// [`GraphError`]: the file has other inputs or no such output, or an operator in it is not known.
    pub fn imported(
        &mut self,
        name: &str,
        import: &Import,
        inputs: &[(&str, Value)],
        output: &str,
        tuned: Tuned,
    ) -> Result<Value, GraphError> {
        let read = |net: &Self, rows: usize| -> Result<Graph, GraphError> {
            let sizes = inputs.iter().map(|(name, value)| {
                let dims = net.graph.shape(*value)?;
                let sizes = dims.dims().iter().map(|dim| dim.size().unwrap_or(rows));
                Ok((*name, sizes.collect()))
            });
            import.graph(&sizes.collect::<Result<Vec<(&str, Vec<usize>)>, GraphError>>()?)
        };
        let open = inputs
            .iter()
            .any(|(_, value)| net_shape_is_open(self.graph, *value));
        let graph = read(self, TWINS[0])?;
        let other = if open { Some(read(self, TWINS[1])?) } else { None };
        let twin = other.as_ref().map(|graph| Twin {
            graph,
            sizes: TWINS,
            name: BATCH,
        });
        let Some(to) = graph.find(output) else {
            return Err(GraphError::File {
                found: format!("no value {output:?}"),
                expected: "a model that gives it".to_owned(),
            });
        };
        let part = Part::leading_to(&graph, to, twin)?;
        let layers = import.layers_to(&graph, to)?;
        let mut given = BTreeMap::new();
        for (name, value) in inputs {
            if let Some(there) = graph.find(name) {
                given.insert(there, *value);
            }
        }
        self.scoped(name, |net| {
            for &constant in &part.constants {
                let Some((_, tensor)) = graph.constants().iter().find(|(value, _)| *value == constant) else {
                    continue;
                };
                let weight = &graph.info(constant)?.name;
                let trained = import
                    .place(weight)
                    .is_some_and(|place| tuned.takes(place, layers));
                let here = match trained {
                    true => net.given(weight, tensor)?,
                    false if tensor.len() > 1 => {
                        let path = net.named(weight);
                        net.graph.named_constant(&path, tensor.clone())?
                    }
                    false => net.graph.constant(tensor.clone())?,
                };
                given.insert(constant, here);
            }
            net.graph.graft(&part, given)
        })
    }

    /// A parameter that begins as in a file.
    fn given(&mut self, name: &str, tensor: &Tensor) -> Result<Value, GraphError> {
        let role = match tensor.dims().len() {
            ..=1 => Role::Offset,
            _ => Role::Weight,
        };
        self.parameter(name, tensor.dims(), Init::Given(tensor.clone()), role)
    }
}

fn net_shape_is_open(graph: &Graph, value: Value) -> bool {
    graph.shape(value).is_ok_and(|shape| shape.sizes().is_none())
}
