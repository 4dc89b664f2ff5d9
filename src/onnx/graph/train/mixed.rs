//! Mixed precision (Micikevicius et al. 2018): products in 16 bits, everything else in 32.
//!
//! [`narrow`] goes over a finished step: what a product takes is cast to 16 bits before it, once for all products that take it, and
//! what it gives is cast to 32 bits behind it. Where one product takes what another gives, the casts between them would change
//! nothing and are left out. Products within a loop's body, and GRU, stay as they are, and so does what depends on the step's number
//! alone: the vectors of dropout's masks, whose products have to be exact.
//!
//! Gradients that 16 bits round to nothing are kept by a [`Scaler`], as PyTorch's `GradScaler` with its constants.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::onnx::graph::attribute::{Attribute, Attributes};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Node, Value};
use crate::onnx::graph::infer::Typed;
use crate::onnx::graph::network::Init;
use crate::onnx::graph::tensor::Tensor;

/// The numbers that products are computed in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits, as everything else.
    #[default]
    Fp32,
    /// 16 bits; the loss is scaled so that small gradients are not lost.
    Fp16,
}

/// What the names of a scaler's slots start with.
pub const SCALER: &str = "scaler/";

const PRODUCTS: [&str; 4] = ["Conv", "ConvTranspose", "Gemm", "MatMul"];

/// The scale that training starts with.
const FIRST: f32 = 65_536.0;
/// Good steps in a row after which it doubles.
const INTERVAL: f64 = 2000.0;
/// It does not grow beyond this, far above what gradients in 16 bits bear: one over it is a number, too.
const MOST: f64 = (1_u128 << 100) as f64;

/// The scale of the loss: a power of two that halves where gradients overflow and doubles after many steps without that. Its state goes
/// from step to step as parameters do.
pub(super) struct Scaler {
    scale: Value,
    /// Good steps since it changed.
    good: Value,
    /// Steps that were left out, of all.
    skipped: Value,
}

impl Scaler {
    pub fn new(graph: &mut Graph) -> Result<Self, GraphError> {
        let mut input = |name: &str| graph.input(&format!("{SCALER}{name}"), Element::F32, &[][..]);
        Ok(Scaler {
            scale: input("scale")?,
            good: input("good")?,
            skipped: input("skipped")?,
        })
    }

    /// The loss whose gradients are taken.
    pub fn scaled(&self, graph: &mut Graph, loss: Value) -> Result<Value, GraphError> {
        graph.mul(loss, self.scale)
    }

    /// The gradients of the loss itself. A power of two takes no bits from them.
    pub fn restored(&self, graph: &mut Graph, slopes: &[Value]) -> Result<Vec<Value>, GraphError> {
        let factor = graph.unary("Reciprocal", self.scale)?;
        let restored = slopes.iter().map(|&slope| {
            let factor = graph.beside(factor, slope)?;
            graph.mul(slope, factor)
        });
        restored.collect()
    }

    /// The number of a step among those that are not left out, which the optimizer counts by.
    pub fn counted(&self, graph: &mut Graph, step: Value) -> Result<Value, GraphError> {
        let skipped = graph.cast(self.skipped, Element::I64)?;
        graph.sub(step, skipped)
    }

    /// Name, beginning and next value of each slot, the scale's first; `good` says whether the step is not left out.
    pub fn slots(&self, graph: &mut Graph, good: Value) -> Result<[(String, Init, Value); 3], GraphError> {
        let zero = graph.scalar_like(self.good, 0.0)?;
        let row = graph.add_number(self.good, 1.0)?;
        let due = graph.scalar_like(row, INTERVAL - 0.5)?;
        let due = graph.node("Greater", &[row, due], Attributes::none())?;
        let double = graph.mul_number(self.scale, 2.0)?;
        let most = graph.scalar_like(double, MOST)?;
        let double = graph.node("Min", &[double, most], Attributes::none())?;
        let scale = choice(graph, due, double, self.scale)?;
        let row = choice(graph, due, zero, row)?;
        let half = graph.mul_number(self.scale, 0.5)?;
        let scale = choice(graph, good, scale, half)?;
        let row = choice(graph, good, row, zero)?;
        let more = graph.add_number(self.skipped, 1.0)?;
        let skipped = choice(graph, good, self.skipped, more)?;
        let slot =
            |name: &str, first: f32, next: Value| (format!("{SCALER}{name}"), Init::Constant(first), next);
        Ok([
            slot("scale", FIRST, scale),
            slot("good", 0.0, row),
            slot("skipped", 0.0, skipped),
        ])
    }
}

/// Whether a norm is a finite number.
pub(super) fn is_finite(graph: &mut Graph, norm: Value) -> Result<Value, GraphError> {
    let infinite = graph.constant(Tensor::f32(&[], &[f32::INFINITY])?)?;
    graph.node("Less", &[norm, infinite], Attributes::none())
}

