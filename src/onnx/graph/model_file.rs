//! A model's file in memory, from which graphs are made for any sizes; all of them share its weights.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path};

use half::f16;
use prost::Message;

use super::element::Element;
use super::error::GraphError;
use super::graph::Graph;
use super::older;
use super::proto::tensor_proto::DataLocation;
use super::proto::{GraphProto, ModelProto, NodeProto, TensorProto};
use super::read::{self, Reader, file};
use super::tensor::Tensor;
use crate::run::bounded;

/// The versions of ONNX's operators whose rules are known here; what is older than 16 is written anew.
const OPSETS: std::ops::RangeInclusive<i64> = 11..=24;

/// The largest file that is read: the format itself ends there.
const LARGEST: u64 = 2 << 30;

/// A model's file.
#[derive(Debug)]
pub struct ModelFile {
    /// Its graph, without what `weights` holds.
    pub(super) proto: GraphProto,
    pub(super) opsets: BTreeMap<String, i64>,
    weights: Vec<(String, Tensor)>,
    /// The version that it was written in.
    version: i64,
}

impl ModelFile {
    /// Reads a file, with weights that lie in files beside it.
    ///
    /// # Errors
    /// As [`ModelFile::parse`]; also when it cannot be read.
    pub fn open(path: &Path) -> Result<Self, GraphError> {
        let bytes = bounded::read(path, LARGEST)
            .map_err(|error| file(format!("{}: {error}", path.display()), "an ONNX model"))?;
        Self::of(&bytes, path.parent())
    }

    /// Reads a file's bytes.
    ///
    /// # Errors
    /// [`GraphError::File`] when they are no model, or one with older operators or with weights in other files.
    pub fn parse(bytes: &[u8]) -> Result<Self, GraphError> {
        Self::of(bytes, None)
    }

    fn of(bytes: &[u8], beside: Option<&Path>) -> Result<Self, GraphError> {
        let model = ModelProto::decode(bytes).map_err(|error| file(error.to_string(), "an ONNX model"))?;
        let Some(mut proto) = model.graph else {
            return Err(file("no graph", "an ONNX model"));
        };
        let mut opsets: BTreeMap<String, i64> = model
            .opset_import
            .iter()
            .map(|set| match set.domain() {
                // Both names are of ONNX's own operators.
                "ai.onnx" => (String::new(), set.version()),
                domain => (domain.to_owned(), set.version()),
            })
            .collect();
        let version = opsets.get("").copied().unwrap_or(0);
        if !OPSETS.contains(&version) {
            return Err(file(
                format!("operators of version {version}"),
                &format!(
                    "{} to {}\nhint: onnx.version_converter.convert_version(model, 20) converts it",
                    OPSETS.start(),
                    OPSETS.end()
                ),
            ));
        }
        let weights = std::mem::take(&mut proto.initializer).into_iter().map(|tensor| {
            let name = tensor.name().to_owned();
            match (tensor.data_location(), beside) {
                (DataLocation::External, Some(folder)) => Ok((name, external(&tensor, folder)?)),
                _ => Ok((name, read::tensor(&tensor)?)),
            }
        });
        let mut weights = weights.collect::<Result<_, GraphError>>()?;
        if version < older::RENEWED {
            if proto.node.iter().any(has_body) {
                return Err(file(
                    format!("graphs within a graph, with operators of version {version}"),
                    "version 16 or newer for those\nhint: onnx.version_converter.convert_version(model, 20) converts the file",
                ));
            }
            older::renew(&mut proto, version, &mut weights)?;
            opsets.insert(String::new(), older::RENEWED);
        }
        Ok(ModelFile {
            weights,
            proto,
            opsets,
            version,
        })
    }

