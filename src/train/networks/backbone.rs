//! An image encoder from an ONNX file as a part of a network, up to its last feature map: ResNet-50 in the BiMER paper.
//!
//! Images of a network go from −1 to 1; the file wants what it was trained with, so each colour is moved and scaled first. A backbone
//! that is not trained gives the same map for the same image in every epoch: a training may be fed with maps that were computed before
//! ([`Fed::Maps`]); the file for use takes images all the same.

use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{IMAGE, outputs, unread};
use crate::onnx::graph::element::Element;
use crate::onnx::graph::network::{Net, Port, Tuned};
use crate::onnx::graph::tensor::Tensor;
use crate::onnx::graph::train::{State, model_for_use};
use crate::onnx::graph::{Graph, GraphError, Import, Value};

/// The input of maps that were computed before: [batch, channels, height, width].
pub const MAP: &str = "map";

/// The mean of ImageNet's colours, red, green and blue from 0 to 1, which most image encoders are trained with.
pub const IMAGENET_MEAN: [f64; 3] = [0.485, 0.456, 0.406];
/// Their standard deviation.
pub const IMAGENET_STD: [f64; 3] = [0.229, 0.224, 0.225];

/// An image encoder's file: what it takes and gives. Its weights are in the file alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ImageFile {
    /// What it is called: as models are named.
    pub model: String,
    /// Hash of its graph and weights.
    pub hash: String,
    /// Its input [batch, 3, height, width].
    pub input: String,
    /// The value with the last map.
    pub output: String,
    /// Channels, height and width of that map for the network's images.
    pub map: [usize; 3],
    /// Layers (a ResNet's stages) that the names of the weights that lead to that map tell; 0 if they tell none.
    pub layers: usize,
    #[serde(skip)]
    import: Option<Arc<Import>>,
}

/// The same file, read or not.
impl PartialEq for ImageFile {
    fn eq(&self, other: &Self) -> bool {
        let all = |it: &Self| (it.hash.clone(), it.input.clone(), it.output.clone(), it.map);
        all(self) == all(other)
    }
}

impl ImageFile {
    /// Reads an image encoder's file for images of a height and width. `output` names the value with the map; without it, it is a map
    /// that the file gives, or else what its last pooling over all places takes.
    ///
    /// # Errors
    /// [`GraphError`]: it is no image encoder, takes no images of this size, or has operators that are not known.
    pub fn open(
        path: &Path,
        model: &str,
        hash: &str,
        picture: (usize, usize),
        output: Option<&str>,
    ) -> Result<Self, GraphError> {
        Self::of(Import::open(path)?, model, hash, picture, output)
    }

    /// The same of a file that was read.
    ///
    /// # Errors
    /// [`GraphError`].
    pub fn of(
        import: Import,
        model: &str,
        hash: &str,
        (height, width): (usize, usize),
        output: Option<&str>,
    ) -> Result<Self, GraphError> {
        let there = import.inputs();
        let &[input] = there.as_slice() else {
            return Err(GraphError::File {
                found: format!("the inputs {}", there.join(", ")),
                expected: "an image encoder, which takes images alone".to_owned(),
            });
        };
        let images = [(input, vec![ROWS, 3, height, width])];
        import.check(&images).map_err(|error| match error {
            GraphError::File { found, expected } => GraphError::File {
                found,
                expected: format!(
                    "{expected}\nhint: export the encoder with any batch, height and width (dynamic_shapes, or dynamic_axes), or make \
                     the dataset's images of the size that it takes ([mel.image] of its recipe)"
                ),
            },
            other => other,
        })?;
        let graph = import.graph(&images)?;
        let (output, map) = match output {
            Some(name) => named_map(&graph, name)?,
            None => last_map(&graph)?,
        };
        let layers = match graph.find(&output) {
            Some(map) => import.layers_to(&graph, map)?,
            None => 0,
        };
        Ok(ImageFile {
            model: model.to_owned(),
            hash: hash.to_owned(),
            input: input.to_owned(),
            output,
            map,
            layers,
            import: Some(Arc::new(import)),
        })
    }
}

/// Rows of the batch that a file is looked at with.
const ROWS: usize = 2;
/// What exporters call the map, where a file gives several.
const USUAL: &str = "last_hidden_state";

/// Name and sizes of a value, if it is a map.
fn map_of(graph: &Graph, value: Value) -> Option<(String, [usize; 3])> {
    let info = graph.info(value).ok()?;
    let sizes = info.shape.sizes()?;
    let &[ROWS, channels, height, width] = sizes.as_slice() else {
        return None;
    };
    let numbers = channels
        .checked_mul(height)
        .and_then(|numbers| numbers.checked_mul(width));
    let is_map = info.element == Element::F32 && numbers.is_some_and(|numbers| numbers > 0);
    is_map.then(|| (info.name.clone(), [channels, height, width]))
}

