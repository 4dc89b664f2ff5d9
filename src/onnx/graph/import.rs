//! A model's file as a part of a network: which of its weights can be trained, and in which of its layers each one is.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

use super::element::Element;
use super::error::GraphError;
use super::graft::Part;
use super::graph::{Graph, Value};
use super::model_file::ModelFile;
use super::proto::tensor_shape_proto::dimension;
use super::proto::{GraphProto, NodeProto, type_proto};
use super::read::file;
use super::tensor::Tensor;

/// Where a weight is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Before the first layer: embeddings.
    Before,
    /// In a layer, from 0.
    Layer(usize),
    /// Behind the last layer, or in a file without layers.
    After,
}

/// A model's file that a network is built around.
#[derive(Debug)]
pub struct Import {
    file: ModelFile,
    /// Weights that can be trained, by name.
    places: BTreeMap<String, Place>,
    layers: usize,
}

impl Import {
    /// Reads a file, with weights that lie in files beside it.
    ///
    /// # Errors
    /// [`GraphError::File`].
    pub fn open(path: &Path) -> Result<Self, GraphError> {
        Ok(Self::of(ModelFile::open(path)?))
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`GraphError::File`].
    pub fn parse(bytes: &[u8]) -> Result<Self, GraphError> {
        Ok(Self::of(ModelFile::parse(bytes)?))
    }

    fn of(mut file: ModelFile) -> Self {
        file.widen();
        let places = places(&file.proto, file.weights());
        let numbers = places.values().filter_map(|place| match place {
            Place::Layer(number) => Some(number + 1),
            _ => None,
        });
        Import {
            layers: numbers.max().unwrap_or(0),
            places,
            file,
        }
    }

    /// How many layers it has, as the names of its weights tell: `encoder.layer.K.`, `transformer.layer.K.` and the like.
    #[must_use]
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// The place of a weight that can be trained: a floating-point tensor of a product, or one with a name of its own.
    #[must_use]
    pub fn place(&self, weight: &str) -> Option<Place> {
        self.places.get(weight).copied()
    }

    /// Its weights and other constants, by name.
    #[must_use]
    pub fn weights(&self) -> &[(String, Tensor)] {
        self.file.weights()
    }

    /// The names of its inputs.
    #[must_use]
    pub fn inputs(&self) -> Vec<&str> {
        let own = |name: &&str| !self.file.weights().iter().any(|(weight, _)| weight == name);
        let names = self.file.proto.input.iter().map(|input| input.name());
        names.filter(own).collect()
    }

    /// Whether it takes inputs of given sizes.
    ///
    /// # Errors
    /// [`GraphError::File`] when an input is not there or has other sizes in the file.
    pub fn check(&self, inputs: &[(&str, Vec<usize>)]) -> Result<(), GraphError> {
        self.open_sizes(inputs).map(drop)
    }

    /// The graph for inputs of given sizes.
    ///
    /// # Errors
    /// Those of [`Import::check`]; [`GraphError::File`] for a graph that is made for training, [`GraphError::NoShape`].
    pub fn graph(&self, inputs: &[(&str, Vec<usize>)]) -> Result<Graph, GraphError> {
        let sizes = self.open_sizes(inputs)?;
        let sizes: Vec<(&str, usize)> = sizes.iter().map(|(name, &size)| (name.as_ref(), size)).collect();
        let graph = self.file.graph(&sizes)?;
        let mut nodes = graph.nodes().iter();
        match nodes.find(|node| node.attributes.get_int("training_mode").unwrap_or(0) != 0) {
            None => Ok(graph),
            Some(node) => Err(file(
                format!("{} ({}) in training mode", node.name, node.operator),
                "a model for use\nhint: export it in evaluation mode: model.eval()",
            )),
        }
    }

