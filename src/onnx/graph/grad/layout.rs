//! Operators that move elements: their gradients are moved back.

use super::{Local, Rule, front};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::graph::{Graph, Value};
use crate::onnx::graph::infer::slice_range;
use crate::onnx::graph::shape::Shape;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "Concat" => concat,
        "DepthToSpace" => depth_to_space,
        "Expand" => expand,
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => reshape,
        "Gather" => gather,
        "GatherElements" => gather_elements,
        "Pad" => pad,
        "Slice" => slice,
        "SpaceToDepth" => space_to_depth,
        "Split" => split,
        "Transpose" => transpose,
        _ => return None,
    })
}

fn reshape(local: &mut Local<'_>) -> Result<(), GraphError> {
    let shape = Shape::from(local.sizes(0)?);
    let part = local.graph.shaped(local.gradient()?, &shape)?;
    local.give(0, part)
}

/// What was repeated is summed, in `give`.
fn expand(local: &mut Local<'_>) -> Result<(), GraphError> {
    local.give(0, local.gradient()?)
}

fn transpose(local: &mut Local<'_>) -> Result<(), GraphError> {
    let rank = local.rank(0)?;
    let order: Vec<usize> = match local.node.attributes.get_ints("perm") {
        Some(order) => order.iter().map(|&axis| front(axis, rank)).collect(),
        None => (0..rank).rev().collect(),
    };
    let back: Vec<usize> = (0..rank)
        .filter_map(|axis| order.iter().position(|&at| at == axis))
        .collect();
    let part = local.graph.transpose(local.gradient()?, &back)?;
    local.give(0, part)
}

fn concat(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (gradient, axis) = (local.gradient()?, local.axis(0, local.rank(0)?));
    let mut from = 0;
    for at in 0..local.node.inputs.len() {
        let size = local.sizes(at)?.get(axis).copied().unwrap_or(0);
        if local.wants(at) {
            let part = local.graph.slice(gradient, &[Cut::run(axis, from, size)])?;
            local.give(at, part)?;
        }
        from += size;
    }
    Ok(())
}

fn split(local: &mut Local<'_>) -> Result<(), GraphError> {
    let axis = local.axis(0, local.rank(0)?);
    let mut parts = Vec::new();
    for at in 0..local.node.outputs.len() {
        parts.push(match local.gradients.get(at).copied().flatten() {
            Some(gradient) => gradient,
            None => {
                let output = local.output(at)?;
                let (element, sizes) = (
                    local.graph.info(output)?.element,
                    local.graph.known_sizes(output)?,
                );
                local.graph.zeros(element, &sizes)?
            }
        });
    }
    let part = local.graph.concat(&parts, axis)?;
    local.give(0, part)
}

fn pad(local: &mut Local<'_>) -> Result<(), GraphError> {
    if !matches!(local.node.attributes.get_text("mode"), None | Some("constant")) {
        return Err(local.without("padding with elements of the input".to_owned(), "constants"));
    }
    let sizes = local.sizes(0)?;
    let pads = local.known(1)?;
    let axes: Vec<usize> = match local.optional(3) {
        None => (0..sizes.len()).collect(),
        Some(_) => local
            .known(3)?
            .into_iter()
            .map(|axis| front(axis, sizes.len()))
            .collect(),
    };
    if pads.iter().any(|&zeros| zeros < 0) {
        return Err(local.without("pads below 0".to_owned(), "pads from 0"));
    }
    let cuts: Vec<Cut> = axes
        .iter()
        .zip(&pads)
        .filter_map(|(&axis, &low)| {
            let size = sizes.get(axis).copied()?;
            Some(Cut::run(axis, usize::try_from(low).ok()?, size))
        })
        .collect();
    let part = local.graph.slice(local.gradient()?, &cuts)?;
    local.give(0, part)
}

/// Axis by axis: what was left out gets zeros.
fn slice(local: &mut Local<'_>) -> Result<(), GraphError> {
    let sizes = local.sizes(0)?;
    let (starts, ends) = (local.known(1)?, local.known(2)?);
    let axes: Vec<usize> = match local.optional(3) {
        None => (0..starts.len()).collect(),
        Some(_) => local
            .known(3)?
            .into_iter()
            .map(|axis| front(axis, sizes.len()))
            .collect(),
    };
    let steps = match local.optional(4) {
        None => vec![1; starts.len()],
        Some(_) => local.known(4)?,
    };
    let mut part = local.gradient()?;
    for (((&start, &end), &axis), &step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let size = sizes.get(axis).copied().unwrap_or(0);
        let length = i64::try_from(size).unwrap_or(i64::MAX);
        let Some((first, count)) = slice_range(start, end, step, length) else {
            continue;
        };
        let stride = usize::try_from(step.unsigned_abs()).unwrap_or(usize::MAX);
        let mut low = usize::try_from(first).unwrap_or(0);
        if step < 0 {
            part = local.graph.slice(part, &[Cut::backwards(axis)])?;
            low -= count.saturating_sub(1) * stride;
        }
        part = spread(local.graph, part, axis, stride, low, size)?;
    }
    local.give(0, part)
}