    /// The graph, with named dimensions fixed: `[("batch", 16)]`.
    ///
    /// # Errors
    /// [`GraphError::NoShape`] when neither the file nor a rule says what a node gives; others where the file contradicts
    /// itself.
    pub fn graph(&self, sizes: &[(&str, usize)]) -> Result<Graph, GraphError> {
        let reader = Reader { sizes, depth: 0 };
        let graph = reader.graph(&self.proto, &self.opsets, &BTreeMap::new(), &self.weights)?;
        older::check(&graph, self.version)?;
        Ok(graph)
    }

    /// Its weights and other constants, by name.
    #[must_use]
    pub fn weights(&self) -> &[(String, Tensor)] {
        &self.weights
    }

    /// Weights that are kept in 16 bits and only ever turned to 32 become 32 bits themselves.
    pub(super) fn widen(&mut self) {
        let widens = |node: &NodeProto| {
            let to = node.attribute.iter().find(|attribute| attribute.name() == "to");
            node.op_type() == "Cast" && to.is_some_and(|to| to.i() == i64::from(Element::F32.code()))
        };
        if self.proto.node.iter().any(has_body) {
            return;
        }
        let mut users: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, node) in self.proto.node.iter().enumerate() {
            for input in &node.input {
                users.entry(input.clone()).or_default().push(at);
            }
        }
        for (name, tensor) in &mut self.weights {
            let users = users.get(name).map_or(&[][..], Vec::as_slice);
            let all = users
                .iter()
                .all(|&at| self.proto.node.get(at).is_some_and(widens));
            if tensor.element() != Element::F16 || !all {
                continue;
            }
            let (halves, _) = tensor.bytes().as_chunks::<2>();
            let numbers: Vec<f32> = halves
                .iter()
                .map(|&half| f16::from_le_bytes(half).to_f32())
                .collect();
            let Ok(wide) = Tensor::f32(tensor.dims(), &numbers) else {
                continue;
            };
            *tensor = wide;
            for &at in users {
                if let Some(node) = self.proto.node.get_mut(at) {
                    node.op_type = Some("Identity".to_owned());
                    node.attribute.clear();
                }
            }
        }
    }
}

fn has_body(node: &NodeProto) -> bool {
    node.attribute.iter().any(|attribute| attribute.g.is_some())
}

/// Weights from a file in the model's folder, or below it.
fn external(proto: &TensorProto, folder: &Path) -> Result<Tensor, GraphError> {
    let name = proto.name();
    let wrong = |found: String| file(found, "weights in a file of the model's folder");
    let entry = |key: &str| {
        let found = proto.external_data.iter().find(|entry| entry.key() == key);
        found.map(|entry| entry.value().to_owned())
    };
    let number = |key: &str| match entry(key).map(|text| text.parse::<u64>()) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(wrong(format!(
            "weights of {name:?} with another {key} than a number from 0"
        ))),
    };
    let location = entry("location").unwrap_or_default();
    let below = Path::new(&location)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if location.is_empty() || !below {
        return Err(wrong(format!("weights of {name:?} in {location:?}")));
    }
    let (element, dims) = read::typed(proto)?;
    let path = folder.join(&location);
    let failed = |error: std::io::Error| wrong(format!("{}: {error}", path.display()));
    // Looked at before it is opened: opening a pipe waits for somebody to write into it.
    let there = fs::metadata(&path).map_err(failed)?;
    let offset = number("offset")?.unwrap_or(0);
    let length = number("length")?.unwrap_or_else(|| there.len().saturating_sub(offset));
    // Nothing is reserved for what is not there.
    if !there.is_file() || offset.saturating_add(length) > there.len() {
        let found = format!("{}: {} bytes", path.display(), there.len());
        return Err(file(
            found,
            &format!("{length} bytes of {name:?} from {offset} on"),
        ));
    }
    let mut data = File::open(&path).map_err(failed)?;
    data.seek(SeekFrom::Start(offset)).map_err(failed)?;
    let mut bytes = Vec::new();
    data.take(length).read_to_end(&mut bytes).map_err(failed)?;
    Ok(Tensor::new(element, &dims, bytes)?)
}