fn named_map(graph: &Graph, name: &str) -> Result<(String, [usize; 3]), GraphError> {
    let found = graph.find(name).filter(|value| !graph.inputs().contains(value));
    found
        .and_then(|value| map_of(graph, value))
        .ok_or_else(|| GraphError::File {
            found: match found.and_then(|value| graph.info(value).ok()) {
                Some(info) => format!("{name} {}{}", info.element, info.shape),
                None => format!("no value {name:?}"),
            },
            expected: "a map [batch, channels, height, width] of 32-bit numbers".to_owned(),
        })
}

fn last_map(graph: &Graph) -> Result<(String, [usize; 3]), GraphError> {
    let given: Vec<_> = graph
        .outputs()
        .iter()
        .filter_map(|&value| map_of(graph, value))
        // What was pooled may still have four dimensions.
        .filter(|(name, map)| map[1] * map[2] > 1 || name == USUAL)
        .collect();
    let usual = given.iter().find(|(name, _)| name == USUAL);
    // Encoders that give a map of each stage give the last one last.
    if let Some(map) = usual.or(given.last()) {
        return Ok(map.clone());
    }
    let pooled = graph.nodes().iter().rev().find_map(|node| {
        if !["GlobalAveragePool", "AveragePool", "ReduceMean"].contains(&node.operator.as_str()) {
            return None;
        }
        let (input, output) = (node.inputs.first()?, node.outputs.first()?);
        let (name, map) = map_of(graph, (*input)?)?;
        let left = graph.shape((*output)?).ok()?.sizes()?;
        // [batch, channels], or with sizes of 1 behind them.
        let pools = left.get(1) == map.first() && left.iter().skip(2).all(|&size| size == 1);
        pools.then_some((name, map))
    });
    pooled.ok_or_else(|| GraphError::File {
        found: format!("the outputs {}, and no pooling of a map", outputs(graph)),
        expected: "a map [batch, channels, height, width]\n\
                       hint: [backbone] output takes the name of the value that holds it"
            .to_owned(),
    })
}

/// What a network with a backbone is fed with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Fed {
    /// Images.
    #[default]
    Images,
    /// The backbone's maps of them.
    Maps,
}

/// An image encoder within a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Backbone {
    /// The encoder.
    pub file: ImageFile,
    /// Which of its weights are trained.
    pub train: Tuned,
    /// The means of red, green and blue, from 0 to 1, that it was trained with.
    pub mean: [f64; 3],
    /// Their standard deviations, above 0.
    pub std: [f64; 3],
    /// What the network is fed with; maps do for one that is not trained.
    #[serde(skip)]
    pub fed: Fed,
}

impl Backbone {
    /// Whether its maps can be computed once for all.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.train == Tuned::Head
    }

    /// What it takes.
    #[must_use]
    pub fn port(&self, height: usize, width: usize) -> Port {
        match self.fed {
            Fed::Images => Port::new(IMAGE, &[3, height, width]),
            Fed::Maps => Port::new(MAP, &self.file.map),
        }
    }

    /// The last map [batch, channels, height, width] of what [`Backbone::port`] takes. Parameters are in the scope `backbone`.
    pub(super) fn map(&self, net: &mut Net<'_>, x: Value) -> Result<Value, GraphError> {
        if self.fed == Fed::Maps {
            return Ok(x);
        }
        let Some(import) = &self.file.import else {
            return Err(unread("image encoder", &self.file.model));
        };
        // (x + 1) / 2 is from 0 to 1.
        let colours = |of: fn((f64, f64)) -> f64| {
            let each = self.mean.into_iter().zip(self.std).map(of);
            Tensor::f32(
                &[1, 3, 1, 1],
                &each.map(|number| number as f32).collect::<Vec<_>>(),
            )
        };
        let scales = net.graph().constant(colours(|(_, std)| 0.5 / std)?)?;
        let offsets = net.graph().constant(colours(|(mean, std)| (0.5 - mean) / std)?)?;
        let x = net.graph().mul(x, scales)?;
        let x = net.graph().add(x, offsets)?;
        let inputs = [(self.file.input.as_str(), x)];
        net.imported("backbone", import, &inputs, &self.file.output, self.train)
    }

    /// The ONNX file that gives the maps of images: input [`IMAGE`], output [`MAP`].
    ///
    /// # Errors
    /// [`GraphError`], as when a step is built.
    pub fn maps(&self, height: usize, width: usize) -> Result<Vec<u8>, GraphError> {
        let own = Backbone {
            fed: Fed::Images,
            train: Tuned::Head,
            ..self.clone()
        };
        let ports = [own.port(height, width)];
        model_for_use(&ports, MAP, &State::new(), &[], |net, values| match *values {
            [image] => own.map(net, image),
            _ => Err(GraphError::Foreign(0)),
        })
    }
}
