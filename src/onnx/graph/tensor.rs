//! Tensors with known contents: constants and parameters.

use std::sync::Arc;

use super::element::Element;

/// A tensor in memory; its elements lie row by row in little-endian order, as in ONNX files. Copies share them.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    element: Element,
    dims: Vec<usize>,
    bytes: Arc<Vec<u8>>,
}

/// The bytes of a tensor do not fit its shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found} bytes for a tensor {element}{dims:?}, expected {expected}")]
pub struct WrongSize {
    /// What its elements are.
    pub element: Element,
    /// Its shape.
    pub dims: Vec<usize>,
    /// How many bytes there are.
    pub found: usize,
    /// How many there should be; "more than memory holds" for absurd shapes.
    pub expected: String,
}

impl Tensor {
    /// A tensor of bytes.
    ///
    /// # Errors
    /// [`WrongSize`].
    pub fn new(element: Element, dims: &[usize], bytes: Vec<u8>) -> Result<Self, WrongSize> {
        let expected = dims
            .iter()
            .try_fold(element.bytes(), |all, &dim| all.checked_mul(dim));
        if expected == Some(bytes.len()) {
            return Ok(Tensor {
                element,
                dims: dims.to_vec(),
                bytes: Arc::new(bytes),
            });
        }
        Err(WrongSize {
            element,
            dims: dims.to_vec(),
            found: bytes.len(),
            expected: expected.map_or("more than memory holds".to_owned(), |bytes| bytes.to_string()),
        })
    }

    /// A tensor of 32-bit floats.
    ///
    /// # Errors
    /// [`WrongSize`].
    pub fn f32(dims: &[usize], values: &[f32]) -> Result<Self, WrongSize> {
        Self::new(
            Element::F32,
            dims,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// A tensor of 64-bit floats.
    ///
    /// # Errors
    /// [`WrongSize`].
    pub fn f64(dims: &[usize], values: &[f64]) -> Result<Self, WrongSize> {
        Self::new(
            Element::F64,
            dims,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// A tensor of 64-bit integers.
    ///
    /// # Errors
    /// [`WrongSize`].
    pub fn i64(dims: &[usize], values: &[i64]) -> Result<Self, WrongSize> {
        Self::new(
            Element::I64,
            dims,
            values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        )
    }

    /// A list of 64-bit integers.
    #[must_use]
    pub fn integers(values: &[i64]) -> Self {
        Tensor {
            element: Element::I64,
            dims: vec![values.len()],
            bytes: Arc::new(values.iter().flat_map(|v| v.to_le_bytes()).collect()),
        }
    }

    /// A tensor filled with one number, rounded to the type; integers towards zero.
    #[must_use]
    pub fn filled(element: Element, dims: &[usize], value: f64) -> Self {
        let one: Vec<u8> = match element {
            Element::F32 => (value as f32).to_le_bytes().to_vec(),
            Element::F64 => value.to_le_bytes().to_vec(),
            Element::F16 => half::f16::from_f64(value).to_le_bytes().to_vec(),
            Element::I64 => (value as i64).to_le_bytes().to_vec(),
            Element::I32 => (value as i32).to_le_bytes().to_vec(),
            Element::U8 => vec![value as u8],
            Element::I8 => (value as i8).to_le_bytes().to_vec(),
            Element::Bool => vec![u8::from(value != 0.0)],
        };
        let dims = dims.to_vec();
        let count: usize = dims.iter().product();
        let bytes = Arc::new(one.repeat(count));
        Tensor { element, dims, bytes }
    }

    /// What its elements are.
    #[must_use]
    pub fn element(&self) -> Element {
        self.element
    }

    /// Its shape.
    #[must_use]
    pub fn dims(&self) -> &[usize] {
        &self.dims
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.element.bytes()
    }

    /// Whether it has no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its elements, if they are 32-bit floats.
    #[must_use]
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        self.read(Element::F32, f32::from_le_bytes)
    }

    /// Its elements, if they are 64-bit floats.
    #[must_use]
    pub fn to_f64(&self) -> Option<Vec<f64>> {
        self.read(Element::F64, f64::from_le_bytes)
    }

    /// Its elements, if they are 64-bit integers.
    #[must_use]
    pub fn to_i64(&self) -> Option<Vec<i64>> {
        self.read(Element::I64, i64::from_le_bytes)
    }

    fn read<T, const N: usize>(&self, element: Element, read: fn([u8; N]) -> T) -> Option<Vec<T>> {
        if self.element != element {
            return None;
        }
        let (chunks, _) = self.bytes.as_chunks::<N>();
        Some(chunks.iter().map(|bytes| read(*bytes)).collect())
    }
}