/// One value where a scalar condition holds, else another of the same shape.
pub(super) fn choice(graph: &mut Graph, when: Value, then: Value, other: Value) -> Result<Value, GraphError> {
    let when = graph.beside(when, then)?;
    graph.node("Where", &[when, then, other], Attributes::none())
}

/// Makes a graph's products take and give 16 bits. `step` is the input whose number alone makes the products that stay.
pub(super) fn narrow(graph: &mut Graph, step: Value) -> Result<(), GraphError> {
    let data = data(graph, step);
    let nodes = std::mem::take(&mut graph.nodes);
    let mut narrow: BTreeMap<Value, Value> = BTreeMap::new();
    for mut node in nodes {
        let Some(wide) = product(graph, &node, &data)? else {
            graph.push(node);
            continue;
        };
        for input in node.inputs.iter_mut().flatten() {
            let there = narrow.get(input).copied();
            let here = match there {
                Some(here) => here,
                None => graph.cast(*input, Element::F16)?,
            };
            narrow.insert(*input, here);
            *input = here;
        }
        let name = graph.free_name(&format!("{}/fp16", node.name));
        let shape = graph.info(wide)?.shape.clone();
        let short = graph.value(&name, Typed::new(Element::F16, shape))?;
        let cast = Node {
            name: graph.free_name(&format!("{}/fp32", node.name)),
            operator: "Cast".to_owned(),
            domain: String::new(),
            inputs: vec![Some(short)],
            outputs: vec![Some(wide)],
            attributes: Attributes::none().int("to", i64::from(Element::F32.code())),
            part_of: None,
        };
        node.outputs = vec![Some(short)];
        narrow.insert(wide, short);
        graph.push(node);
        graph.push(cast);
    }
    drop_unused_casts(graph);
    Ok(())
}

/// What depends on more than the step's number.
fn data(graph: &Graph, step: Value) -> BTreeSet<Value> {
    let inputs = graph.inputs().iter().copied();
    let mut data: BTreeSet<Value> = inputs.filter(|&input| input != step).collect();
    for node in graph.nodes() {
        if node.inputs.iter().flatten().any(|input| data.contains(input)) {
            data.extend(node.outputs.iter().flatten());
        }
    }
    data
}

/// What a node gives, if it is a product that becomes narrow.
fn product(graph: &Graph, node: &Node, data: &BTreeSet<Value>) -> Result<Option<Value>, GraphError> {
    let is_product = node.domain.is_empty() && PRODUCTS.contains(&node.operator.as_str());
    let [Some(output)] = node.outputs[..] else {
        return Ok(None);
    };
    if !is_product || !data.contains(&output) {
        return Ok(None);
    }
    for &value in node.inputs.iter().flatten().chain([&output]) {
        if graph.info(value)?.element != Element::F32 {
            return Ok(None);
        }
    }
    Ok(Some(output))
}

/// Takes casts away whose results nothing takes: no node, no output, no body of a loop, which takes values by their names.
fn drop_unused_casts(graph: &mut Graph) {
    let mut used: BTreeSet<Value> = graph.outputs().iter().copied().collect();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for node in graph.nodes() {
        used.extend(node.inputs.iter().flatten());
        for (_, attribute) in node.attributes.iter() {
            if let Attribute::Graph(body) = attribute {
                names.extend(body.values().map(|(_, info)| info.name.clone()));
            }
        }
    }
    let named: BTreeSet<Value> = graph
        .values()
        .filter(|(_, info)| names.contains(&info.name))
        .map(|(value, _)| value)
        .collect();
    let is_used = |value: &Value| used.contains(value) || named.contains(value);
    graph
        .nodes
        .retain(|node| node.operator != "Cast" || node.outputs.iter().flatten().any(is_used));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_data_are_narrow_and_casts_are_not_repeated() {
        let mut graph = Graph::new("test");
        let step = graph.input("step", Element::F32, &[2, 2][..]).unwrap();
        let x = graph.input("x", Element::F32, &[2, 2][..]).unwrap();
        let y = graph.matmul(x, x).unwrap();
        let z = graph.matmul(y, x).unwrap();
        let mask = graph.matmul(step, step).unwrap();
        let sum = graph.add(z, mask).unwrap();
        graph.output("sum", sum).unwrap();
        narrow(&mut graph, step).unwrap();
        let kinds: Vec<String> = graph
            .nodes()
            .iter()
            .map(|node| {
                let output = node.outputs[0].unwrap();
                format!("{} {}", node.operator, graph.info(output).unwrap().element)
            })
            .collect();
        // x becomes narrow once; what is between the two products stays narrow and is not made wide for nobody.
        let expected = [
            "Cast f16",
            "MatMul f16",
            "MatMul f16",
            "Cast f32",
            "MatMul f32",
            "Add f32",
        ];
        assert_eq!(kinds, expected);
        graph.to_model(&[]).unwrap();
    }
}
