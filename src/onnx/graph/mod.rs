//! ONNX graphs: built, checked, read, written and differentiated.
//!
//! [`Graph`] holds values with checked names, types and shapes, and the nodes that make them; `infer` knows what each operator
//! gives. [`grad`] adds the nodes that compute a loss's derivatives. [`network`] describes a network once, for training and for
//! use, and [`train`] makes one whole training step of it, which runs on the plain ONNX Runtime.

pub mod attribute;
pub mod build;
pub mod composite;
pub mod element;
pub mod error;
pub mod grad;
mod graft;
#[allow(clippy::module_inception, reason = "the graph is what this room is about")]
mod graph;
pub mod import;
mod infer;
mod make;
mod model_file;
mod names;
pub mod network;
mod older;
pub mod proto;
mod read;
pub mod shape;
pub mod tensor;
pub mod train;
pub mod window;
mod write;

pub use attribute::{Attribute, Attributes};
pub use build::{ConvSettings, Cut};
pub use element::Element;
pub use error::GraphError;
pub use graph::{Graph, Info, Node, OPSET, Value};
pub use import::Import;
pub use model_file::ModelFile;
pub use shape::{Dim, Shape};
pub use tensor::Tensor;
