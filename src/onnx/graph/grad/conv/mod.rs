//! Convolutions: the gradients of bias, input and weights.

mod image;
mod weight;

use super::{Local, Rule};
use crate::onnx::graph::error::GraphError;
use crate::onnx::graph::window::Window;

pub(super) fn rule(operator: &str) -> Option<Rule> {
    match operator {
        "Conv" => Some(conv),
        _ => None,
    }
}

/// What the forms of the gradients need to know of a convolution.
struct Shapes {
    batch: usize,
    /// Channels in and out.
    channels: usize,
    features: usize,
    groups: usize,
    /// The image, and the places of the window, per dimension.
    image: Vec<usize>,
    places: Vec<usize>,
    windows: Vec<Window>,
}

impl Shapes {
    fn of(local: &Local<'_>) -> Result<Self, GraphError> {
        let (x, w, y) = (
            local.sizes(0)?,
            local.sizes(1)?,
            local.graph.known_sizes(local.output(0)?)?,
        );
        let ([batch, channels, image @ ..], [features, _, kernel @ ..], [_, _, places @ ..]) =
            (&x[..], &w[..], &y[..])
        else {
            return Err(local.without(format!("an input {x:?}"), "[N, C, ...]"));
        };
        let windows = Window::all(&local.node.attributes, Some(kernel), image.len())
            .map_err(|expected| local.without("other settings".to_owned(), &expected))?;
        Ok(Shapes {
            batch: *batch,
            channels: *channels,
            features: *features,
            groups: usize::try_from(local.int("group", 1)).unwrap_or(1),
            image: image.to_vec(),
            places: places.to_vec(),
            windows,
        })
    }

    fn column(&self, of: fn(&Window) -> usize) -> Vec<usize> {
        self.windows.iter().map(of).collect()
    }
}

fn conv(local: &mut Local<'_>) -> Result<(), GraphError> {
    let shapes = Shapes::of(local)?;
    let (x, w, gradient) = (local.input(0)?, local.input(1)?, local.gradient()?);
    if local.wants(0) {
        let part = image::gradient(local.graph, &shapes, w, gradient)?;
        local.give(0, part)?;
    }
    if local.wants(1) {
        let part = weight::gradient(local.graph, &shapes, x, gradient)?;
        local.give(1, part)?;
    }
    if local.wants(2) {
        let axes: Vec<usize> = (0..shapes.image.len() + 2).filter(|&axis| axis != 1).collect();
        let part = local.graph.sum(gradient, &axes, false)?;
        local.give(2, part)?;
    }
    Ok(())
}
