//! Operators as methods of the graph, one file per family. What they expect is checked by `infer`.

mod conv;
mod elementwise;
mod layout;
mod linear;
mod reduce;

pub use conv::ConvSettings;
pub use layout::Cut;
pub(in crate::onnx::graph) use layout::signed;
