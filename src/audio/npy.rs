//! Arrays in numpy's `.npy` format, version 1.0 (`numpy.lib.format`).

/// Most dimensions that every numpy release reads.
const MAX_DIMENSIONS: usize = 32;

/// Data and header together start on a multiple of this, so that arrays can be mapped into memory.
const ALIGNMENT: usize = 64;

/// The array cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NpyError {
    /// Shape and data disagree.
    #[error("an array of shape {shape:?} holds another number of values than the {found} given")]
    Shape {
        /// The shape asked for.
        shape: Vec<usize>,
        /// Number of values given.
        found: usize,
    },
    /// Too many dimensions.
    #[error("an array of {0} dimensions, expected at most {MAX_DIMENSIONS}")]
    Dimensions(usize),
}

/// The bytes of a `.npy` file that holds `data` (last axis fastest) as little-endian f32 of `shape`.
///
/// # Errors
/// If `data` does not have as many values as `shape` says, or `shape` has more than 32 dimensions.
pub fn encode_f32(shape: &[usize], data: &[f32]) -> Result<Vec<u8>, NpyError> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(NpyError::Dimensions(shape.len()));
    }
    // A zero makes the product zero, however large the other lengths are.
    let product = shape
        .iter()
        .try_fold(1usize, |product, &n| product.checked_mul(n));
    let values = if shape.contains(&0) { Some(0) } else { product };
    if values != Some(data.len()) {
        return Err(NpyError::Shape {
            shape: shape.to_vec(),
            found: data.len(),
        });
    }
    let mut lengths = shape.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    if shape.len() == 1 {
        lengths.push(',');
    }
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({lengths}), }}");
    // Magic (6), version (2), length of the header (2), header, spaces, newline.
    let start = (10 + header.len() + 1).next_multiple_of(ALIGNMENT);
    let mut out = Vec::with_capacity(start + 4 * data.len());
    out.extend_from_slice(b"\x93NUMPY\x01\x00");
    // At most 32 lengths of 20 digits: far below 65536.
    out.extend_from_slice(&((start - 10) as u16).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    out.resize(start - 1, b' ');
    out.push(b'\n');
    out.extend(data.iter().flat_map(|value| value.to_le_bytes()));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Bytes of `numpy.save` for `numpy.array([[1, -2, 0.5]], dtype="<f4")`.
    #[test]
    fn bytes_equal_numpys() {
        let bytes = encode_f32(&[1, 3], &[1.0, -2.0, 0.5]).unwrap();
        let mut golden = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
        golden.extend_from_slice(b"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }");
        golden.resize(127, b' ');
        golden.extend_from_slice(b"\n\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f");
        assert_eq!(bytes, golden);
    }

    #[test]
    fn shapes_are_tuples() {
        for (shape, data, tuple) in [
            (&[][..], &[1.0][..], "()"),
            (&[2], &[1.0, 2.0], "(2,)"),
            (&[0], &[], "(0,)"),
            (&[usize::MAX, 0, 2], &[], "(18446744073709551615, 0, 2)"),
            (&[1, 2, 1], &[1.0, 2.0], "(1, 2, 1)"),
        ] {
            let bytes = encode_f32(shape, data).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(text.contains(&format!("'shape': {tuple}, }}")), "{text}");
        }
    }

    #[test]
    fn what_disagrees_is_refused() {
        let error = encode_f32(&[2, 3], &[0.0; 5]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "an array of shape [2, 3] holds another number of values than the 5 given"
        );
        assert!(encode_f32(&[usize::MAX, 2], &[0.0; 5]).is_err());
        assert_eq!(encode_f32(&[1; 33], &[0.0]), Err(NpyError::Dimensions(33)));
    }

    proptest! {
        #[test]
        fn data_starts_aligned_and_ends_the_file(rows in 0usize..200, columns in 0usize..50) {
            let data: Vec<f32> = (0..rows * columns).map(|i| i as f32).collect();
            let bytes = encode_f32(&[rows, columns], &data).unwrap();
            let start = bytes.len() - 4 * data.len();
            prop_assert_eq!(start % 64, 0);
            prop_assert_eq!(usize::from(u16::from_le_bytes([bytes[8], bytes[9]])) + 10, start);
            prop_assert_eq!(bytes[start - 1], b'\n');
            let read: Vec<f32> =
                bytes[start..].chunks(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            prop_assert_eq!(read, data);
        }
    }
}
