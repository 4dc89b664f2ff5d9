//! Poolings.

use super::{Local, Rule};
use crate::onnx::graph::attribute::Attributes;
use crate::onnx::graph::build::Cut;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::shape::Shape;
use crate::onnx::graph::tensor::Tensor;
use crate::onnx::graph::window::Window;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    Some(match operator {
        "AveragePool" => average,
        "GlobalAveragePool" => global_average,
        "MaxPool" => max,
        _ => return None,
    })
}

fn global_average(local: &mut Local<'_>) -> Result<(), GraphError> {
    let sizes = local.sizes(0)?;
    let count: usize = sizes.iter().skip(2).product();
    let share = local
        .graph
        .mul_number(local.gradient()?, 1.0 / count.max(1) as f64)?;
    let part = local.graph.expand(share, &Shape::from(sizes))?;
    local.give(0, part)
}

/// The pooling says where each maximum came from; gradients are added up there. (On a GPU the order of the additions, and with
/// it the last bit, is not fixed where windows overlap.)
fn max(local: &mut Local<'_>) -> Result<(), GraphError> {
    if local.int("storage_order", 0) != 0 {
        return Err(local.without("storage_order 1".to_owned(), "0"));
    }
    let (sizes, element, gradient) = (local.sizes(0)?, local.element(0)?, local.gradient()?);
    let places = match local.node.outputs.get(1).copied().flatten() {
        Some(places) => places,
        None => {
            let shape = local.graph.shape(local.output(0)?)?;
            local.graph.second_output(local.at, Element::I64, shape)?
        }
    };
    let whole: usize = sizes.iter().product();
    let zeros = local.graph.zeros(element, &[whole])?;
    let places = local.graph.reshape(places, &[-1])?;
    let updates = local.graph.reshape(gradient, &[-1])?;
    let added = Attributes::none().int("axis", 0).text("reduction", "add");
    let part = local
        .graph
        .node("ScatterElements", &[zeros, places, updates], added)?;
    let part = local.graph.shaped(part, &sizes.into())?;
    local.give(0, part)
}

/// Each window's gradient is shared among the elements it saw: a transposed convolution with ones, each channel by itself.
fn average(local: &mut Local<'_>) -> Result<(), GraphError> {
    let (sizes, element) = (local.sizes(0)?, local.element(0)?);
    let (Some(&channels), Some(image)) = (sizes.get(1), sizes.get(2..)) else {
        return Err(local.without(format!("an input {sizes:?}"), "[N, C, ...]"));
    };
    let windows = Window::all(&local.node.attributes, None, image.len())
        .map_err(|expected| local.without("other settings".to_owned(), &expected))?;
    let pads_count = local.int("count_include_pad", 0) != 0;
    // How many elements each window counts, per dimension.
    let counts: Vec<Vec<usize>> = windows
        .iter()
        .zip(image)
        .map(|(window, &size)| {
            let seen = |place: usize| {
                let inside = |tap: &usize| {
                    let at = place * window.stride + tap * window.dilation;
                    match pads_count {
                        true => at < window.low + size + window.high,
                        false => (window.low..window.low + size).contains(&at),
                    }
                };
                (0..window.kernel).filter(inside).count()
            };
            (0..window.places(size).unwrap_or(0)).map(seen).collect()
        })
        .collect();
    let mut shares = vec![1.0];
    for counts in &counts {
        let each = |share: &f64| {
            counts
                .iter()
                .map(|&count| share / count.max(1) as f64)
                .collect::<Vec<_>>()
        };
        shares = shares.iter().flat_map(each).collect();
    }
    let shape: Vec<usize> = [1, 1].into_iter().chain(counts.iter().map(Vec::len)).collect();
    let shares = local.graph.constant(numbers(element, &shape, &shares)?)?;
    let shared = local.graph.mul(local.gradient()?, shares)?;
    let kernel: Vec<usize> = windows.iter().map(|window| window.kernel).collect();
    let weights: Vec<usize> = [channels, 1].into_iter().chain(kernel.iter().copied()).collect();
    let ones = local.graph.constant(Tensor::filled(element, &weights, 1.0))?;
    let column = |of: fn(&Window) -> usize| windows.iter().map(of).collect::<Vec<usize>>();
    let settings = Attributes::none()
        .sizes_int("group", channels)
        .sizes("kernel_shape", &kernel)
        .sizes("strides", &column(|window| window.stride))
        .sizes("dilations", &column(|window| window.dilation));
    let mut part = local.graph.node("ConvTranspose", &[shared, ones], settings)?;
    // Over the padded image, as far as windows reach: zeros at its end if they do not, and then the image itself.
    let reach = local.graph.known_sizes(part)?;
    let mut high = vec![0, 0];
    let mut cuts = Vec::new();
    for (axis, (window, &size)) in windows.iter().zip(image).enumerate() {
        let there = reach.get(axis + 2).copied().unwrap_or(0);
        high.push((window.low + size).saturating_sub(there));
        cuts.push(Cut::run(axis + 2, window.low, size));
    }
    part = local.graph.pad(part, &vec![0; high.len()], &high)?;
    part = local.graph.slice(part, &cuts)?;
    local.give(0, part)
}

fn numbers(element: Element, dims: &[usize], values: &[f64]) -> Result<Tensor, GraphError> {
    Ok(match element {
        Element::F64 => Tensor::f64(dims, values)?,
        Element::F16 => {
            let halves = values
                .iter()
                .flat_map(|&value| half::f16::from_f64(value).to_le_bytes());
            Tensor::new(element, dims, halves.collect())?
        }
        _ => Tensor::f32(
            dims,
            &values.iter().map(|&value| value as f32).collect::<Vec<_>>(),
        )?,
    })
}
