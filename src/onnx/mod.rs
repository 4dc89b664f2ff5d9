//! Neural models through ONNX Runtime: finding and loading the library, devices, model folders and the hub,
//! tokenizers, and the kinds of model that the program uses.
//!
//! Nothing here is linked at build time: the library is looked for when a command needs it (`runtime`), and
//! `augment audio` never does.

pub mod batch;
pub mod check;
pub mod classifier;
pub mod device;
pub mod encoder;
pub mod engine;
pub mod error;
pub mod folder;
mod gap_head;
pub mod graph;
pub mod hub;
pub mod json_tokenizer;
pub mod masked;
pub mod operators;
pub mod pooling;
pub mod python;
pub mod runtime;
pub mod sentence;
pub mod seq2seq;
pub mod session;
pub mod setup;
pub mod spm;
pub mod tokens;