    /// The sizes of the dimensions that the file leaves open, by their names.
    fn open_sizes(&self, inputs: &[(&str, Vec<usize>)]) -> Result<BTreeMap<Cow<'_, str>, usize>, GraphError> {
        let mut sizes: BTreeMap<Cow<'_, str>, usize> = BTreeMap::new();
        for (name, wanted) in inputs {
            let Some(dims) = self.dims(name) else {
                return Err(file(
                    format!("the inputs {}", self.inputs().join(", ")),
                    &format!("an input {name}"),
                ));
            };
            let misfit = || {
                let found: Vec<String> = dims.iter().map(Size::to_string).collect();
                file(
                    format!("the input {name} of [{}]", found.join(", ")),
                    &format!("one that takes {wanted:?}"),
                )
            };
            if dims.len() != wanted.len() {
                return Err(misfit());
            }
            for (dim, &size) in dims.iter().zip(wanted) {
                match dim {
                    Size::Named(there) => {
                        if *sizes.entry(there.clone()).or_insert(size) != size {
                            return Err(misfit());
                        }
                    }
                    Size::Known(there) if usize::try_from(*there) == Ok(size) => {}
                    Size::Known(_) => return Err(misfit()),
                }
            }
        }
        Ok(sizes)
    }

    /// How many layers there are among the weights that lead to a value of its graph.
    ///
    /// # Errors
    /// [`GraphError`] for a value of another graph.
    pub fn layers_to(&self, graph: &Graph, to: Value) -> Result<usize, GraphError> {
        let part = Part::leading_to(graph, to, None)?;
        let mut layers = 0;
        for &weight in &part.constants {
            if let Some(Place::Layer(number)) = self.place(&graph.info(weight)?.name) {
                layers = layers.max(number + 1);
            }
        }
        Ok(layers)
    }

    fn dims(&self, input: &str) -> Option<Vec<Size<'_>>> {
        let info = self.file.proto.input.iter().find(|there| there.name() == input)?;
        let type_proto::Value::TensorType(tensor) = info.r#type.as_ref()?.value.as_ref()? else {
            return None;
        };
        let dims = tensor.shape.as_ref()?.dim.iter().enumerate();
        let dims = dims.map(|(at, dim)| match &dim.value {
            Some(dimension::Value::DimValue(size)) => Size::Known(*size),
            Some(dimension::Value::DimParam(name)) => Size::Named(name.into()),
            // As the graph's reader calls it.
            None => Size::Named(format!("{input}.{at}").into()),
        });
        Some(dims.collect())
    }
}

enum Size<'a> {
    Known(i64),
    Named(Cow<'a, str>),
}

impl fmt::Display for Size<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Size::Known(size) => write!(f, "{size}"),
            Size::Named(name) => f.write_str(name),
        }
    }
}

/// The places of all weights that can be trained.
fn places(graph: &GraphProto, weights: &[(String, Tensor)]) -> BTreeMap<String, Place> {
    let uses = Uses::of(graph, weights);
    let mut places = BTreeMap::new();
    for (name, tensor) in weights {
        let float = tensor.element() == Element::F32 && tensor.len() > 1;
        if !float || uses.statistics.contains(name.as_str()) {
            continue;
        }
        if uses.is_named(name) {
            places.insert(name.clone(), uses.place_of_named(name));
        } else if uses.in_product(name) {
            // Exporters that turn a weight round give it a number for a name; the bias or scale next to it keeps its own.
            let neighbour = uses.first_behind(name, |other| uses.is_named(other));
            let place = neighbour.map_or(Place::After, |other| uses.place_of_named(other));
            places.insert(name.clone(), place);
        }
    }
    places
}

/// Who uses what in a file's graph.
struct Uses<'a> {
    nodes: &'a [NodeProto],
    users: BTreeMap<&'a str, Vec<usize>>,
    floats: BTreeSet<&'a str>,
    /// Running means and variances of batch normalisations.
    statistics: BTreeSet<&'a str>,
}

impl<'a> Uses<'a> {
    fn of(graph: &'a GraphProto, weights: &'a [(String, Tensor)]) -> Self {
        let mut users: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut statistics = BTreeSet::new();
        for (at, node) in graph.node.iter().enumerate() {
            for input in &node.input {
                users.entry(input).or_default().push(at);
            }
            if node.op_type() == "BatchNormalization" {
                statistics.extend(node.input.iter().skip(3).map(String::as_str));
            }
        }
        let floats = weights
            .iter()
            .filter(|(_, tensor)| tensor.element() == Element::F32);
        Uses {
            nodes: &graph.node,
            users,
            floats: floats.map(|(name, _)| name.as_str()).collect(),
            statistics,
        }
    }