/// The elements of an axis at `low`, `low + stride`, ... of `size`, zeros elsewhere.
fn spread(
    graph: &mut Graph,
    x: Value,
    axis: usize,
    stride: usize,
    low: usize,
    size: usize,
) -> Result<Value, GraphError> {
    let sizes = graph.known_sizes(x)?;
    let count = sizes.get(axis).copied().unwrap_or(0);
    let mut spread = x;
    let mut span = count;
    if stride > 1 && count > 1 {
        // Zeros behind each element, and then the elements in a row.
        let mut apart = sizes.clone();
        apart.insert(axis + 1, 1);
        spread = graph.shaped(spread, &apart.clone().into())?;
        let mut high = vec![0; apart.len()];
        high.splice(axis + 1..axis + 2, [stride - 1]);
        spread = graph.pad(spread, &vec![0; apart.len()], &high)?;
        let mut joined = sizes.clone();
        joined.splice(axis..=axis, [count * stride]);
        spread = graph.shaped(spread, &joined.into())?;
        span = (count - 1) * stride + 1;
        spread = graph.slice(spread, &[Cut::run(axis, 0, span)])?;
    }
    let (mut before, mut behind) = (vec![0; sizes.len()], vec![0; sizes.len()]);
    before.splice(axis..=axis, [low]);
    behind.splice(axis..=axis, [size.saturating_sub(low + span)]);
    graph.pad(spread, &before, &behind)
}

/// The gradients of all uses of an element are added up at its place. (On a GPU the order of the additions, and with it the
/// last bit, is not fixed.)
fn gather(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (sizes, element) = (local.sizes(0)?, local.element(0)?);
    let axis = local.axis(0, sizes.len());
    let index = local.input(1)?;
    let index_rank = local.rank(1)?;
    let rest = sizes.len() - axis - 1;
    // The indices' dimensions first, then those before the axis, then those behind it.
    let order: Vec<usize> = (axis..axis + index_rank)
        .chain(0..axis)
        .chain(axis + index_rank..axis + index_rank + rest)
        .collect();
    let mut updates = local.gradient()?;
    if axis > 0 {
        updates = local.graph.transpose(updates, &order)?;
    }
    let whole: Vec<usize> = [axis]
        .into_iter()
        .chain(0..axis)
        .chain(axis + 1..sizes.len())
        .collect();
    let turned: Vec<usize> = whole.iter().filter_map(|&at| sizes.get(at).copied()).collect();
    let zeros = local.graph.zeros(element, &turned)?;
    let mut places = local.sizes(1)?;
    places.push(1);
    let index = local
        .graph
        .cast(index, crate::onnx::graph::element::Element::I64)?;
    let index = local.graph.shaped(index, &places.into())?;
    let added = Attributes::none().text("reduction", "add");
    let mut part = local.graph.node("ScatterND", &[zeros, index, updates], added)?;
    if axis > 0 {
        let back: Vec<usize> = (0..sizes.len())
            .filter_map(|at| whole.iter().position(|&there| there == at))
            .collect();
        part = local.graph.transpose(part, &back)?;
    }
    local.give(0, part)
}

fn gather_elements(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (sizes, element, index) = (local.sizes(0)?, local.element(0)?, local.input(1)?);
    let axis = local.axis(0, sizes.len());
    let zeros = local.graph.zeros(element, &sizes)?;
    let settings = Attributes::none()
        .sizes_int("axis", axis)
        .text("reduction", "add");
    let part = local
        .graph
        .node("ScatterElements", &[zeros, index, local.gradient()?], settings)?;
    local.give(0, part)
}

fn depth_to_space(local: &mut Local<'_>) -> Result<(), GraphError> {
    if local.node.attributes.get_text("mode") == Some("CRD") {
        return Err(local.without("mode CRD".to_owned(), "mode DCR"));
    }
    let block = Attributes::none().int("blocksize", local.int("blocksize", 1));
    let part = local.graph.node("SpaceToDepth", &[local.gradient()?], block)?;
    local.give(0, part)
}

fn space_to_depth(local: &mut Local<'_>) -> Result<(), GraphError> {
    let block = Attributes::none().int("blocksize", local.int("blocksize", 1));
    let part = local.graph.node("DepthToSpace", &[local.gradient()?], block)?;
    local.give(0, part)
}
