//! Neural models through ONNX Runtime: finding and loading the library, devices, model folders and the hub,
//! tokenizers, and the kinds of model that the program uses.
//!
//! Nothing here is linked at build time: the library is looked for when a command needs it (`runtime`), and
//! `augment audio` never does.

pub mod device;
pub mod engine;
pub mod folder;
pub mod hub;
pub mod runtime;
pub mod seq2seq;
pub mod session;
pub mod setup;
