//! A graph of one node, small enough to write by hand: it shows that ONNX Runtime runs anything at all.
//!
//! Fields and their numbers: `onnx.proto` of ONNX 1.14 (IR version 8), in the wire format of Protocol Buffers.

use std::borrow::Cow;

use ort::value::Tensor;

use crate::onnx::engine::Engine;

/// Adds a tensor to itself.
///
/// # Errors
/// What the runtime says, or what it computed instead.
pub(super) fn runs(engine: &Engine) -> Result<(), String> {
    let mut session = engine
        .session_of("the doctor's own graph", &doubling())
        .map_err(|error| error.to_string())?;
    let input = Tensor::from_array(([2_usize], vec![1.5_f32, -2.0])).map_err(|error| error.to_string())?;
    let outputs = session
        .run(vec![(Cow::Borrowed("x"), input.into())])
        .map_err(|error| error.to_string())?;
    let output = outputs.get("y").ok_or("it gives no output y")?;
    let (_, found) = output
        .try_extract_tensor::<f32>()
        .map_err(|error| error.to_string())?;
    if found == [3.0, -4.0] {
        Ok(())
    } else {
        Err(format!("found {found:?}, expected [3.0, -4.0]"))
    }
}

/// `y = x + x` for two numbers.
fn doubling() -> Vec<u8> {
    let node = message(&[
        text(1, "x"),   // input
        text(1, "x"),   // input
        text(2, "y"),   // output
        text(4, "Add"), // op_type
    ]);
    // TensorShapeProto: dim { dim_value: 2 }
    let shape = bytes(1, &number(1, 2));
    // TypeProto: tensor_type { elem_type: FLOAT, shape }
    let kind = bytes(1, &message(&[number(1, 1), bytes(2, &shape)]));
    let port = |name: &str| message(&[text(1, name), bytes(2, &kind)]);
    let graph = message(&[
        bytes(1, &node),
        text(2, "doctor"),
        bytes(11, &port("x")),
        bytes(12, &port("y")),
    ]);
    message(&[
        number(1, 8), // ir_version
        bytes(7, &graph),
        bytes(8, &number(2, 13)), // opset_import { version: 13 }
    ])
}

fn message(fields: &[Vec<u8>]) -> Vec<u8> {
    fields.concat()
}

/// A field of numbers below 128, which are their own varints.
fn number(field: u8, value: u8) -> Vec<u8> {
    vec![field << 3, value]
}

/// A field with a length in front; all lengths here are below 128.
fn bytes(field: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [&[field << 3 | 2, length], content].concat()
}

fn text(field: u8, content: &str) -> Vec<u8> {
    bytes(field, content.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support;

    #[test]
    fn the_runtime_runs_it() {
        assert_eq!(runs(&support::engine(1)), Ok(()));
        assert!(doubling().len() < 128);
    }
}
