//! What the elements of a tensor are.

use std::fmt;

use super::proto::tensor_proto::DataType;

/// A type of element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Element {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
    /// 16-bit floating point.
    F16,
    /// 64-bit integer.
    I64,
    /// 32-bit integer.
    I32,
    /// 8-bit unsigned integer.
    U8,
    /// 8-bit integer.
    I8,
    /// True or false, one byte each.
    Bool,
}

const ALL: [(Element, DataType, usize, &str); 8] = [
    (Element::F32, DataType::Float, 4, "f32"),
    (Element::F64, DataType::Double, 8, "f64"),
    (Element::F16, DataType::Float16, 2, "f16"),
    (Element::I64, DataType::Int64, 8, "i64"),
    (Element::I32, DataType::Int32, 4, "i32"),
    (Element::U8, DataType::Uint8, 1, "u8"),
    (Element::I8, DataType::Int8, 1, "i8"),
    (Element::Bool, DataType::Bool, 1, "bool"),
];

impl Element {
    /// Whether it can be differentiated.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Element::F32 | Element::F64 | Element::F16)
    }

    /// Bytes of one element.
    #[must_use]
    pub fn bytes(self) -> usize {
        self.row().2
    }

    /// Its number in ONNX files (`TensorProto.DataType`).
    #[must_use]
    pub fn code(self) -> i32 {
        self.row().1 as i32
    }

    /// The type of a number in ONNX files.
    #[must_use]
    pub fn of_code(code: i32) -> Option<Self> {
        ALL.iter().find(|row| row.1 as i32 == code).map(|row| row.0)
    }

    fn row(self) -> (Element, DataType, usize, &'static str) {
        // Every variant has its row; the first stands in so that this needs no panic.
        ALL.into_iter().find(|row| row.0 == self).unwrap_or(ALL[0])
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().3)
    }
}