    /// Whether a weight has the name that it had in its module. Tables of frequencies have, too, and are not trained.
    fn is_named(&self, name: &str) -> bool {
        self.floats.contains(name) && name.contains('.') && !name.ends_with("inv_freq")
    }

    fn place_of_named(&self, name: &str) -> Place {
        if let Some(number) = layer(name) {
            return Place::Layer(number);
        }
        match self.first_behind(name, |other| self.is_named(other) && layer(other).is_some()) {
            Some(_) => Place::Before,
            None => Place::After,
        }
    }

    /// Whether a weight is multiplied with something, turned round first or not.
    fn in_product(&self, name: &str) -> bool {
        self.users(name).any(|node| match node.op_type() {
            "MatMul" | "Gemm" | "Conv" => true,
            "Transpose" | "Identity" => node.output.iter().any(|turned| {
                self.users(turned)
                    .any(|node| matches!(node.op_type(), "MatMul" | "Gemm"))
            }),
            _ => false,
        })
    }

    fn users(&self, value: &str) -> impl Iterator<Item = &'a NodeProto> {
        let users = self.users.get(value).map_or(&[][..], Vec::as_slice);
        users.iter().filter_map(|&at| self.nodes.get(at))
    }

    /// The first weight of a kind that what is made of `name` meets, in the order of the nodes.
    fn first_behind(&self, name: &str, wanted: impl Fn(&str) -> bool) -> Option<&'a str> {
        let users = |value: &str| self.users.get(value).into_iter().flatten().copied();
        let mut ahead: BTreeSet<usize> = users(name).collect();
        while let Some(at) = ahead.pop_first() {
            let Some(node) = self.nodes.get(at) else {
                continue;
            };
            let met = node.input.iter().find(|other| *other != name && wanted(other));
            if let Some(met) = met {
                return Some(met);
            }
            // Nodes are in an order in which they can run; a file where they are not is refused when its graph is read.
            ahead.extend(
                node.output
                    .iter()
                    .flat_map(|output| users(output))
                    .filter(|&user| user > at),
            );
        }
        None
    }
}

/// The number of a layer in a module's name: behind `layer` and the like, or of a ResNet's stage: behind `stages`, or, counted from 1,
/// together with the word (`layer4`).
fn layer(name: &str) -> Option<usize> {
    const STAGES: [&str; 2] = ["stages", "stage"];
    const LAYERS: [&str; 5] = ["layer", "layers", "block", "blocks", "h"];
    let parts: Vec<&str> = name.split('.').collect();
    let behind = |words: &[&str]| {
        parts.windows(2).find_map(|pair| match pair {
            [word, number] if words.contains(word) => number.parse().ok(),
            _ => None,
        })
    };
    let together = || {
        let numbers = parts.iter().find_map(|part| part.strip_prefix("layer"));
        numbers?.parse::<usize>().ok()?.checked_sub(1)
    };
    behind(&STAGES).or_else(together).or_else(|| behind(&LAYERS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_told_by_names() {
        assert_eq!(layer("m.encoder.layer.3.attention.self.key.bias"), Some(3));
        assert_eq!(layer("distilbert.transformer.layer.0.ffn.lin1.weight"), Some(0));
        assert_eq!(layer("model.layers.12.mlp_norm.weight"), Some(12));
        assert_eq!(layer("layer1.0.conv1.weight"), Some(0));
        assert_eq!(layer("layer4.2.bn3.bias"), Some(3));
        assert_eq!(
            layer("encoder.stages.2.layers.5.layer.1.convolution.weight"),
            Some(2)
        );
        assert_eq!(layer("layernorm.weight"), None);
        assert_eq!(layer("layer0.weight"), None);
        assert_eq!(layer("embeddings.LayerNorm.weight"), None);
    }
}
