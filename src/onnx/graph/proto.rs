//! The messages of an ONNX file, compiled from `onnx.proto` when the program is built.

#![allow(
    missing_docs,
    clippy::all,
    reason = "generated; the ONNX specification says what they mean"
)]

include!(concat!(env!("OUT_DIR"), "/onnx.rs"));
